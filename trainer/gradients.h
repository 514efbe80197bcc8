/*
 * What gradients of operators are written with. gradients.def says which function differentiates which operator; the
 * functions are in gradients/, one file per family: `enum status NAME_gradient(self, forward, grad)` appends the backward
 * operators of forward node `forward`, whose output 0 has the gradient `grad`, and accumulates its inputs' gradients.
 * Of an operator with several differentiable outputs (split) any may have none: self->gradient tells, and grad may be -1.
 */
#ifndef TRAINER_GRADIENTS_H
#define TRAINER_GRADIENTS_H

#include "trainer/graph.h"

struct autograd {
    struct graph *graph;
    int *gradient; /* by value made before the backward pass: its gradient so far, -1 = none yet */
};

#define GRADIENT(op, name) enum status name##_gradient(struct autograd *self, int forward, int grad);
#include "trainer/gradients.def"
#undef GRADIENT

/* Fills made[OP_MAX_OUT] with outputs of the shapes and dtypes of up to three forward values (-1 = absent). */
void gradient_like(const struct graph *graph, struct tensor *made, int a, int b, int c);

/* Appends a backward node of `forward`, with forward's attributes and module. in[] as in graph_add_node. */
enum status gradient_add_node(struct autograd *self, int forward, enum op_id op, const int *in,
                              const struct tensor *made, int *node);

/* As gradient_add_node with attributes of its own. */
enum status gradient_add_other(struct autograd *self, int forward, enum op_id op, const union op_attrs *attrs,
                               const int *in, const struct tensor *made, int *node);

/* A view of `x` in the backward pass; *out is its value. */
enum status gradient_view(struct autograd *self, int forward, enum op_id op, const struct view_attrs *attrs, int x,
                          int *out);

/*
 * *gradient, of a broadcast operand `value`, is summed over what was repeated and cast to its dtype, as autograd does where a
 * gradient doesn't fit (validate_outputs).
 */
enum status gradient_fit(struct autograd *self, int forward, int value, int *gradient);

/*
 * The gradient of `value` gets another summand; values without requires_grad and absent ones (-1) are passed over. Parameters
 * are no exception, nor are casts of them: the walk comes to both.
 */
enum status gradient_accumulate(struct autograd *self, int value, int gradient);

/* Operators whose backward takes (grad, saved) and gives input 0's gradient. */
enum status gradient_from_saved(struct autograd *self, int forward, int grad, enum op_id backward, int saved);

#endif
