/* Arguments of copy.cu's kernels: a copy between tensors of any strides and float dtypes, channels added or left out. */
#ifndef KERNELS_CUDA_COPY_KERNEL_H
#define KERNELS_CUDA_COPY_KERNEL_H

#include "kernels/cuda/iteration.h"
#include "kernels/cuda/grid.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Element by element or, where `width` > 1, by vectors of that many. Operand 0 is `to`, 1 is `from`. */
struct copy_walk {
    void *to;
    const void *from;
    int to_dtype, from_dtype;
    int width;
    int64_t tail; /* elements behind the last vector */
    struct iteration walk;
};

/*
 * A batch of transposes: element (row, column) lies at row * to_step + column in `to`, at column * from_step + row in `from`.
 */
struct copy_tiles {
    void *to;
    const void *from;
    int to_dtype, from_dtype;
    int64_t rows, columns;
    int64_t from_columns; /* those that `from` has; 0 is written to the others */
    int64_t to_step, from_step;
    bool to_vectors, from_vectors; /* 16 bytes at once: pointers, steps and sizes allow it */
    int64_t tiles;
    struct fast_divisor tiles_down, tiles_across; /* tiles along the rows, along the columns */
    struct iteration batch;                       /* operands to, from; its elements are matrices */
};
#define COPY_TILE 64

/*
 * Dense pixels whose channels lie one by one in `to`, `pitch` of them: the first `channels` are those of `from`, the others 0. In
 * vectors of 16 bytes, which may begin and end within a pixel.
 */
struct copy_pixels {
    void *to;
    const void *from;
    int to_dtype, from_dtype;
    int64_t count;             /* vectors; 0: `to` is not aligned */
    int64_t tail;              /* elements behind the last vector */
    int64_t channels, from_step; /* of `from`: how many, and from one to the next */
    struct fast_divisor pitch;
    struct iteration pixels;   /* operands to, from: their first channels */
};

/* A dense tensor of equal elements. */
struct fill_args {
    void *to;
    int dtype;
    float value;
    int64_t count;
};

cudaError_t cuda_launch_copy_walk(const struct launch_on *on, const struct copy_walk *args);
cudaError_t cuda_launch_copy_pixels(const struct launch_on *on, const struct copy_pixels *args);
cudaError_t cuda_launch_copy_tiles(const struct launch_on *on, const struct copy_tiles *args);
cudaError_t cuda_launch_fill(const struct launch_on *on, const struct fill_args *args);

#ifdef __cplusplus
}
#endif

#endif
