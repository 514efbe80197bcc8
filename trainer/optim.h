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
    int accumulate;    /* batches whose gradients are added before a step; 0 and 1 = none are */
    double clip_norm;  /* torch.nn.utils.clip_grad_norm_ of all gradients together; 0 = off */
    int ranks;         /* whose gradients are averaged before all else; 0 and 1 = alone */
    double ema_decay;  /* moving average of parameters and buffers, as timm's ModelEmaV3; 0 = off */
};

/*
 * Makes graph->loss_scale before autograd: a constant input of 1, or the scaler's state. Then, after autograd_backward,
 * optim_append adds the optimizer's operators and its state (named as in torch's state_dict). Flat buffers hold all
 * parameters (gradients) one behind the other, each at a multiple of 16 elements; plan places them.
 */
void optim_loss_scale(struct graph *graph, const struct optim_config *config);
enum status optim_append(struct graph *graph, const struct optim_config *config);

/*
 * With accumulation, optim_append also adds what makes flat_accumulated += flat_gradient at the end of the backward phase; who
 * runs the phases clears it after each step. The mean over ranks is the optimizer phase's first operator. Clipping comes between unscaling and the optimizer, the average behind it.
 */

/* The same for the model's buffers, which lie in a flat one of their own when they are averaged. Others are left as they are. */
int64_t optim_buffer_offsets(const struct graph *graph, int64_t *offset);

/* Element offset of each parameter value in the flat buffers; returns the flat length. offset[] by value, -1 = none. */
int64_t optim_flat_offsets(const struct graph *graph, int64_t *offset);

#endif
