/* Three sessions raced, then each recorded for two steps into a trace that is thrown away. */
#include "commands/layouts_measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/analysis.h"
#include "commands/train_device.h"
#include "profiler/recorder.h"
#include "trainer/race.h"

#define RECORDED_STEPS 2

static const char *const layout_words[LAYOUT_COUNT] = {"contiguous", "channels_last", "blocked"};

struct measurement {
    struct train_setup setup;
    struct race_config race;
    char folder[256], trace[300];
};

static enum status open_layout(const struct train_setup *setup, enum layout layout, struct session **out)
{
    struct session_config config = setup->config;

    config.layout.format = layout == LAYOUT_CHANNELS_LAST ? FORMAT_CHANNELS_LAST : FORMAT_CONTIGUOUS;
    if (layout == LAYOUT_BLOCKED)
        config.backend = backend_find("cpu-blocked");
    TRY(session_create(&config, out));
    return session_initialise(*out, NULL);
}

static enum status race(struct measurement *self, struct layouts_row *rows)
{
    int rounds = self->race.rounds;
    double *dur_ns = NULL, *baseline = NULL, *other = NULL;
    enum status status;

    dur_ns = calloc((size_t)rounds * LAYOUT_COUNT, sizeof *dur_ns);
    baseline = calloc((size_t)rounds, sizeof *baseline);
    other = calloc((size_t)rounds, sizeof *other);
    if (!dur_ns || !baseline || !other) {
        status = FAIL(NO_MEMORY, "no memory for %d rounds", rounds);
        goto out;
    }
    TRY_OUT(race_run(&self->race, dur_ns));
    for (int layout = 0; layout < LAYOUT_COUNT; layout++) {
        struct verified outcome;
        for (int i = 0; i < rounds; i++) {
            baseline[i] = dur_ns[i * LAYOUT_COUNT + LAYOUT_CONTIGUOUS];
            other[i] = dur_ns[i * LAYOUT_COUNT + layout];
        }
        TRY_OUT(verify_pairs(baseline, other, rounds, (double)self->race.batch, &outcome));
        rows[layout].images_per_s = outcome.fixed_images_per_s;
        rows[layout].speed_up_percent =
            layout == LAYOUT_CONTIGUOUS ? (struct stats_interval){NAN, NAN, NAN} : outcome.gain_percent;
    }
out:
    free(dur_ns);
    free(baseline);
    free(other);
    return status;
}

static enum status read_findings(const char *trace, struct layouts_row *row)
{
    static const char sql[] =
        "SELECT (SELECT value FROM figure WHERE name = 'conversions_per_step'),"
        " (SELECT value FROM figure WHERE name = 'conversion_ms_per_step'),"
        " (SELECT value FROM figure WHERE name = 'round_trips_per_step'),"
        " (SELECT 'thrash: ' || group_concat(op_name, ', ') FROM finding WHERE scope = 'operator' AND verdict = 'thrash'"
        "  HAVING count(*))";
    sqlite3_stmt *row_of = NULL;
    sqlite3 *db = NULL;
    enum status status;
    int more;

    TRY_OUT(trace_open(trace, 1, &db));
    TRY_OUT(analysis_run(db));
    TRY_OUT(trace_prepare(db, sql, &row_of));
    TRY_OUT(trace_step(row_of, &more));
    row->conversions = sqlite3_column_double(row_of, 0);
    row->conversion_ms = sqlite3_column_double(row_of, 1);
    row->round_trips = sqlite3_column_double(row_of, 2);
    const char *verdict = (const char *)sqlite3_column_text(row_of, 3);
    row->verdict = strdup(verdict ? verdict : "clean");
out:
    sqlite3_finalize(row_of);
    if (db)
        trace_close(db);
    return status;
}

static enum status record(struct measurement *self, int layout, struct layouts_row *row)
{
    const struct session_config *config = &self->setup.config;
    const struct run_info run = {.source = "train", .model = self->setup.model->name, .device = config->backend->name,
                                 .memory_format = layout == LAYOUT_CHANNELS_LAST ? "channels_last" : "contiguous",
                                 .batch_size = config->batch, .threads = -1, .rank = -1, .world_size = -1,
                                 .warmup_steps = 1};
    struct recorder *recorder = NULL;
    enum status status, finished;

    TRY(recorder_create(self->trace, &run, &recorder));
    TRY_OUT(train_setup_record_policy(&self->setup, recorder));
    TRY_OUT(train_watch_device(recorder, config->backend, RECORDED_STEPS));
    TRY_OUT(session_declare(self->race.session[layout], recorder_observer(recorder)));
    TRY_OUT(race_watch(&self->race, layout, recorder_observer(recorder), RECORDED_STEPS));
out:
    finished = recorder_finish(recorder);
    TRY(status);
    TRY(finished);
    return read_findings(self->trace, row);
}

static enum status prepare(struct measurement *self, const struct layouts_config *config, const char *model, bool autocast)
{
    struct train_options options = config->training;
    const char *place = getenv("TMPDIR");

    options.amp = autocast ? AMP_BF16 : AMP_OFF;
    TRY(train_setup_open(&options, model, &self->setup));
    TRY(dataset_load(&self->setup.dataset, SPLIT_TRAIN));
    self->race = (struct race_config){.sessions = LAYOUT_COUNT, .dataset = &self->setup.dataset,
                                      .batch = self->setup.config.batch, .side = self->setup.config.side,
                                      .seed = self->setup.config.seed, .learning_rate = train_options_rate(&options),
                                      .warmup = config->warmup, .rounds = config->rounds};
    for (int layout = 0; layout < LAYOUT_COUNT; layout++)
        TRY(open_layout(&self->setup, (enum layout)layout, &self->race.session[layout]));
    snprintf(self->folder, sizeof self->folder, "%s/clprof-layouts-XXXXXX", place && *place ? place : P_tmpdir);
    if (!mkdtemp(self->folder)) {
        enum status status = FAIL(IO, "can't make the folder %s; set TMPDIR to where there is room", self->folder);
        self->folder[0] = '\0';
        return status;
    }
    snprintf(self->trace, sizeof self->trace, "%s/trace.db", self->folder);
    return STATUS_OK;
}

static void release(struct measurement *self)
{
    for (int layout = 0; layout < LAYOUT_COUNT; layout++)
        session_destroy(self->race.session[layout]);
    train_setup_release(&self->setup);
    if (self->trace[0])
        unlink(self->trace);
    if (self->folder[0])
        rmdir(self->folder);
}

enum status layouts_measure(const struct layouts_config *config, const char *model, bool autocast,
                            struct layouts_row rows[LAYOUT_COUNT])
{
    struct measurement self = {0};
    enum status status;

    TRY_OUT(prepare(&self, config, model, autocast));
    TRY_OUT(race(&self, rows));
    for (int layout = 0; layout < LAYOUT_COUNT; layout++) {
        rows[layout].model = self.setup.model->name;
        rows[layout].dtype = autocast ? dtype_name(self.setup.config.autocast_dtype) : "float32";
        rows[layout].layout = layout_words[layout];
        TRY_OUT(record(&self, layout, &rows[layout]));
    }
out:
    release(&self);
    return status;
}
