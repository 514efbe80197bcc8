/*
 * Operators that are one kernel of the vector table's norm.def and no state of their own: preparing checks the call,
 * chooses the kernel and sizes its scratch; running is one bracketed call.
 */
#ifndef KERNELS_CPU_VECTOR_OP_H
#define KERNELS_CPU_VECTOR_OP_H

#include "kernels/cpu/device.h"
#include "kernels/cpu/vector/norm.h"

struct vector_op {
    void (*kernel)(const struct op_call *call, void *scratch, int threads);
    const char *variant; /* "channels_last", "contiguous", "" */
    size_t scratch_bytes;
    int64_t read_again; /* bytes that a second pass reads */
    /*
     * Operands in different formats, where the operator reads input 0 by its strides: the kernel first gathers it into
     * scratch in output 0's layout. Part of the one kernel, as PyTorch's strided kernels make no copy either.
     */
    bool gathers;
};

/* Fails only with NO_MEMORY. */
enum status vector_op_create(struct device *device, const struct op_call *call, const struct vector_op *op,
                             struct op_prepared **out);

/*
 * Decides between the *_rows and *_planes kernels: *rows is true for channels_last. All `count` maps (NULL = absent)
 * must be dense 4-D tensors of one layout and one dtype out of float32, bfloat16, float16, else UNSUPPORTED.
 */
enum status vector_op_layout(const struct op_call *call, const struct tensor *const *maps, int count, bool *rows);

/* UNSUPPORTED unless all `count` tensors are dense float32 (NULL = absent). */
enum status vector_op_float32(const struct op_call *call, const struct tensor *const *tensors, int count);

/* UNSUPPORTED unless all `count` tensors are dense and float32, bfloat16 or float16. */
enum status vector_op_dense(const struct op_call *call, const struct tensor *const *tensors, int count);

/* UNSUPPORTED unless all `count` tensors are float32, bfloat16 or float16. */
enum status vector_op_float(const struct op_call *call, struct tensor *const *tensors, int count);

/* Whether all `count` tensors are contiguous and dense. */
bool vector_op_contiguous(const struct tensor *const *tensors, int count);

/* The names of variants, for vector_op. */
static inline const char *vector_op_variant(bool rows)
{
    return rows ? "channels_last" : "contiguous";
}

#endif
