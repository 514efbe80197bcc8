/* clprof train: trains a model, records the profiled window, analyses it, prints what it found. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/words.h"
#include "commands/commands.h"
#include "commands/conclude.h"
#include "commands/train_device.h"
#include "commands/train_probe.h"
#include "commands/train_ranks.h"
#include "commands/train_setup.h"
#include "commands/train_start.h"
#include "profiler/recorder.h"
#include "trainer/loop.h"

struct training {
    struct train_options options;
    struct train_setup setup;
    struct train_start start;
    struct session *session;
    struct recorder *recorder;
    struct ranks ranks;     /* count 0: alone */
    struct strbuf output, name; /* a rank's own, of the trace and in messages */
    struct loop_result result;
    int64_t born_ns;
};

static bool has_ranks(const struct training *self)
{
    return self->ranks.count > 0;
}

static enum status prepare(struct training *self, const char *model)
{
    TRY(train_setup_open(&self->options, model, &self->setup));
    if (self->setup.config.optim.scaler && self->options.device == DEVICE_CPU)
        fprintf(stderr, "clprof: oneDNN has no fast float16 training on CPUs: convolutions and matrix products take float16 "
                        "tensors, compute in float32 and round\n");
    if (has_ranks(self)) {
        TRY(train_ranks_group(&self->ranks, self->setup.config.backend, &self->setup.group));
        self->setup.config.device.group = &self->setup.group;
    }
    TRY(session_create(&self->setup.config, &self->session));
    return train_start_open(&self->options, self->session, &self->setup, &self->start);
}

static enum status start_recording(struct training *self, const char *command_line)
{
    const struct session_config *config = &self->setup.config;
    struct run_info run = {
        .source = "train",
        .command_line = command_line,
        .model = self->setup.model->name,
        .device = config->backend->name,
        .device_name = session_device_name(self->session),
        .policy = self->setup.policy.name,
        .memory_format = layout_name(config->layout.format),
        .autocast_dtype = config->autocast ? dtype_name(config->autocast_dtype) : NULL,
        .library_versions = config->backend->library_versions(),
        .batch_size = config->batch,
        .threads = session_threads(self->session),
        .rank = self->ranks.rank,
        .world_size = has_ranks(self) ? self->ranks.count : 1,
        .warmup_steps = self->options.profile[0],
    };
    TRY(recorder_create(self->options.output, &run, &self->recorder));
    TRY(train_watch_device(self->recorder, config->backend, self->options.profile[0] + self->options.profile[1]));
    TRY(train_setup_record_policy(&self->setup, self->recorder));
    return session_declare(self->session, recorder_observer(self->recorder));
}

static enum status train(struct training *self, const char *command_line)
{
    const struct train_options *options = &self->options;
    const struct observer *observer = NULL;
    if (self->setup.dataset.summary && !options->quiet)
        fprintf(stderr, "clprof train: %s\n", self->setup.dataset.summary);
    /* Before an older trace is replaced: damaged data must not cost it. */
    TRY(dataset_load(&self->setup.dataset, SPLIT_TRAIN));
    if (!options->no_profile) {
        TRY(start_recording(self, command_line));
        observer = recorder_observer(self->recorder);
    }
    TRY(session_initialise(self->session, observer));
    TRY(train_start_read(&self->start, self->session));
    struct loop_config loop;
    train_options_loop(options, &loop);
    loop.session = self->session;
    loop.dataset = &self->setup.dataset;
    loop.classes = self->setup.config.classes;
    loop.observer = observer;
    loop.born_ns = self->born_ns;
    loop.ranks = has_ranks(self) ? &self->ranks : NULL;
    loop.first_step = self->start.first_step;
    loop.fact = self->start.fact;
    loop.facts = self->start.facts;
    return loop_run(&loop, &self->result);
}

static void say_broken(const struct dataset *dataset)
{
    if (dataset->broken > 0)
        fprintf(stderr, "clprof train: %lld of the %lld images are broken, as far as they were read; they are named above\n",
                (long long)dataset->broken, (long long)(dataset->count[SPLIT_TRAIN] + dataset->count[SPLIT_TEST]));
}

static int finish(const struct command *self, struct training *training, enum status status)
{
    int exit_code = status == STATUS_OK ? 0 : command_failed(self, status);
    bool recorded = training->recorder != NULL;
    if (recorded) {
        status = recorder_finish(training->recorder);
        exit_code = status == STATUS_OK ? exit_code : command_failed(self, status);
    }
    if (recorded && exit_code == 0 && training->options.probe > 0 && training->result.steps > 0 && !training->result.interrupted) {
        status = train_probe(training->session, training->options.probe, training->options.output);
        exit_code = status == STATUS_OK ? exit_code : command_failed(self, status);
    }
    session_destroy(training->session);
    if (recorded && training->result.steps > 0) {
        status = conclude_trace(training->options.output, training->options.report);
        if (status == STATUS_OK)
            status = conclude_next(training->options.output);
        exit_code = status == STATUS_OK ? exit_code : command_failed(self, status);
    }
    say_broken(&training->setup.dataset);
    train_ranks_release(&training->ranks);
    train_start_release(&training->start);
    train_setup_release(&training->setup);
    if (training->result.interrupted && exit_code == 0) {
        fprintf(stderr, "clprof train: interrupted after %lld steps\n", (long long)training->result.steps);
        exit_code = status_exit_code(STATUS_INTERRUPTED);
    }
    return exit_code;
}

/* What only one rank does: show progress, write the report and the checkpoint. */
static void keep_to_rank(struct training *training, struct command *self)
{
    struct train_options *options = &training->options;
    if (training->ranks.rank == 0)
        return;
    train_ranks_file(&training->ranks, options->output, &training->output);
    options->output = training->output.text;
    options->quiet = true;
    options->report = options->checkpoint = NULL;
    strbuf_printf(&training->name, "%s, rank %d", self->name, training->ranks.rank);
    self->name = training->name.text;
}

/* -1: this process trains, alone or as one of the ranks; else the exit code, after all ranks have ended. */
static int start_ranks(struct training *training, struct command *self, const char *model)
{
    int code = -1;
    if (training->options.ranks <= 1)
        return -1;
    /* Here it is said once, not by every rank. */
    enum status status = train_setup_check(&training->options, model, &training->setup.model);
    if (status == STATUS_OK)
        status = train_ranks_start((int)training->options.ranks, &training->ranks, &code);
    if (status != STATUS_OK)
        return command_failed(self, status);
    if (code < 0)
        keep_to_rank(training, self);
    return code;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct training training = {.born_ns = clock_ns()};
    struct command own = *command, *self = &own;
    struct strbuf line;
    int positional;
    strbuf_init(&line);
    strbuf_init(&training.output);
    strbuf_init(&training.name);
    strbuf_append(&line, "clprof");
    for (int i = 0; i < argc; i++)
        words_append(&line, argv[i]);
    int code = command_begin(self, &training.options, argc, argv, 1, 1, &positional);
    if (code < 0)
        code = start_ranks(&training, self, argv[1]);
    if (code < 0) {
        enum status status = prepare(&training, argv[1]);
        if (status == STATUS_OK)
            status = train(&training, line.text);
        code = finish(self, &training, status);
    }
    strbuf_release(&line);
    strbuf_release(&training.output);
    strbuf_release(&training.name);
    return code;
}

const struct command command_train = {
    "train", "MODEL",
    "train a model and say what its layouts cost",
    train_option_rows, run,
    .about = "Trains one of the models that `clprof models` lists, with clprof's own kernels, and records "
        "every operator, kernel and layout conversion of the steps in the window of --profile. Then it "
        "says which operators forced tensors out of channels_last, what that cost, and what to change.\n\n"
        "Operators that the policy calls contiguous really get converted tensors: the counts are those of "
        "the policy's PyTorch, the times are those of this device.\n\n"
        "Without --steps and --epochs training ends when the window closes. With them it goes on, "
        "untraced and at full speed. Interrupted, the trace holds every finished step.",
    .examples = {
        {"clprof train resnet50 --channels-last",
         "What do this model's layouts cost on this machine?"},
        {"clprof train resnet50_gn --channels-last --policy torch-2.14-cuda",
         "What would a GPU job under PyTorch 2.14 convert?"},
        {"clprof train resnet18 --channels-last --epochs 3 --data photos",
         "Learn the classes of a folder of images, and evaluate after each epoch"},
        {"clprof train resnet50 --steps 500 --no-profile --checkpoint last.safetensors",
         "Only train, and keep the state"},
    },
};
