/*
 * A model that can be trained: the device, the parameters and optimizer state on it, the plan of a training step and,
 * made when first wanted, the plan of an evaluation step over the same parameters.
 */
#ifndef TRAINER_SESSION_H
#define TRAINER_SESSION_H

#include "trainer/data/loader.h"
#include "trainer/layouts.h"
#include "trainer/models.h"
#include "trainer/optim.h"
#include "trainer/plan.h"

struct session_config {
    const struct model *model;
    const struct policy *policy;
    const struct backend *backend;
    struct backend_options device; /* threads, TF32, ... */
    bool device_graph;       /* steps that nobody watches are launched as one, where the device can */
    struct layout_plan layout;
    bool autocast;
    enum dtype autocast_dtype;
    int64_t batch;
    int side, classes;
    uint64_t seed;
    double label_smoothing;
    bool soft_targets; /* training learns batch.probabilities; of a batch without, the labels' smoothed one-hot ones */
    struct optim_config optim;
};

/*
 * Named memory that outlives steps. The model's own under the names of PyTorch's state_dict; beyond it, per parameter,
 * "optimizer.momentum_buffer.<parameter>" and the like, "optimizer.step", "scaler.scale", "scaler.growth_tracker", and
 * "ema.<name>" for everything that is the model's.
 */
struct session_state {
    char *name;
    struct tensor tensor; /* float32, on the device, in the model's format */
    bool parameter;
    bool model;           /* a parameter or buffer of the model */
    struct init init;
    /* Of "<norm>.running_mean": the norm's num_batches_tracked before this session's own steps, which are session_drawn(). */
    int64_t tracked;
};

struct session;

struct step_result {
    double loss;       /* unscaled */
    double grad_scale; /* after the step; -1 without a scaler */
    bool skipped;      /* the scaler found inf or nan */
};

/* Builds, plans, allocates; parameters are not set yet. Fails before anything ran: shapes, memory, support. */
enum status session_create(const struct session_config *config, struct session **out);
void session_destroy(struct session *session);

/* Images of one step: the batch, as often as gradients are accumulated. */
int64_t session_images(const struct session *session);

/* Declares everything to the observer; before session_initialise. */
enum status session_declare(struct session *session, const struct observer *observer);

/*
 * Sets parameters by their init rules from the seed, then brings 4-D ones to the model's format by real conversions
 * (cause weight, paid once), which the observer is told of. NULL observer = unwatched.
 */
enum status session_initialise(struct session *session, const struct observer *observer);

/*
 * The parts of a training step, in their order, on full batches. `drawn` counts training batches from 0 over the whole training
 * (dropout's masks follow from it), `step` the optimizer's steps.
 */
enum status session_forward(struct session *session, const struct batch *batch, int64_t drawn,
                            const struct observer *observer);
/*
 * Begins to bring the images of the batch that comes next to the device, beside what runs there; nothing where that can't be.
 * They must stay where and as they are until session_forward gets them. NULL: forgets what was brought.
 */
enum status session_prefetch(struct session *session, const float *images);
enum status session_backward(struct session *session, const struct observer *observer);
enum status session_optimize(struct session *session, int64_t step, double learning_rate, const struct observer *observer);
/* With accumulation: forgets the gradients, after the step that used them. Nothing otherwise: a backward pass overwrites them. */
enum status session_clear_gradients(struct session *session);
/* What came out; waits for the device. */
enum status session_result(struct session *session, struct step_result *out);
/* The loss of the last batch that went forward; waits for the device. */
enum status session_loss(struct session *session, double *loss);

/* All of them: one training step on a full batch, with accumulation on that batch so many times. `step` counts from 0 over the whole training. */
enum status session_step(struct session *session, const struct batch *batch, int64_t step, double learning_rate,
                         const struct observer *observer, struct step_result *out);

/*
 * A step on the batch that is there, at a learning rate of 0, each call run by `visit`: for who times them one by one. What the optimizer
 * keeps beside the parameters changes.
 */
enum status session_rehearse(struct session *session, plan_visit *visit, void *self);

/* Forward in evaluation mode; logits (batch, classes) float32 on the host, owned by the session until the next call. */
enum status session_evaluate(struct session *session, const struct batch *batch, const float **logits);

/* The same with the moving average's parameters and buffers; optim.ema_decay > 0. */
enum status session_evaluate_average(struct session *session, const struct batch *batch, const float **logits);

const char *session_device_name(const struct session *session);
int session_threads(const struct session *session);

/* Training batches that went through this session. */
int64_t session_drawn(const struct session *session);

/* All state, in a fixed order: parameters and buffers in the model's order, then optimizer, scaler, moving average. */
int session_states(const struct session *session);
const struct session_state *session_state(const struct session *session, int index);
/* Number of the state, -1 when there is none. */
int session_find(const struct session *session, const char *name);
void session_set_tracked(struct session *session, int index, int64_t batches);

/* One state as contiguous float32 on the host, `count` elements in logical order, and back. */
enum status session_read(struct session *session, int index, float *values);
enum status session_write(struct session *session, int index, const float *values, const struct observer *observer);

/* The training graph, for those who show or check it. */
const struct graph *session_graph(const struct session *session);

#endif
