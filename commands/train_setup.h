/* From the options of `clprof train` to a model, a policy, data and the configuration of a session. */
#ifndef COMMANDS_TRAIN_SETUP_H
#define COMMANDS_TRAIN_SETUP_H

#include "commands/train_options.h"
#include "profiler/recorder.h"

struct train_setup {
    const struct model *model;
    struct policy policy;
    struct dataset dataset;
    struct backend_group group;   /* of ranks; with `ranks` only */
    struct session_config config; /* points at `policy` and `group`: the setup must stay where it is */
};

/* What train_setup_open checks first, and needs no device for: combinations of options, the model's name, the size of images. */
enum status train_setup_check(const struct train_options *options, const char *name, const struct model **out);

/* `setup` is zeroed before, and released by train_setup_release whatever comes back. The dataset is opened, not loaded.
 * Of the options the device, and what follows from it (amp, batch), are settled. */
enum status train_setup_open(struct train_options *options, const char *model, struct train_setup *setup);
void train_setup_release(struct train_setup *setup);

/* Writes the policy that is trained under into the trace: whom the analysis may blame. */
enum status train_setup_record_policy(const struct train_setup *setup, struct recorder *recorder);

#endif
