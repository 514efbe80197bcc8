/*
 * Memory descriptors and problems of a verbose line: which tensors a primitive takes and gives, in which format.
 *
 *   oneDNN >= 3.6      src:f32:p:blocked:acdb::f0      name:dtype:properties:kind:tag[:strides]:flags
 *   DNNL 1 - oneDNN 3.5 src_f32:p:blocked:acdb::f0     (strides since 3.2)
 *   MKL-DNN 0.x        fsrc:nChw8c, reorder: in:f32_nchw
 *
 * A tag names dimensions in memory order, a = N (or O), b = C (or I), ...; a capital letter is split into blocks, whose
 * sizes and order follow ("aBcd16b"). Sizes stand in the problem: "mb8_ic3oc64_ih64oh32kh7...", or "8x64x16x16".
 */
#ifndef IMPORTERS_ONEDNN_TENSOR_H
#define IMPORTERS_ONEDNN_TENSOR_H

#include "importers/onednn/line.h"
#include "importers/tensors.h"

#define TAG_BYTES 40
#define PRIMITIVE_TENSORS 12

/* Places among an operator's inputs: those of PyTorch's convolution where it has them. */
enum role { ROLE_SRC = 0, ROLE_WEIGHTS = 1, ROLE_BIAS = 2, ROLE_DIFF = 3, ROLE_REST = 4 };

struct descriptor {
    struct tensor_kind kind;
    char tag[TAG_BYTES]; /* terminated; "" = none */
    enum role role;
    int position;        /* among the inputs, or among the outputs */
    bool out;
    bool grouped;        /* weights (G, O / G, I / G, H, W), which PyTorch calls (O, I / G, H, W) */
};

struct primitive {
    struct descriptor tensor[PRIMITIVE_TENSORS];
    int tensors;
};

/* Tensors of an execution; false when its descriptors can't be read. Sizes that the problem does not tell stay unknown. */
bool primitive_read(const struct verbose_line *line, struct primitive *out);

/* Same dtype, tag and sizes (unknown sizes are like any). */
bool descriptor_equal(const struct descriptor *a, const struct descriptor *b);

/* The kind of a grouped convolution's weights as PyTorch has them. */
struct tensor_kind tensor_without_groups(const struct tensor_kind *kind);

/* A tag that only weights have: their output channels are split, and innermost within the block. */
bool tag_is_weights(const char *tag);

#endif
