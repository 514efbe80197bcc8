/*
 * A training step as rows of text, one per operator: from PyTorch's recording (layouts/<model>.tsv) and from clprof's graph;
 * and what is left of both when the longest common sequence is taken away.
 *
 * Tensors of fewer than two dimensions are left out on both sides, and operators that have no others: they have one layout.
 */
#ifndef TESTS_PARITY_SUPPORT_ROWS_H
#define TESTS_PARITY_SUPPORT_ROWS_H

#include <stdbool.h>

#include "trainer/graph.h"

struct row {
    char *phase, *op, *module, *tensors; /* tensors: "inputs > outputs", each shape:dtype:format; none: "-" */
    bool matched;
};

struct rows {
    struct row *row;
    int count, room;
};

/* False when the file is not there or has a row that is not whole. */
bool rows_read(struct rows *rows, const char *file);

/* Forward and backward operators in order of execution; casts of the batch to its format are the loop's. */
void rows_of_graph(struct rows *rows, const struct graph *graph);
void rows_release(struct rows *rows);

/* Marks the rows of the longest common sequence of (phase, operator, tensors). */
void rows_match(struct rows *a, struct rows *b);

#endif
