/*
 * MixUp and CutMix: before the model sees a training batch, its images are mixed on the host with those of the batch turned around,
 * and its labels become class probabilities, which the loss takes as torch's cross_entropy does (session_config.soft_targets).
 * timm's way (its Mixup, mode "batch"): one loss of mixed probabilities; fastai mixes two losses, which is the same number.
 */
#include <stdlib.h>

#include "trainer/learner.h"
#include "trainer/mixing.h"

struct mixed {
    float *images, *targets;
};

static bool wanted(const struct loop_config *config)
{
    return config->mixup > 0 || config->cutmix > 0;
}

static enum status configure(const struct loop_config *config, struct session_config *session)
{
    (void)config;
    session->soft_targets = true;
    return STATUS_OK;
}

static enum signal after_create(struct learner *learner, void *state)
{
    struct mixed *self = state;
    const struct loop_config *config = learner->config;
    size_t count = (size_t)config->batch, side = (size_t)config->side;
    self->images = malloc(count * 3 * side * side * sizeof(float));
    self->targets = malloc(count * (size_t)config->classes * sizeof(float));
    if (self->images && self->targets)
        return SIGNAL_GO_ON;
    return learner_signal(learner, FAIL(NO_MEMORY, "no memory for a mixed batch of %zu images", count));
}

static enum signal before_batch(struct learner *learner, void *state)
{
    struct mixed *self = state;
    const struct loop_config *config = learner->config;
    struct batch *batch = &learner->batch;
    if (!learner->training)
        return SIGNAL_GO_ON;
    const struct mixing mixing = {config->mixup, config->cutmix, config->seed};
    struct mix mix = mixing_draw(&mixing, learner->drawn, config->side);
    mixing_images(&mix, batch->images, self->images, batch->count, config->side);
    mixing_targets(mix.share, batch->labels, self->targets, batch->count, config->classes, config->label_smoothing);
    batch->images = self->images;
    batch->probabilities = self->targets;
    return SIGNAL_GO_ON;
}

static void release(void *state)
{
    struct mixed *self = state;
    free(self->images);
    free(self->targets);
}

const struct callback callback_mix = {.name = "MixUp", .state_bytes = sizeof(struct mixed), .wanted = wanted,
                                      .configure = configure, .release = release,
                                      .on = {[EVENT_AFTER_CREATE] = after_create, [EVENT_BEFORE_BATCH] = before_batch}};
