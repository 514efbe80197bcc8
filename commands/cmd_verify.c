/* clprof verify: trains a trace's model again, each finding fixed in turn, and writes what was won. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/figure.h"
#include "analysis/verification.h"
#include "base/words.h"
#include "base/utf8.h"
#include "commands/commands.h"
#include "commands/train_setup.h"
#include "profiler/trace.h"
#include "trainer/race.h"

struct verify_options {
    int64_t finding, pairs, warmup;
    bool all, quiet;
};

struct verify {
    struct verify_options options;
    sqlite3 *db;
    struct words line; /* the trace's command line */
    struct train_options training;
    bool on_cuda; /* the trace was */
    struct train_setup setup;
    struct policy native;
    struct session *baseline;
    struct targets targets;
    double *dur_ns, *baseline_ns, *fixed_ns;
    struct stats_interval recorded; /* images/s of the trace's own steps */
    int skipped;
};

/* What the trace says of its run. The first step back to a session: only `clprof train` can be repeated. */
static enum status read_run(struct verify *self, const char *path)
{
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(self->db, "SELECT source, command_line, threads, device = 'cuda' FROM runs LIMIT 1", &row));
    TRY_OUT(trace_step(row, &more));
    const char *source = more ? (const char *)sqlite3_column_text(row, 0) : NULL;
    const char *line = more ? (const char *)sqlite3_column_text(row, 1) : NULL;
    if (!source || strcmp(source, "train") != 0 || !line) {
        status = FAIL(UNSUPPORTED, "%s: recorded by %s: only what `clprof train` trained can be trained again", path,
                      source ? source : "nobody");
        goto out;
    }
    TRY_OUT(words_split(&self->line, line));
    self->training.threads = sqlite3_column_int64(row, 2);
    self->on_cuda = sqlite3_column_int(row, 3);
out:
    sqlite3_finalize(row);
    return status;
}

/* The options that the trace was made with: words[0] is "clprof", words[1] "train". */
static enum status read_options(struct verify *self, const char *path)
{
    int64_t threads = self->training.threads;
    int positional = 0;
    bool help = false;

    if (self->line.words < 3 || strcmp(self->line.word[1], "train") != 0)
        return FAIL(UNSUPPORTED, "%s: its command line is none of `clprof train`", path);
    char **arguments = malloc((size_t)(self->line.words + 1) * sizeof *arguments); /* parsing moves them around */
    if (!arguments)
        return FAIL(NO_MEMORY, "no memory for %d words", self->line.words);
    memcpy(arguments, self->line.word, (size_t)(self->line.words + 1) * sizeof *arguments);
    enum status status;
    TRY_OUT(options_parse(train_option_rows, &self->training, self->line.words - 1, arguments + 1, &positional, &help));
    if (positional != 1) {
        status = FAIL(CORRUPT, "%s: its command line names no model", path);
        goto out;
    }
    if (self->training.ranks > 1) {
        status = FAIL(UNSUPPORTED, "%s was trained by %lld ranks: only what one process trained can be trained again; record it with --ranks 1",
                      path, (long long)self->training.ranks);
        goto out;
    }
    if (threads > 0)
        self->training.threads = threads;
    self->training.device = self->on_cuda ? DEVICE_CUDA : DEVICE_CPU; /* another device's gain would be none of this trace's */
    TRY_OUT(train_setup_open(&self->training, arguments[2], &self->setup));
out:
    free(arguments);
    return status;
}

static enum status open_session(const struct session_config *config, struct session **out)
{
    TRY(session_create(config, out));
    return session_initialise(*out, NULL);
}

/* Times belong to the device that took them: an estimate of another one is nothing to compare with. */
static enum status check_device(struct verify *self, const char *path)
{
    sqlite3_stmt *row = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_prepare(self->db, "SELECT device_name FROM runs LIMIT 1", &row));
    TRY_OUT(trace_step(row, &more));
    const char *then = (const char *)sqlite3_column_text(row, 0), *now = session_device_name(self->baseline);
    if (then && strcmp(then, now) != 0)
        status = FAIL(UNSUPPORTED, "%s was recorded on %s, this is %s: an estimate holds for its own device only; train here first",
                      path, then, now);
out:
    sqlite3_finalize(row);
    return status;
}

static enum status prepare(struct verify *self, const char *path)
{
    TRY(trace_open(path, 1, &self->db));
    TRY(read_run(self, path));
    TRY(targets_read(self->db, self->options.finding, self->options.all ? TARGETS_ALL : TARGETS_OPERATORS,
                     &self->targets));
    TRY(read_options(self, path));
    if (self->targets.list_count == 0)
        return STATUS_OK;
    TRY(figure_read(self->db, "images_per_s", &self->recorded));
    TRY(policy_load(&self->native, "native"));
    TRY(dataset_load(&self->setup.dataset, SPLIT_TRAIN));
    TRY(open_session(&self->setup.config, &self->baseline));
    TRY(check_device(self, path));
    size_t bytes = (size_t)self->options.pairs * sizeof(double);
    self->dur_ns = malloc(2 * bytes);
    self->baseline_ns = malloc(bytes);
    self->fixed_ns = malloc(bytes);
    return self->dur_ns && self->baseline_ns && self->fixed_ns
               ? STATUS_OK : FAIL(NO_MEMORY, "no memory for %lld pairs of steps", (long long)self->options.pairs);
}

static enum status make_fixed(const struct verify *self, const struct target *target, struct layout_fix *fix,
                              struct session **out)
{
    struct session_config config = self->setup.config;

    for (int i = 0; i < target->culprits_count; i++)
        fix[i] = (struct layout_fix){target->culprits[i].op_name, target->culprits[i].module_path};
    config.layout.fixed = &self->native;
    config.layout.fix = fix;
    config.layout.fixes = target->culprits_count;
    if (target->library)
        config.layout.format = FORMAT_CHANNELS_LAST;
    return open_session(&config, out);
}

static enum status measure(struct verify *self, struct session *fixed, struct verified *verified)
{
    int pairs = (int)self->options.pairs;
    const struct race_config race = {
        .session = {self->baseline, fixed},
        .sessions = 2,
        .dataset = &self->setup.dataset,
        .batch = self->setup.config.batch,
        .side = self->setup.config.side,
        .seed = self->setup.config.seed,
        .learning_rate = train_options_rate(&self->training),
        .warmup = (int)self->options.warmup,
        .rounds = pairs,
    };
    TRY(race_run(&race, self->dur_ns));
    for (int i = 0; i < pairs; i++) {
        self->baseline_ns[i] = self->dur_ns[2 * i];
        self->fixed_ns[i] = self->dur_ns[2 * i + 1];
    }
    return verify_pairs(self->baseline_ns, self->fixed_ns, pairs, (double)session_images(self->baseline), verified);
}

static void print_percent(const char *word, double value, double low, double high)
{
    printf("  %s ", word);
    if (isnan(value))
        printf("unknown");
    else
        printf("%.2f %%", value);
    if (!isnan(low))
        printf(" [%.2f, %.2f]", low, high);
}

static void print_outcome(const struct target *target, const struct verified *verified)
{
    if (target->finding_id > 0)
        printf("finding %lld, ", (long long)target->finding_id);
    utf8_print(stdout, target->label);
    printf("\n");
    print_percent("estimated", target->estimate_percent, target->low_percent, target->high_percent);
    print_percent("verified", verified->gain_percent.value, verified->gain_percent.low, verified->gain_percent.high);
    printf("  (%.1f -> %.1f images/s, %d pairs of steps)\n", verified->baseline_images_per_s,
           verified->fixed_images_per_s, verified->pairs);
    fflush(stdout);
}

static void warn_of_speed(const struct verify *self, const struct verified *verified)
{
    if (!verify_speed_changed(self->recorded.value, verified))
        return;
    fprintf(stderr, "  this machine trains at %.3g times the speed at which the trace was recorded (%.1f images/s), and the estimate is one"
                    " for that speed: other work, or another clock; train and verify again when it is steady\n",
            verified->baseline_images_per_s / self->recorded.value, self->recorded.value);
}

/* Policies can't change what the model's own code asks for. */
static enum status skip(struct verify *self, const struct target *target)
{
    static const char reason[] = "no row of a layout policy keeps channels_last there (the model's own code converts)";

    if (self->options.finding > 0)
        return FAIL(UNSUPPORTED, "finding %lld, %s: %s: it can't be trained fixed", (long long)target->finding_id,
                    target->label, reason);
    utf8_print(stdout, target->label);
    printf("\n  not verified: %s\n", reason);
    self->skipped++;
    return STATUS_OK;
}

static enum status verify_target(struct verify *self, const struct target *target)
{
    struct layout_fix *fix = calloc((size_t)target->culprits_count + 1, sizeof *fix);
    struct session *fixed = NULL;
    struct verified verified;
    enum status status;

    if (!fix)
        return FAIL(NO_MEMORY, "no memory for %d culprits", target->culprits_count);
    if (!self->options.quiet) {
        fprintf(stderr, "clprof verify: ");
        utf8_print(stderr, target->label);
        fprintf(stderr, "\n");
    }
    TRY_OUT(make_fixed(self, target, fix, &fixed));
    if (race_is_even(self->baseline, fixed)) {
        TRY_OUT(skip(self, target));
        goto out;
    }
    TRY_OUT(measure(self, fixed, &verified));
    TRY_OUT(verified_store(self->db, target->finding_id, &verified));
    if (target->is_whole && target->finding_id > 0)
        TRY_OUT(verified_store(self->db, -1, &verified));
    print_outcome(target, &verified);
    if (!self->options.quiet)
        warn_of_speed(self, &verified);
out:
    session_destroy(fixed);
    free(fix);
    return status;
}

static enum status verify_all(struct verify *self)
{
    if (self->targets.list_count == 0)
        printf("nothing thrashes: there is nothing to verify\n");
    for (int i = 0; i < self->targets.list_count; i++)
        TRY(verify_target(self, &self->targets.list[i]));
    return STATUS_OK;
}

static void release(struct verify *self)
{
    session_destroy(self->baseline);
    train_setup_release(&self->setup);
    policy_release(&self->native);
    targets_release(&self->targets);
    words_release(&self->line);
    trace_close(self->db);
    free(self->dur_ns);
    free(self->baseline_ns);
    free(self->fixed_ns);
}

static int run(const struct command *self, int argc, char **argv)
{
    struct verify verify = {0};
    enum status status;
    int positional, code = command_begin(self, &verify.options, argc, argv, 1, 1, &positional);

    if (code >= 0)
        return code;
    TRY_OUT(prepare(&verify, argv[1]));
    TRY_OUT(verify_all(&verify));
out:
    code = status == STATUS_OK ? 0 : command_failed(self, status);
    release(&verify);
    return code;
}

#define AT(member) offsetof(struct verify_options, member)

static const struct option options[] = {
    {"finding", 0, OPTION_INT, AT(finding), "N", .low = 1, .high = 1e9, .help = "only this finding, of any scope"},
    {"all", 0, OPTION_FLAG, AT(all), .help = "instances, modules and sets, too; default: operator types and the whole fix order"},
    {"pairs", 0, OPTION_INT, AT(pairs), "N", .initial = "20", .low = 2, .high = 100000, .help = "pairs of steps, baseline and fixed"},
    {"warmup", 0, OPTION_INT, AT(warmup), "N", .initial = "3", .low = 0, .high = 1000, .help = "pairs before those"},
    {"quiet", 'q', OPTION_FLAG, AT(quiet), .help = "no progress, and no word on a machine whose speed changed"},
    OPTION_END,
};

const struct command command_verify = {
    "verify", "TRACE",
    "train again with findings fixed, and measure what that wins",
    options, run,
    .about = "An estimate is no proof. This trains the trace's model again, twice in one process: as it was, "
        "and with the operators of a finding replaced by ones that keep channels_last; steps of both "
        "alternate in random order. The measured gain, with its interval, goes into the trace beside the "
        "estimate, and every later report shows it. Only for traces of `clprof train`.",
    .examples = {
        {"clprof verify trace.db",
         "Every operator that thrashes, and the whole fix order"},
        {"clprof verify trace.db --finding 3 --pairs 50",
         "One finding, more exactly"},
    },
};
