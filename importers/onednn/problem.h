/*
 * The problem of a verbose line: sizes of its tensors. Convolutions and their kin name them by letters
 * ("mb8_g2ic64oc64_ih56oh28kh3sh2dh0ph1_iw..."), others list shapes ("8x64x16x16", "16x512:512x1000").
 */
#ifndef IMPORTERS_ONEDNN_PROBLEM_H
#define IMPORTERS_ONEDNN_PROBLEM_H

#include "importers/onednn/line.h"
#include "importers/tensors.h"

#define PROBLEM_SHAPES 3

enum problem_size {
    SIZE_MB, SIZE_G, SIZE_IC, SIZE_OC, SIZE_ID, SIZE_IH, SIZE_IW, SIZE_OD, SIZE_OH, SIZE_OW, SIZE_KD, SIZE_KH, SIZE_KW,
    PROBLEM_SIZES
};

struct problem {
    int64_t size[PROBLEM_SIZES]; /* -1 = not there */
    int64_t shape[PROBLEM_SHAPES][TENSOR_MAX_DIMS];
    int dims[PROBLEM_SHAPES];
    int shapes;                  /* listed; -1 = more than PROBLEM_SHAPES, or none that can be read */
    bool lettered, inner_product, matmul;
};

void problem_read(struct text primitive, struct text problem, struct problem *out);

/* Sizes of one of its tensors, by enum role of tensor.h; kind->dims stays -1 where the problem does not tell. */
void problem_sizes(const struct problem *problem, int role, struct tensor_kind *kind);

/* "8x64x16x16": up to `most` numbers; returns how many, 0 when it is something else. */
int problem_numbers(struct text text, int most, int64_t *number);

#endif
