/* clprof run -- COMMAND: runs somebody else's training job with the agent in it, then says what its layouts cost. */
#include <stdio.h>
#include <string.h>

#include "base/interrupt.h"
#include "commands/commands.h"
#include "commands/conclude.h"
#include "commands/run_cupti.h"
#include "importers/torch/torch.h"
#include "profiler/torch/launch.h"
#include "profiler/trace_draft.h"

#define ARGUMENTS_MOST 1000000
/* clprof_torch.py: two warm-up steps at least, one for the profiler to start in, one recorded. */
#define SHORTEST "the shortest one, --profile 1:1, takes 4 steps"

struct run_options {
    const char *output, *report;
    int64_t profile[2]; /* warm-up, active */
    bool cupti;
};

/* Why there is no trace, in one line. */
static void say_nothing_recorded(const struct agent_left *left, const struct run_options *options, char *const *argv)
{
    const char *isolated = launch_isolated(argv);
    long long warmup = (long long)options->profile[0], steps = (long long)left->optimizer_steps;

    fprintf(stderr, "clprof run: nothing was recorded: ");
    if (left->failed[0])
        fprintf(stderr, "%s\n", left->failed);
    else if (!left->entered && isolated)
        fprintf(stderr, "%s %s keeps clprof's agent out, which comes in through PYTHONPATH; run it without %s\n", argv[0],
                isolated, isolated);
    else if (!left->entered)
        fprintf(stderr, "%s started no Python 3.8 or later that reads PYTHONPATH (-I, -E, -S and a cleared environment keep "
                        "clprof's agent out)\n", argv[0]);
    else if (!left->torch)
        fprintf(stderr, "%s imported no torch\n", argv[0]);
    else if (left->window)
        fprintf(stderr, "PyTorch %s; the command ended before the first recorded step of the window did; " SHORTEST "\n",
                left->torch_version);
    else if (steps < 0)
        fprintf(stderr, "PyTorch %s was imported, and the command ended by force before %lld training steps were over\n",
                left->torch_version, warmup);
    else if (steps == 0)
        fprintf(stderr, "PyTorch %s was imported, but no optimizer took a step; clprof profiles training steps\n",
                left->torch_version);
    else
        fprintf(stderr, "PyTorch %s took %lld optimizer step%s, and the window opens after %lld; " SHORTEST "\n", left->torch_version, steps, steps == 1 ? "" : "s", warmup);
}

struct unfinished {
    struct launch *launch;
    const char *output;
};

/* On the guard's thread. */
static void interrupted(void *what)
{
    struct unfinished *unfinished = what;

    trace_draft_remove(unfinished->output);
    launch_release(unfinished->launch);
    fprintf(stderr, "clprof run: interrupted, no trace was written\n");
}

static enum status import_guarded(struct launch *launch, const struct agent_left *left, const char *command_line,
                                  const char *ended, const char *output)
{
    struct unfinished unfinished = {launch, output};
    struct interrupt_guard *guard;

    TRY(interrupt_guard_begin(interrupted, &unfinished, &guard));
    enum status status = import_torch_job(launch->folder, left, command_line, ended, output);
    interrupt_guard_end(guard);
    return status;
}

/* What the injection left, where the agent left nothing. */
static enum status conclude_cupti(struct launch *launch, const struct run_options *options, const char *command_line,
                                  const char *ended)
{
    bool found = false;
    struct strbuf said;
    enum status status;

    strbuf_init(&said);
    TRY_OUT(run_cupti_import(launch->folder, command_line, ended, options->output, &found, &said));
    launch_release(launch);
    if (found)
        TRY_OUT(conclude_trace(options->output, options->report));
    else
        fprintf(stderr, "clprof run: nothing was recorded: %.*s\n", said.length ? (int)strcspn(said.text, "\n") : 80,
                said.length ? said.text : "the command ran nothing on a GPU, or ended before CUDA began");
out:
    strbuf_release(&said);
    return status;
}

static enum status conclude(struct launch *launch, const struct run_options *options, const char *command_line,
                            char *const *argv)
{
    struct agent_left left;
    struct strbuf ended;
    enum status status;

    strbuf_init(&ended);
    TRY_OUT(agent_left_read(&left, launch->folder));
    if (launch->signal)
        strbuf_printf(&ended, "the command was ended by signal %d (%s)", launch->signal, strsignal(launch->signal));
    else if (launch->exit_code)
        strbuf_printf(&ended, "the command's exit code was %d", launch->exit_code);
    if (launch->signal)
        fprintf(stderr, "clprof run: %s\n", ended.text);
    if (!left.rank_count && options->cupti) {
        TRY_OUT(conclude_cupti(launch, options, command_line, ended.length ? ended.text : NULL));
        goto out;
    }
    if (!left.rank_count) {
        say_nothing_recorded(&left, options, argv);
        goto out;
    }
    TRY_OUT(import_guarded(launch, &left, command_line, ended.length ? ended.text : NULL, options->output));
    launch_release(launch); /* before anything is printed: a reader that leaves (| head) ends us by SIGPIPE */
    TRY_OUT(conclude_trace(options->output, options->report));
out:
    agent_left_release(&left);
    strbuf_release(&ended);
    return status;
}

/* Without "--", an option of the command's own would be taken for one of ours. */
static bool has_separator(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0)
            return true;
        if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0)
            return true;
    }
    return false;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct run_options options = {0};
    struct launch launch = {0};
    struct strbuf line;
    enum status status;
    int positional, code;

    if (!has_separator(argc, argv))
        return command_failed(self, FAIL(USAGE, "write -- before the command: clprof run -- python train.py"));
    strbuf_init(&line);
    for (int i = 0; i < argc; i++)
        strbuf_printf(&line, "%s%s", i ? " " : "clprof ", argv[i]);
    code = command_begin(self, &options, argc, argv, 1, ARGUMENTS_MOST, &positional);
    if (code >= 0) {
        strbuf_release(&line);
        return code;
    }
    char **command = argv + 1;
    command[positional] = NULL;
    TRY_OUT(launch_prepare(&launch));
    if (options.cupti)
        TRY_OUT(run_cupti_prepare(launch.folder));
    TRY_OUT(launch_run(&launch, command, options.profile[0], options.profile[1]));
    code = launch.exit_code;
    TRY_OUT(conclude(&launch, &options, line.text, command));
out:
    launch_release(&launch);
    strbuf_release(&line);
    return status == STATUS_OK || code > 0 ? code : command_failed(self, status);
}

#define AT(member) offsetof(struct run_options, member)
static const struct option options[] = {
    {"output", 'o', OPTION_TEXT, AT(output), "TRACE", .initial = "trace.db", .help = "the trace to write"},
    {"profile", 0, OPTION_PAIR, AT(profile), "WARMUP:ACTIVE", .initial = "3:10", .low = 1, .high = 100000,
     .help = "steps left alone from the start, and steps looked at"},
    {"cupti", 0, OPTION_FLAG, AT(cupti), .help = "of a command without PyTorch: what its GPU runs, by CUPTI"},
    {"report", 0, OPTION_TEXT, AT(report), "FILE", .help = "also write a report: .html, .json, .csv or .txt"},
    OPTION_END,
};

const struct command command_run = {
    "run", "-- COMMAND...",
    "profile a PyTorch training job",
    options, run,
    .about = "Runs a PyTorch 2.x training script as it is. An agent watches the steps in the window of "
        "--profile, then leaves; when the command has ended, clprof writes the trace and says what its "
        "layouts cost. The command's output, signals and exit code are its own; clprof's exit code is the "
        "command's.\n\n"
        "Some steps of the window are watched by the clock only (throughput), some by the times of "
        "operators (costs), two in full (formats, modules). No time of a step recorded in full is shown "
        "as performance.\n\n"
        "--cupti is for commands that are no PyTorch: it records the kernels and copies of the GPU, no "
        "operators. Where PyTorch is, it steps aside.",
    .examples = {
        {"clprof run -- python train.py --epochs 1",
         "Profile a job"},
        {"clprof run --cupti -- ./program",
         "What a CUDA program's GPU runs"},
        {"clprof run --profile 20:30 -o job.db -- torchrun --nproc-per-node 2 train.py",
         "Leave 20 steps alone, look at 30, of every rank"},
    },
};
