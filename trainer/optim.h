/*
 * The optimizer part of a step: GradScaler's unscale and inf check, the optimizer itself over flat float32 memory,
 * GradScaler's update. Everything is operators, so the step needs no look at values from outside.
 */
#ifndef TRAINER_OPTIM_H
#define TRAINER_OPTIM_H

#include "trainer/graph.h"

enum optimizer_kind { OPTIMIZER_SGD, OPTIMIZER_ADAMW };

struct optim_config {
    enum optimizer_kind kind;
    struct sgd_attrs sgd;
    struct adamw_attrs adamw;
    bool scaler; /* torch.amp.GradScaler: float16 only */
    double init_scale;
    struct scaler_attrs scaling;
};

/*
 * Makes graph->loss_scale before autograd: a constant input of 1, or the scaler's state. Then, after autograd_backward,
 * optim_append adds the optimizer's operators and its state (named as in torch's state_dict). Flat buffers hold all
 * parameters (gradients) one behind the other, each at a multiple of 16 elements; plan places them.
 */
void optim_loss_scale(struct graph *graph, const struct optim_config *config);
enum status optim_append(struct graph *graph, const struct optim_config *config);

/* Element offset of each parameter value in the flat buffers; returns the flat length. offset[] by value, -1 = none. */
int64_t optim_flat_offsets(const struct graph *graph, int64_t *offset);

#endif
