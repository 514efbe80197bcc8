/*
 * What the core knows of each operator: one `const struct op_facts facts_<object>` per object of ops.def, in
 * ops/<object>.c or a file of its family. op.c expands the table of them, so a missing one does not link.
 */
#ifndef KERNELS_OPS_FACTS_H
#define KERNELS_OPS_FACTS_H

#include "kernels/op.h"

/* What infer is given: several rows of ops.def share one object and are told apart by `op`. */
struct op_query {
    enum op_id op;
    const union op_attrs *attrs; /* NULL only for operators without attributes */
    const struct tensor *const *in;
};

struct op_facts {
    /* Fills out[] (dims is -1 in all of them on entry); fails with USAGE naming operator, shapes and rule. */
    enum status (*infer)(const struct op_query *query, struct tensor *out);
    /* Floating-point operations; NULL = moves data only. */
    int64_t (*flops)(const struct op_call *call);
    /* Inputs that the call needs for their shape only: bit per position. */
    unsigned unread;
};

/* Fails unless in[position] is there and has `dims` dimensions (-1 = any). */
enum status facts_need(const struct op_query *query, int position, int dims);

/* Fails unless in[position], when present, is a vector of `count` elements; `what` names the reason ("channels"). */
enum status facts_need_vector(const struct op_query *query, int position, int64_t count, const char *what);

/* Fails unless in[a] and in[b] have equal sizes. */
enum status facts_need_same(const struct op_query *query, int a, int b);

/*
 * out[0]: sizes of in[0] and in[1] broadcast, the wider dtype; of an operator in place in[0]'s sizes and dtype. Fails when
 * the sizes don't meet.
 */
enum status facts_broadcast(const struct op_query *query, struct tensor *out);

/* "(2, 3, 224, 224)" into text, which is returned. */
#define FACTS_SHAPE_BYTES 128
const char *facts_shape(char text[FACTS_SHAPE_BYTES], const struct tensor *tensor);

/* Sizes and dtype of `like`, contiguous, no data. */
struct tensor facts_like(const struct tensor *like);
struct tensor facts_vector(enum dtype dtype, int64_t count);
struct tensor facts_scalar(enum dtype dtype);

/* PyTorch's promotion of two float dtypes: the wider one; bfloat16 with float16 gives float32. */
enum dtype facts_promote(enum dtype a, enum dtype b);

/* infer functions that several operators share. */
enum status infer_like_first(const struct op_query *query, struct tensor *out);  /* out[0] as in[0] */
enum status infer_like_second(const struct op_query *query, struct tensor *out); /* out[0] as in[1], equal sizes */

/* flops functions that several operators share: one operation per element of in[0]. */
int64_t flops_per_input(const struct op_call *call);

#endif
