/* What train, verify and layouts do before they make a session. */
#include "commands/train_setup.h"

#include <stdio.h>

#include "kernels/plugin.h"

/* A GPU that can be used, else the CPU: without a word where there is no driver, and so no GPU that anybody could miss. */
static bool gpu_is_there(const struct backend **out)
{
    if (!plugin_has_driver("cuda"))
        return false;
    if (backend_usable("cuda", out) == STATUS_OK)
        return true;
    fprintf(stderr, "clprof: training on the CPU, since cuda is not usable: %s\n", status_message());
    return false;
}

/* What follows from the device is settled with it. */
static enum status choose_device(struct train_options *options, const struct backend **out)
{
    if (options->device == DEVICE_AUTO && !gpu_is_there(out))
        options->device = DEVICE_CPU;
    bool cuda = options->device != DEVICE_CPU;
    if (backend_usable(cuda ? "cuda" : "cpu", out) != STATUS_OK)
        return FAIL(UNSUPPORTED, "%s is not usable: %s", cuda ? "cuda" : "cpu", status_message());
    options->device = cuda ? DEVICE_CUDA : DEVICE_CPU;
    if (options->amp == AMP_AUTO)
        options->amp = cuda ? AMP_FP16 : AMP_BF16;
    if (!options->given_batch)
        options->batch = cuda ? BATCH_CUDA : BATCH_CPU;
    return STATUS_OK;
}

static enum status check_image(const struct train_options *options, const struct model *model)
{
    int64_t side = options->image_size;
    if (side >= model->least_image)
        return STATUS_OK;
    return FAIL(USAGE, "--image-size %lld is too small for %s, which takes %d and more", (long long)side, model->name,
                model->least_image);
}

/* What follows from the data: the size of the last layer, how many broken images are borne. */
static enum status open_data(const struct train_options *options, struct train_setup *setup)
{
    struct dataset *dataset = &setup->dataset;
    TRY(dataset_open(options->data, dataset));
    if (options->classes && options->classes < dataset->classes)
        return FAIL(USAGE, "--classes %lld is too small: the data's labels are 0 to %d", (long long)options->classes,
                    dataset->classes - 1);
    setup->config.classes = options->classes ? (int)options->classes : dataset->outputs;
    if (options->given_max_broken)
        dataset->max_broken = options->max_broken;
    return STATUS_OK;
}

enum status train_setup_check(const struct train_options *options, const char *name, const struct model **out)
{
    TRY(train_options_check(options));
    TRY(model_find(name, out));
    return check_image(options, *out);
}

enum status train_setup_open(struct train_options *options, const char *model, struct train_setup *setup)
{
    TRY(train_setup_check(options, model, &setup->model));
    TRY(choose_device(options, &setup->config.backend));
    TRY(policy_load(&setup->policy, options->policy ? options->policy : policy_default(options->device == DEVICE_CUDA ? "cuda" : "cpu")));
    TRY(open_data(options, setup));
    setup->config.model = setup->model;
    setup->config.policy = &setup->policy;
    return train_options_session(options, &setup->config);
}

void train_setup_release(struct train_setup *setup)
{
    dataset_release(&setup->dataset);
    policy_release(&setup->policy);
}

enum status train_setup_record_policy(const struct train_setup *setup, struct recorder *recorder)
{
    for (int op = 0; op < OP_COUNT; op++) {
        const struct policy_row *row = &setup->policy.row[op];
        if (op_find(op_name((enum op_id)op)) == (enum op_id)op)
            TRY(recorder_policy_rule(recorder, op_name((enum op_id)op), layout_rule_name(row->rule),
                                     layout_rule_breaks(row->rule), row->evidence, row->source));
    }
    return STATUS_OK;
}
