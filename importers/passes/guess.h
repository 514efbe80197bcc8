/* What an operator gives back, as far as its name, its inputs and its backward operator tell. */
#ifndef IMPORTERS_PASSES_GUESS_H
#define IMPORTERS_PASSES_GUESS_H

#include "importers/passes/carry.h"
#include "importers/passes/images.h"

struct guess {
    int dims;                      /* -1 = unknown */
    int64_t size[TENSOR_MAX_DIMS]; /* -1 = unknown */
    bool part;                     /* the sizes are the most they can be */
    int64_t elements;              /* -1 = unknown */
    const char *dtype;             /* NULL = unknown */
    enum memory_format format;     /* FORMAT_COUNT = unknown */
    int32_t kind;                  /* all of it; -1 = unknown */
};

struct guesser {
    const struct chunk *chunk;
    int *copied;   /* by node: tensor that an aten::copy_ inside writes, the only one there; -1 */
    int *gradient; /* by node: tensor that its backward node takes for its first output; -1 */
    int *
        added; /* by node: of its backward, a gradient that was added to one from another reader; -1 none, -2 several */
    bool *ran_back; /* by node: its backward node is in the chunk */
};

enum status guesser_init(struct guesser *self, const struct chunk *chunk);
void guesser_release(struct guesser *self);

/* The first output of a LEVEL_OPERATOR node. */
enum status guess_output(const struct guesser *self, int node, struct guess *guess);

/*
 * The node is the last reader of an input of this kind: gradients from several readers of a tensor are added up when
 * the earlier ones of them run backwards, and here nothing was added.
 */
bool guess_is_last_reader(const struct guesser *self, int node, const struct tensor_kind *kind);

/* What autograd's engine itself adds up: gradients from anywhere. Its span takes no tensors, unlike those of its
 * graph's nodes. */
bool guess_is_accumulation(const struct chunk *chunk, const struct node *node);

/* The guess does not rule the tensor out. */
bool guess_allows(const struct guess *guess, const struct tensor_kind *kind);

/* Enough is known to take a tensor for it where nothing else fits. */
bool guess_is_good(const struct guess *guess);

#endif
