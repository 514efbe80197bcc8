/* clprof train: trains a model, records the profiled window, analyses it, prints what it found. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "commands/commands.h"
#include "commands/conclude.h"
#include "commands/train_options.h"
#include "profiler/recorder.h"
#include "trainer/loop.h"

struct training {
    struct train_options options;
    const struct model *model;
    struct policy policy;
    struct dataset dataset;
    struct session *session;
    struct recorder *recorder;
    struct session_config config;
    struct loop_result result;
    int64_t born_ns;
};

static enum status choose_device(const struct train_options *options, const struct backend **out)
{
    if (options->device == DEVICE_CUDA)
        return FAIL(UNSUPPORTED, "this build has no cuda back end; `clprof devices` tells what there is");
    *out = backend_find("cpu");
    const char *reason = *out ? (*out)->probe() : "it is not built in";
    return reason ? FAIL(UNSUPPORTED, "the cpu back end can't run: %s", reason) : STATUS_OK;
}

static enum status check_image(const struct training *self)
{
    int64_t side = self->options.image_size;
    if (side >= self->model->least_image)
        return STATUS_OK;
    return FAIL(USAGE, "--image-size %lld is too small for %s, which takes %d and more", (long long)side,
                self->model->name, self->model->least_image);
}

static enum status prepare(struct training *self, const char *model)
{
    TRY(train_options_check(&self->options));
    TRY(model_find(model, &self->model));
    TRY(check_image(self));
    TRY(choose_device(&self->options, &self->config.backend));
    const char *policy = self->options.policy ? self->options.policy : policy_default("cpu");
    TRY(policy_load(&self->policy, policy));
    TRY(dataset_open(self->options.data, &self->dataset));
    self->config.model = self->model;
    self->config.policy = &self->policy;
    train_options_session(&self->options, &self->config);
    if (self->config.optim.scaler)
        fprintf(stderr, "clprof: oneDNN has no fast float16 training on CPUs: convolutions and matrix products take float16 "
                        "tensors, compute in float32 and round\n");
    return session_create(&self->config, &self->session);
}

static enum status record_policy(struct training *self)
{
    for (int op = 0; op < OP_COUNT; op++) {
        const struct policy_row *row = &self->policy.row[op];
        if (op_find(op_name((enum op_id)op)) != (enum op_id)op)
            continue;
        TRY(recorder_policy_rule(self->recorder, op_name((enum op_id)op), layout_rule_name(row->rule),
                                 layout_rule_breaks(row->rule), row->evidence, row->source));
    }
    return STATUS_OK;
}

static enum status start_recording(struct training *self, const char *command_line)
{
    const struct session_config *config = &self->config;
    struct run_info run = {
        .source = "train",
        .command_line = command_line,
        .model = self->model->name,
        .device = config->backend->name,
        .device_name = session_device_name(self->session),
        .policy = self->policy.name,
        .memory_format = layout_name(config->layout.format),
        .autocast_dtype = config->autocast ? dtype_name(config->autocast_dtype) : NULL,
        .library_versions = config->backend->library_versions(),
        .batch_size = config->batch,
        .threads = session_threads(self->session),
        .rank = 0,
        .world_size = 1,
        .warmup_steps = self->options.profile[0],
    };
    TRY(recorder_create(self->options.output, &run, &self->recorder));
    TRY(record_policy(self));
    return session_declare(self->session, recorder_observer(self->recorder));
}

static enum status train(struct training *self, const char *command_line)
{
    const struct train_options *options = &self->options;
    const struct observer *observer = NULL;
    /* Before an older trace is replaced: damaged data must not cost it. */
    TRY(dataset_load(&self->dataset, SPLIT_TRAIN));
    if (!options->no_profile) {
        TRY(start_recording(self, command_line));
        observer = recorder_observer(self->recorder);
    }
    TRY(session_initialise(self->session, observer));
    struct loop_config loop = {
        .session = self->session,
        .dataset = &self->dataset,
        .batch = options->batch,
        .side = (int)options->image_size,
        .classes = (int)options->classes,
        .seed = (uint64_t)options->seed,
        .steps = options->steps,
        .epochs = options->epochs,
        .schedule = (enum schedule_kind)options->schedule,
        .learning_rate = options->given_learning_rate ? options->learning_rate
                         : options->optimizer == OPTIMIZER_ADAMW ? 1e-3 : 1e-2,
        .observer = observer,
        .watched_steps = options->no_profile ? 0 : options->profile[0] + options->profile[1],
        .quiet = options->quiet,
        .born_ns = self->born_ns,
    };
    return loop_run(&loop, &self->result);
}

static int finish(const struct command *self, struct training *training, enum status status)
{
    int exit_code = status == STATUS_OK ? 0 : command_failed(self, status);
    bool recorded = training->recorder != NULL;
    if (recorded) {
        status = recorder_finish(training->recorder);
        exit_code = status == STATUS_OK ? exit_code : command_failed(self, status);
    }
    session_destroy(training->session);
    dataset_release(&training->dataset);
    if (recorded && training->result.steps > 0) {
        status = conclude_trace(training->options.output, training->options.report);
        exit_code = status == STATUS_OK ? exit_code : command_failed(self, status);
    }
    policy_release(&training->policy);
    if (training->result.interrupted && exit_code == 0) {
        fprintf(stderr, "clprof train: interrupted after %lld steps\n", (long long)training->result.steps);
        exit_code = status_exit_code(STATUS_INTERRUPTED);
    }
    return exit_code;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct training training = {.born_ns = clock_ns()};
    struct strbuf line;
    int positional;
    strbuf_init(&line);
    for (int i = 0; i < argc; i++)
        strbuf_printf(&line, "%s%s", i ? " " : "clprof ", argv[i]);
    int code = command_begin(self, &training.options, argc, argv, 1, 1, &positional);
    if (code < 0) {
        enum status status = prepare(&training, argv[1]);
        if (status == STATUS_OK)
            status = train(&training, line.text);
        code = finish(self, &training, status);
    }
    strbuf_release(&line);
    return code;
}

const struct command command_train = {"train", "MODEL", "train a model and say what its layouts cost", train_option_rows,
                                      run};
