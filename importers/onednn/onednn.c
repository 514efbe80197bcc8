/*
 * oneDNN's verbose log (ONEDNN_VERBOSE=1), as the program's output holds it. Without timestamps the calls stand one behind the
 * other: what passed between them is not told. A line of the program that begins with "clprof-step N" ends step N; without
 * such lines the log is one stretch.
 */
#define _GNU_SOURCE /* memmem */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "importers/importer.h"
#include "importers/onednn/groups.h"
#include "importers/source.h"

#define LONGEST_LINE (64 << 10)
#define LATEST_NS ((int64_t)6 << 60) /* times beyond are none: sums of 64 bits must not overflow */
static const char step_marker[] = "clprof-step ";

struct log {
    struct job *job;
    const char *path;
    struct groups groups;
    struct verbose_template order;
    struct strbuf versions, name; /* name: scratch */
    int64_t threads;
    int64_t clock_ns;             /* end of the last call */
    int64_t first_ns;             /* start of the first call; -1 = none yet */
    int64_t step_start_ns;        /* -1 = the step at hand has no call yet */
    int64_t step_number;          /* of a step that waits for the next one's start; -1 = none */
    int64_t waiting_start_ns;     /* of that step */
    int32_t step_word;
    int64_t calls, timed, broken, foreign_engine, too_long;
    bool skipping;                /* in a line that is too long */
    struct source *source;
    int64_t cut_offset;           /* of a last line of oneDNN's without an end; -1 = none */
};

static bool sniff(const char *head, size_t length)
{
    static const char *const next[] = {"info,", "exec,", "create", "primitive,", "v1,", "graph,", "1", "2"};
    struct text rest = {head, (int)(length < LONGEST_LINE ? length : LONGEST_LINE)};
    while (rest.length) {
        struct text line = text_part(&rest, '\n');
        int prefix;
        const char *at = line_prefix(line, &prefix);
        if (!at)
            continue;
        struct text after = {at + prefix, (int)(line.at + line.length - at) - prefix};
        for (size_t i = 0; i < sizeof next / sizeof next[0]; i++) {
            if (text_starts(after, next[i]))
                return true;
        }
    }
    return false;
}

/* "oneDNN v2.6.3 (commit ...)", "cpu,isa:Intel AVX-512 ...", "cpu,runtime:OpenMP,nthr:2". */
static void read_info(struct log *self, struct text info)
{
    const char *threads = memmem(info.at, (size_t)info.length, ",nthr:", 6);
    bool version = text_starts(info, "oneDNN v") || text_starts(info, "DNNL v") || text_starts(info, "Intel MKL-DNN v");
    if (version && self->versions.length == 0)
        strbuf_append_bytes(&self->versions, info.at, (size_t)text_part(&info, '(').length);
    if (text_starts(info, "cpu,isa:") && self->versions.length < 200)
        strbuf_printf(&self->versions, "%s%.*s", self->versions.length ? ", " : "", info.length - 8, info.at + 8);
    if (threads) {
        char number[12] = {0};
        int length = (int)(info.at + info.length - threads) - 6;
        memcpy(number, threads + 6, (size_t)(length < 11 ? length : 11));
        self->threads = atoi(number) > 0 ? atoi(number) : -1;
    }
}

static bool is_name(struct text text)
{
    for (int i = 0; i < text.length; i++) {
        if (!(text.at[i] >= 'a' && text.at[i] <= 'z') && !(text.at[i] >= '0' && text.at[i] <= '9') && text.at[i] != '_')
            return false;
    }
    return text.length > 0 && text.length < 64;
}

/* "onednn::convolution", "onednn::convolution_backward_data". */
static enum status name_call(struct log *self, const struct verbose_line *line, int32_t *word)
{
    struct text primitive = line->field[FIELD_PRIMITIVE], prop = line->field[FIELD_PROP_KIND];
    strbuf_clear(&self->name);
    strbuf_printf(&self->name, "onednn::%.*s", primitive.length, primitive.at);
    if (text_starts(prop, "backward") && is_name(prop))
        strbuf_printf(&self->name, "_%.*s", prop.length, prop.at);
    return job_word(self->job, self->name.text, self->name.length, word);
}

static enum status give_step(struct log *self, int64_t number, int64_t start_ns, int64_t end_ns)
{
    int32_t lane;
    TRY(job_thread(self->job, 0, 0, &lane));
    struct span span = {
        .start_ns = start_ns, .dur_ns = end_ns - start_ns, .correlation = -1, .sequence = number, .record_id = -1,
        .bytes = -1, .kind = SPAN_STEP, .name = self->step_word, .lane = lane, .signature = -1, .forward_thread = -1,
    };
    return job_span(self->job, &span);
}

/* With timestamps a step lasts until the next one's first call. */
static enum status end_waiting_step(struct log *self, int64_t end_ns)
{
    int64_t number = self->step_number;
    self->step_number = -1;
    return number < 0 || end_ns < self->waiting_start_ns ? STATUS_OK
                                                         : give_step(self, number, self->waiting_start_ns, end_ns);
}

static enum status read_exec(struct log *self, const struct verbose_line *line)
{
    struct call call = {.partner = -1, .dur_ns = line->dur_ns};
    call.start_ns = line->start_ns >= 0 ? line->start_ns : self->clock_ns;
    if (!is_name(line->field[FIELD_PRIMITIVE]) || !primitive_read(line, &call.primitive) || self->clock_ns > LATEST_NS) {
        self->broken++;
        return STATUS_OK;
    }
    TRY(name_call(self, line, &call.name));
    self->calls++;
    self->timed += line->start_ns >= 0;
    self->foreign_engine += line->field[FIELD_ENGINE].length && !text_starts(line->field[FIELD_ENGINE], "cpu");
    if (self->step_start_ns < 0) {
        self->step_start_ns = call.start_ns;
        TRY(end_waiting_step(self, call.start_ns));
    }
    if (self->first_ns < 0)
        self->first_ns = call.start_ns;
    self->clock_ns = call.start_ns + call.dur_ns;
    return groups_add(&self->groups, &call, text_is(line->field[FIELD_PRIMITIVE], "reorder"));
}

/* The step that ends here. Without timestamps it lasts as long as its calls. */
static enum status read_marker(struct log *self, struct text line)
{
    char copy[32] = {0}, *end;
    size_t before = sizeof step_marker - 1, length = (size_t)line.length - before;
    memcpy(copy, line.at + before, length < sizeof copy - 1 ? length : sizeof copy - 1);
    int64_t number = strtoll(copy, &end, 10);
    if (end == copy || number < 0 || number == INT64_MAX || self->step_start_ns < 0)
        return STATUS_OK;
    TRY(groups_flush(&self->groups));
    int64_t start_ns = self->step_start_ns;
    self->step_start_ns = -1;
    if (!self->timed)
        return give_step(self, number, start_ns, self->clock_ns);
    self->step_number = number;
    self->waiting_start_ns = start_ns;
    return STATUS_OK;
}

static enum status read_line(struct log *self, struct text text)
{
    struct verbose_line line;
    if (text_starts(text, step_marker))
        return read_marker(self, text);
    line_read(text, &self->order, &line);
    if (line.kind == LINE_INFO)
        read_info(self, line.field[0]);
    self->broken += line.kind == LINE_BROKEN;
    return line.kind == LINE_EXEC ? read_exec(self, &line) : STATUS_OK;
}

/* A line of oneDNN's, or the beginning of one. */
static bool is_ours(struct text line)
{
    static const char prefix[] = "onednn_verbose,";
    int length;
    return line_prefix(line, &length) ||
           (line.length > 0 && line.length < (int)sizeof prefix && memcmp(line.at, prefix, (size_t)line.length) == 0);
}

/* Whole lines of the window; *at stands at the first byte of one that is not whole. A progress bar's \r ends lines too. */
static enum status read_lines(struct log *self, const char **at, const char *end, bool last)
{
    while (*at < end) {
        size_t left = (size_t)(end - *at), looked = left < LONGEST_LINE ? left : LONGEST_LINE;
        size_t length = 0;
        while (length < looked && (*at)[length] != '\n' && (*at)[length] != '\r')
            length++;
        bool whole = length < looked || (last && length == left);
        if (!whole && looked == left)
            return STATUS_OK;
        struct text line = {*at, (int)length};
        int64_t broken = self->broken;
        if (whole && !self->skipping)
            TRY(read_line(self, line));
        if (whole && length == left && is_ours(line)) {
            self->cut_offset = source_offset(self->source, *at);
            self->broken = broken;
        }
        self->too_long += !whole && !self->skipping;
        self->skipping = !whole;
        *at += length + (length < looked);
    }
    return STATUS_OK;
}

static enum status read_all(struct log *self)
{
    const char *at = NULL, *end = NULL;
    bool more = true;
    TRY(source_more(self->source, &at, &end, &more));
    while (more) {
        TRY(read_lines(self, &at, end, false));
        TRY(source_more(self->source, &at, &end, &more));
    }
    TRY(read_lines(self, &at, end, true));
    TRY(groups_flush(&self->groups));
    return end_waiting_step(self, self->clock_ns);
}

static enum status give_notes(struct log *self)
{
    const char *trouble = source_trouble(self->source);
    TRY(job_note(self->job, "%s: PyTorch's own conversions (contiguous, copy_) are not in a oneDNN log: thrashing made by its "
                            "operators is not seen here; use clprof run, or import a torch.profiler trace", self->path));
    if (!self->timed)
        TRY(job_note(self->job, "%s: no timestamps: gaps between primitives are unknown, so a step is oneDNN's time in it, and "
                                "shares are of that; record with ONEDNN_VERBOSE_TIMESTAMP=1", self->path));
    if (self->broken)
        TRY(job_note(self->job, "%s: %" PRId64 " lines can't be read and were left out (output of several threads or processes "
                                "in each other's lines?)", self->path, self->broken));
    if (self->foreign_engine)
        TRY(job_note(self->job, "%s: %" PRId64 " calls of a GPU engine: their times may be those of the submission alone",
                     self->path, self->foreign_engine));
    if (self->too_long)
        TRY(job_note(self->job, "%s: %" PRId64 " lines of over %d bytes were left out", self->path, self->too_long,
                     LONGEST_LINE));
    if (self->cut_offset >= 0)
        TRY(job_note(self->job, "%s: breaks off in its last line, at byte %" PRId64 "; what is before it is read", self->path,
                     self->cut_offset));
    if (trouble)
        TRY(job_note(self->job, "%s: what is whole was read, but %s", self->path, trouble));
    return STATUS_OK;
}

static enum status finish(struct log *self)
{
    const struct job_info info = {
        .device = "cpu", .library_versions = self->versions.length ? self->versions.text : NULL, .batch_size = -1,
        .threads = self->threads, .started_unix_ns = self->timed ? self->first_ns : -1,
    };
    if (self->calls == 0)
        return FAIL(UNSUPPORTED, "%s: no primitive was executed in this log; record with ONEDNN_VERBOSE=1 (or profile_exec)",
                    self->path);
    TRY(job_describe(self->job, &info));
    return give_notes(self);
}

static enum status read_file(struct job *job, const char *path)
{
    const struct job_info info = {.source = "onednn_verbose", .batch_size = -1, .threads = -1, .started_unix_ns = -1};
    struct log self = {
        .job = job, .path = path, .threads = -1, .first_ns = -1, .step_start_ns = -1, .step_number = -1, .cut_offset = -1,
    };
    enum status status;

    strbuf_init(&self.versions);
    strbuf_init(&self.name);
    TRY_OUT(source_open(path, &self.source));
    TRY_OUT(job_process(job, &info, -1, -1));
    TRY_OUT(job_word(job, "clprof-step", sizeof "clprof-step" - 1, &self.step_word));
    TRY_OUT(groups_init(&self.groups, job));
    TRY_OUT(read_all(&self));
    status = finish(&self);
out:
    source_close(self.source);
    strbuf_release(&self.versions);
    strbuf_release(&self.name);
    return status;
}

const struct importer importer_onednn = {
    .name = "onednn",
    .what = "oneDNN verbose log (ONEDNN_VERBOSE=1), plain or .gz",
    .sniff = sniff,
    .read = read_file,
};
