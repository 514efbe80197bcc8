/* Jobs: made, described, ended; words, lanes and notes. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "importers/job_int.h"
#include "importers/module_name.h"
#include "importers/tie.h"

/*
 * Buffers of the sorters. 350 thousand spans of a Kineto file are about 200 thousand of the host (72 bytes each), 80 thousand
 * launches (24) and as many of the device (80, then 96): a little more than fits, so that larger files take no more memory.
 * Spilling half of them costs 10 ms.
 */
#define HOST_BYTES ((size_t)12 << 20)
#define LAUNCH_BYTES ((size_t)2 << 20)
#define DEVICE_BYTES ((size_t)6 << 20)
#define TIED_BYTES ((size_t)6 << 20)

/* Those that enclose others come first; equal ones in the file's order. */
static int host_compare(const void *a, const void *b)
{
    static const int8_t place[SPAN_KIND_COUNT] = {[SPAN_OPERATOR] = 2, [SPAN_MODULE] = 1};
    const struct span *x = a, *y = b;

    if (x->dur_ns != y->dur_ns)
        return x->dur_ns > y->dur_ns ? -1 : 1;
    if (x->kind != y->kind)
        return place[x->kind] < place[y->kind] ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

enum status job_create(const char *path, struct job **out)
{
    struct job *self = calloc(1, sizeof *self);
    enum status status;

    *out = NULL;
    if (!self)
        return FAIL(NO_MEMORY, "%s: out of memory", path);
    self->sidecar.spill.file = -1;
    self->path = strdup(path);
    TRY_OUT(self->path ? STATUS_OK : FAIL(NO_MEMORY, "%s: out of memory", path));
    TRY_OUT(sidecar_init(&self->sidecar, path));
    TRY_OUT(rows_create(path, &self->rows));
    *out = self;
    self = NULL;
out:
    job_abandon(self);
    return status;
}

static void process_destroy(struct process *self)
{
    if (!self)
        return;
    sorter_destroy(self->hosts);
    sorter_destroy(self->launches);
    sorter_destroy(self->devices);
    sorter_destroy(self->tied);
    carry_destroy(self->carry);
    step_list_release(&self->steps);
    free(self);
}

static enum status process_create(const char *path, int number, struct process **out)
{
    struct process *self = calloc(1, sizeof *self);
    enum status status;

    *out = NULL;
    if (!self)
        return FAIL(NO_MEMORY, "%s: out of memory", path);
    self->number = number;
    for (int i = 0; i < RUN_TEXTS; i++)
        self->facts.text[i] = -1;
    for (int i = 0; i < RUN_NUMBERS; i++)
        self->facts.number[i] = -1;
    TRY_OUT(sorter_create(path, sizeof(struct span), HOST_BYTES, host_compare, &self->hosts));
    TRY_OUT(sorter_create(path, sizeof(struct launch), LAUNCH_BYTES, launch_compare, &self->launches));
    TRY_OUT(sorter_create(path, sizeof(struct device_span), DEVICE_BYTES, device_span_compare, &self->devices));
    TRY_OUT(sorter_create(path, sizeof(struct tied_span), TIED_BYTES, tied_span_compare, &self->tied));
    TRY_OUT(carry_create(&self->carry));
    *out = self;
    self = NULL;
out:
    process_destroy(self);
    return status;
}

/* A rank told twice is that of another file: then the order of the files counts. */
static enum status settle_rank(struct job *self, struct process_facts *facts)
{
    int64_t *rank = &facts->number[RUN_RANK], *world_size = &facts->number[RUN_WORLD_SIZE];

    if (*rank < 0 && self->ranks > 1)
        *rank = self->process->number;
    if (*world_size < 0 && self->ranks > 1)
        *world_size = self->ranks;
    for (int i = 0; i < self->rank_seen_count && *rank >= 0; i++) {
        if (self->rank_seen[i] != *rank)
            continue;
        TRY(job_note(self, "two of the files say that they are rank %lld: the later one is numbered by the order of the files",
                     (long long)*rank));
        *rank = self->process->number;
        break;
    }
    ARRAY_ADD(self, rank_seen, *rank);
    return STATUS_OK;
}

static enum status write_run(struct job *self)
{
    const struct process_facts *facts = &self->process->facts;
    struct rows_run run;

    for (int text = 0; text < RUN_TEXTS; text++)
        run.text[text] = job_text(self, facts->text[text]);
    memcpy(run.number, facts->number, sizeof run.number);
    return rows_run(self->rows, self->process->number, &run);
}

static enum status note_troubles(struct job *self)
{
    const struct process *process = self->process;

    if (process->beyond > 0)
        TRY(job_note(self, "%lld events had times that no clock shows (over 11 days long, or centuries away) and were left out",
                     (long long)process->beyond));
    if (process->steps.dropped > 0)
        TRY(job_note(self, "%d steps lay within another step and were left out", process->steps.dropped));
    if (process->cut > 0)
        TRY(job_note(self, "%lld operators ended later than their step; their times end with the step",
                     (long long)process->cut));
    return STATUS_OK;
}

static enum status finish_process(struct job *self)
{
    enum status status = STATUS_OK;

    if (!self->process)
        return STATUS_OK;
    TRY_OUT(settle_rank(self, &self->process->facts));
    sidecar_settle(&self->sidecar);
    TRY_OUT(sweep_process(self));
    TRY_OUT(note_troubles(self));
    TRY_OUT(write_run(self));
    sidecar_release(&self->sidecar);
    TRY_OUT(sidecar_init(&self->sidecar, self->path));
out:
    process_destroy(self->process);
    self->process = NULL;
    return status;
}

enum status job_process(struct job *job, const struct job_info *info, int64_t rank, int64_t world_size)
{
    TRY(finish_process(job));
    TRY(process_create(job->path, job->processes, &job->process));
    job->processes++;
    job->process->facts.number[RUN_RANK] = rank;
    job->process->facts.number[RUN_WORLD_SIZE] = world_size;
    return job_describe(job, info);
}

static enum status text_word(struct job *self, const char *text, int32_t *word)
{
    return text ? job_word(self, text, strlen(text), word) : STATUS_OK;
}

enum status job_describe(struct job *job, const struct job_info *info)
{
    const char *const texts[RUN_TEXTS] = {
        [RUN_SOURCE] = info->source,           [RUN_COMMAND_LINE] = info->command_line,
        [RUN_MODEL] = info->model,             [RUN_DEVICE] = info->device,
        [RUN_DEVICE_NAME] = info->device_name, [RUN_LIBRARY_VERSIONS] = info->library_versions,
        [RUN_MEMORY_FORMAT] = info->memory_format, [RUN_AUTOCAST_DTYPE] = info->autocast_dtype,
    };
    const struct {
        enum run_number number;
        int64_t value;
    } numbers[] = {{RUN_BATCH_SIZE, info->batch_size}, {RUN_THREADS, info->threads}, {RUN_STARTED_UNIX_NS, info->started_unix_ns}};
    struct process_facts *facts;

    if (!job->process)
        return FAIL(USAGE, "facts of a process are told before any process");
    facts = &job->process->facts;
    for (int text = 0; text < RUN_TEXTS; text++)
        TRY(text_word(job, texts[text], &facts->text[text]));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        facts->number[numbers[i].number] = numbers[i].value >= 0 ? numbers[i].value : facts->number[numbers[i].number];
    return STATUS_OK;
}

enum status job_rank(struct job *job, int64_t rank, int64_t world_size)
{
    if (!job->process)
        return FAIL(USAGE, "the rank of a process is told before any process");
    int64_t *number = job->process->facts.number;
    number[RUN_RANK] = rank >= 0 ? rank : number[RUN_RANK];
    number[RUN_WORLD_SIZE] = world_size >= 0 ? world_size : number[RUN_WORLD_SIZE];
    return STATUS_OK;
}

void job_expect_ranks(struct job *job, int ranks)
{
    job->ranks = ranks;
}

enum status job_word(struct job *job, const char *bytes, size_t length, int32_t *word)
{
    return intern_bytes(&job->words, length ? bytes : "", length, word);
}

const char *job_text(const struct job *job, int32_t word)
{
    return intern_text(&job->words, word);
}

static enum status add_lane(struct job *self, struct lane lane, int32_t *number)
{
    lane.process = self->processes - 1;
    return intern_bytes(&self->lanes, &lane, sizeof lane, number);
}

enum status job_thread(struct job *job, int64_t process_id, int64_t thread_id, int32_t *lane)
{
    return add_lane(job, (struct lane){.owner = process_id, .number = thread_id, .device = -1}, lane);
}

enum status job_stream(struct job *job, const char *kind, int64_t device, int64_t stream, int32_t *lane)
{
    struct lane made = {.owner = device, .number = stream};

    TRY(job_word(job, kind, strlen(kind), &made.device));
    return add_lane(job, made, lane);
}

const struct lane *job_lane(const struct job *job, int32_t lane)
{
    return (const struct lane *)(const void *)intern_text(&job->lanes, lane);
}

enum status job_mode(struct job *job, const char *mode)
{
    int32_t word = -1;

    if (!job->process)
        return FAIL(USAGE, "a mode is told before any process");
    TRY(text_word(job, mode, &word));
    job->process->mode = job_text(job, word);
    return STATUS_OK;
}

enum status job_note(struct job *job, const char *format, ...)
{
    va_list arguments;
    char line[2048];
    int number;

    if (job->notes.text_count >= JOB_NOTES) {
        job->notes_dropped++;
        return STATUS_OK;
    }
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    return intern_add(&job->notes, line, &number);
}

static enum status room_for_words(struct job *self)
{
    while (self->module_of_word_room < self->words.text_count)
        TRY(array_room(&self->module_of_word, &self->module_of_word_room, self->module_of_word_room,
                       sizeof *self->module_of_word));
    return STATUS_OK;
}

enum status job_module(struct job *job, int32_t name)
{
    const char *text = job_text(job, name), *separator = strchr(text, MODULE_CLASS_SEPARATOR);
    struct job_module made = {name, -1, MODULE_UNSEEN};

    if (name >= job->module_of_word_room)
        TRY(room_for_words(job));
    if (job->module_of_word[name])
        return STATUS_OK;
    if (separator) {
        TRY(job_word(job, text, (size_t)(separator - text), &made.path));
        TRY(text_word(job, separator + 1, &made.class_));
    }
    ARRAY_ADD(job, modules, made);
    job->module_of_word[name] = job->modules_count;
    return STATUS_OK;
}

static enum status write_rest(struct job *self)
{
    for (int i = 0; i < self->modules_count; i++) {
        const struct job_module *module = &self->modules[i];
        TRY(rows_module(self->rows, i, module->parent, job_text(self, module->path), job_text(self, module->class_)));
    }
    if (self->notes_dropped > 0) {
        char line[80];
        snprintf(line, sizeof line, "%lld more notes were left out", (long long)self->notes_dropped);
        TRY(rows_note(self->rows, line));
    }
    for (int i = 0; i < self->notes.text_count; i++)
        TRY(rows_note(self->rows, intern_text(&self->notes, i)));
    return STATUS_OK;
}

enum status job_finish(struct job *job)
{
    enum status status;

    TRY_OUT(finish_process(job));
    TRY_OUT(write_rest(job));
    status = rows_finish(job->rows);
    job->rows = NULL;
out:
    job_abandon(job);
    return status;
}

void job_abandon(struct job *job)
{
    if (!job)
        return;
    rows_abandon(job->rows);
    process_destroy(job->process);
    sidecar_release(&job->sidecar);
    intern_release(&job->words);
    intern_release(&job->lanes);
    intern_release(&job->kinds);
    intern_release(&job->signatures);
    intern_release(&job->notes);
    free(job->modules);
    free(job->module_of_word);
    free(job->rank_seen);
    free(job->path);
    free(job);
}
