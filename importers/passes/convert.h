/*
 * Layout conversions of a chunk, found in four ways: copies whose strides say so, kernels whose names say so, and
 * operators whose tensors disagree (silent, mixed).
 */
#ifndef IMPORTERS_PASSES_CONVERT_H
#define IMPORTERS_PASSES_CONVERT_H

#include "importers/passes/carry.h"
#include "importers/passes/images.h"

struct converter {
    struct chunk *chunk;
    int *maker; /* by tensor number: LEVEL_OPERATOR node that made it; -1 = none in this chunk */
    int makers;
    int first_convolution;       /* node; the batch enters there at the latest. nodes_count = none */
    int *first_kernel;           /* by node: the first kernel launched in it; -1 */
    enum operator_class *class_; /* by node */
    bool *copies;                /* by node: an operator in which a copy of its elements is recorded */
    bool *converted;             /* by tensor of the chunk: an operator's input that a conversion starts from */
};

/* The cause of converting a tensor (in chunk.tensors) that a LEVEL_OPERATOR node reads. */
enum status convert_cause(const struct converter *self, int holder, int source, enum conversion_cause *cause);

/* An operator's input that looks like a tensor inside it, or is it; one that no conversion starts from, if there is
 * one. -1 = none. */
int convert_source(const struct converter *self, int holder, int inside);

/* By its name, forward or backward. */
bool convert_is_convolution(const struct chunk *chunk, const struct node *node);

/*
 * An operator that copies a view in over five dimensions of a 4-D image, whose copy becomes an image again: their formats, where
 * they differ.
 */
bool convert_split_image(const struct converter *self, int holder, enum memory_format *from, enum memory_format *to);

enum status convert_copies(struct converter *self);
enum status convert_by_reorders(struct converter *self);
enum status convert_by_kernel(struct converter *self);
enum status convert_by_formats(struct converter *self);

#endif
