/*
 * Copies: the layout conversion and the cast in one pass. Rows that lie alike on both sides go by vectors of 16 bytes; where
 * the fastest dimensions differ, tiles of 64 x 64 are turned in shared memory, so that both sides move 16 bytes at a time;
 * pixels of few channels, or of more or fewer in the target than in the source, are gathered into 16 bytes of the target;
 * what is none of these (strides without a unit) goes element by element in the target's order.
 */
#include "kernels/cuda/copy_kernel.h"
#include "kernels/cuda/element.cuh"
#include "kernels/cuda/grid.cuh"

/* Vectors have as many elements as the wider dtype fits into 16 bytes. */
template <typename S, typename D> struct copy_width {
    static const int count = lanes<S>::count < lanes<D>::count ? lanes<S>::count : lanes<D>::count;
};

template <typename S, typename D> __global__ void copy_rows(const struct copy_walk a)
{
    const int width = copy_width<S, D>::count;
    const S *from = static_cast<const S *>(a.from);
    D *to = static_cast<D *>(a.to);
    FOR_GRID(i, a.walk.count) {
        int64_t offset[2];
        float values[width];
        offsets_of(a.walk, i, offset);
        load<S, width>(values, from + offset[1]);
        store<D, width>(to + offset[0], values);
    }
    FOR_GRID(i, a.tail) {
        int64_t at = a.walk.count * width + i;
        to[at] = element<D>::from(to_float(from[at]));
    }
}

__global__ void copy_any(const struct copy_walk a)
{
    FOR_GRID(i, a.walk.count) {
        int64_t offset[2];
        offsets_of(a.walk, i, offset);
        store_any(a.to, a.to_dtype, offset[0], load_any(a.from, a.from_dtype, offset[1]));
    }
}

/* Elements `at` and on of the target, N of them, side by side: each of its pixel's channel, or 0 where the source has none. */
template <typename S, int N> __device__ inline void gather_pixels(const struct copy_pixels &a, int64_t at, float (&values)[N])
{
    const S *from = static_cast<const S *>(a.from);
    int64_t channel, offset[2], pixel = divide(a.pitch, at, &channel);
    offsets_of(a.pixels, pixel, offset);
#pragma unroll
    for (int k = 0; k < N; k++) {
        values[k] = channel < a.channels ? to_float(from[offset[1] + channel * a.from_step]) : 0;
        if (++channel < a.pitch.divisor || k + 1 == N)
            continue;
        channel = 0;
        offsets_of(a.pixels, ++pixel, offset);
    }
}

template <typename S, typename D> __global__ void copy_gathered(const struct copy_pixels a)
{
    const int width = lanes<D>::count;
    D *to = static_cast<D *>(a.to);
    FOR_GRID(v, a.count) {
        float values[width];
        gather_pixels<S, width>(a, v * width, values);
        store<D, width>(to + v * width, values);
    }
    FOR_GRID(i, a.tail) {
        float value[1];
        gather_pixels<S, 1>(a, a.count * width + i, value);
        to[a.count * width + i] = element<D>::from(value[0]);
    }
}

/*
 * One tile, read along the source's rows into tile[column][row]. N elements at once; 0 in columns that the source has not.
 */
template <typename S, typename D, int N>
__device__ inline void read_tile(const struct copy_tiles &a, const S *from, int64_t row, int64_t column,
                                 D (&tile)[COPY_TILE][COPY_TILE + 1])
{
    const int across = COPY_TILE / N;
    for (int v = threadIdx.x; v < COPY_TILE * across; v += blockDim.x) {
        int j = v / across, i = v % across * N;
        if (column + j >= a.columns || row + i >= a.rows)
            continue;
        float values[N] = {0};
        if (column + j < a.from_columns)
            load<S, N>(values, from + (column + j) * a.from_step + row + i);
#pragma unroll
        for (int k = 0; k < N; k++)
            tile[j][i + k] = element<D>::from(values[k]);
    }
}

template <typename D, int N>
__device__ inline void write_tile(const struct copy_tiles &a, D *to, int64_t row, int64_t column,
                                  const D (&tile)[COPY_TILE][COPY_TILE + 1])
{
    const int across = COPY_TILE / N;
    for (int v = threadIdx.x; v < COPY_TILE * across; v += blockDim.x) {
        int i = v / across, j = v % across * N;
        if (column + j >= a.columns || row + i >= a.rows)
            continue;
        vector_of<D, N> whole;
#pragma unroll
        for (int k = 0; k < N; k++)
            whole.at[k] = tile[j + k][i];
        store_whole<D, N>(to + (row + i) * a.to_step + column + j, whole);
    }
}

/* The tile's pitch is odd: neither reading along its columns nor writing along its rows meets a bank twice too often. */
template <typename S, typename D> __global__ void copy_turned(const struct copy_tiles a)
{
    __shared__ D tile[COPY_TILE][COPY_TILE + 1];
    for (int64_t t = blockIdx.x; t < a.tiles; t += gridDim.x) {
        int64_t down, across, offset[2];
        int64_t matrix = divide(a.tiles_across, divide(a.tiles_down, t, &down), &across);
        offsets_of(a.batch, matrix, offset);
        const S *from = static_cast<const S *>(a.from) + offset[1];
        D *to = static_cast<D *>(a.to) + offset[0];
        if (a.from_vectors)
            read_tile<S, D, lanes<S>::count>(a, from, down * COPY_TILE, across * COPY_TILE, tile);
        else
            read_tile<S, D, 1>(a, from, down * COPY_TILE, across * COPY_TILE, tile);
        __syncthreads();
        if (a.to_vectors)
            write_tile<D, lanes<D>::count>(a, to, down * COPY_TILE, across * COPY_TILE, tile);
        else
            write_tile<D, 1>(a, to, down * COPY_TILE, across * COPY_TILE, tile);
        __syncthreads();
    }
}

__global__ void fill_elements(const struct fill_args a)
{
    FOR_GRID(i, a.count)
        store_any(a.to, a.dtype, i, a.value);
}

#define FOR_PAIRS(X)                                                                                                    \
    X(float, float) X(float, __half) X(float, __nv_bfloat16) X(__half, float) X(__half, __half) X(__half, __nv_bfloat16) \
    X(__nv_bfloat16, float) X(__nv_bfloat16, __half) X(__nv_bfloat16, __nv_bfloat16)
#define INSTANCES(S, D)                                                      \
    template __global__ void copy_rows<S, D>(const struct copy_walk);        \
    template __global__ void copy_gathered<S, D>(const struct copy_pixels);  \
    template __global__ void copy_turned<S, D>(const struct copy_tiles);
FOR_PAIRS(INSTANCES)

extern "C" cudaError_t cuda_launch_copy_walk(const struct launch_on *on, const struct copy_walk *args)
{
    int64_t threads = args->walk.count > args->tail ? args->walk.count : args->tail;
    if (args->width == 1)
        return launch_grid(on, copy_any, threads, *args);
    WITH_DTYPE(args->from_dtype, S, WITH_DTYPE(args->to_dtype, D, return launch_grid(on, copy_rows<S COMMA D>, threads, *args)));
}

extern "C" cudaError_t cuda_launch_copy_pixels(const struct launch_on *on, const struct copy_pixels *args)
{
    int64_t threads = args->count > args->tail ? args->count : args->tail;
    WITH_DTYPE(args->from_dtype, S, WITH_DTYPE(args->to_dtype, D, return launch_grid(on, copy_gathered<S COMMA D>, threads, *args)));
}

extern "C" cudaError_t cuda_launch_copy_tiles(const struct launch_on *on, const struct copy_tiles *args)
{
    WITH_DTYPE(args->from_dtype, S, WITH_DTYPE(args->to_dtype, D, return launch_blocks(on, copy_turned<S COMMA D>, args->tiles, 256, *args)));
}

extern "C" cudaError_t cuda_launch_fill(const struct launch_on *on, const struct fill_args *args)
{
    return launch_grid(on, fill_elements, args->count, *args);
}
