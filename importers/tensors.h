/* Tensors as other profilers tell them: kinds of tensors, kept once each, and the lists of them that operators take. */
#ifndef IMPORTERS_TENSORS_H
#define IMPORTERS_TENSORS_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/layout.h"

/* dtypes are words of the trace ("bfloat16", "int64"), as text since other frameworks have more of them than clprof. */
struct tensor_kind {
    const char *dtype;               /* NULL = unknown; a string constant, see tensor_dtype */
    int dims;                        /* -1 = shape unknown */
    bool has_strides;                /* false: shape alone is known, so the format is not */
    bool blocked;                    /* an opaque library format (oneDNN nChw16c): has_strides is false, the format is FORMAT_BLOCKED */
    int64_t size[TENSOR_MAX_DIMS], stride[TENSOR_MAX_DIMS]; /* elements */
};

/* One tensor among an operator's inputs or outputs. */
struct tensor_use {
    struct tensor_kind kind;
    bool out;
    int position;     /* place in the operator's signature, from 0; a list's members share it */
};

#define SIGNATURE_TENSORS 64 /* more (foreach optimizers' lists) are left out and counted */

struct signature {
    struct tensor_use *tensor; /* borrowed */
    int tensors;
    int left_out;              /* tensors beyond SIGNATURE_TENSORS */
    const char *arguments;     /* other arguments as the format has them ("[2, 2]", "False"), by position, tab-separated; NULL */
};

/*
 * Identity of signature.tensor[i]: equal ids = the same tensor object, equal storages = the same memory, at `offset`
 * elements from its start. -1 = unknown. Recorders use the ids of what is gone again.
 */
struct tensor_identity {
    int64_t id, storage, offset;
};

/* "c10::BFloat16", "float", "__nv_bfloat16", "f32", "Half" -> the trace's word; NULL for what is no tensor dtype. */
const char *tensor_dtype(const char *text, int length);

/* Bytes of one element of a trace's dtype word; 0 = unknown. */
int tensor_dtype_bytes(const char *dtype);

/* How many elements it has; -1 = unknown, or more than 64 bits count. */
int64_t tensor_elements(const struct tensor_kind *kind);

/* The memory format of a 4-D tensor where shape and strides tell it, FORMAT_BLOCKED of a blocked one; FORMAT_COUNT otherwise. */
enum memory_format tensor_kind_format(const struct tensor_kind *kind);

#endif
