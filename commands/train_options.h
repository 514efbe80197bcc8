/* The options of `clprof train`, and from them to what the trainer wants. */
#ifndef COMMANDS_TRAIN_OPTIONS_H
#define COMMANDS_TRAIN_OPTIONS_H

#include "base/options.h"
#include "trainer/loop.h"

enum amp_choice { AMP_AUTO, AMP_FP16, AMP_BF16, AMP_OFF };
enum device_choice { DEVICE_AUTO, DEVICE_CPU, DEVICE_CUDA };
#define BATCH_CPU 16
#define BATCH_CUDA 64

struct train_options {
    bool channels_last, contiguous, no_profile, quiet, nesterov, model_ema, autotune, cuda_graph;
    int amp, device, optimizer, schedule, tf32; /* choices; amp and device are settled by train_setup_open */
    const char *policy, *data, *output, *report, *checkpoint, *resume, *weights;
    int64_t batch, image_size, steps, epochs, threads, seed, classes, accumulate, workers, max_broken, ranks;
    int64_t profile[2]; /* warm-up, active */
    double learning_rate, momentum, weight_decay, label_smoothing, clip_grad, ema_decay, mixup, cutmix;
    double probe; /* seconds */
    double init_scale, growth_factor, backoff_factor;
    int64_t growth_interval;
    bool given_learning_rate, given_profile, given_weight_decay, given_max_broken, given_batch;
};

extern const struct option train_option_rows[];

/* Combinations that can't be: both formats, --profile with --no-profile, ... Fails with USAGE. */
enum status train_options_check(const struct train_options *options);

/* --lr, or the optimizer's default. */
double train_options_rate(const struct train_options *options);

/* What the options want of the loop and its callbacks; session, data and observer are the caller's. */
void train_options_loop(const struct train_options *options, struct loop_config *loop);

/* Fills what follows from the options alone, callbacks' wishes included (model, policy and back end are the caller's). */
enum status train_options_session(const struct train_options *options, struct session_config *session);

#endif
