/* Kineto: the JSON that torch.profiler exports, of 2021 to today. One pass over the file. */
#include "importers/kineto/kineto.h"

#include <stdio.h>

#include "importers/importer.h"
#include "importers/json/walk.h"
#include "importers/kineto/header.h"
#include "importers/kineto/spans.h"

struct kineto {
    struct job *job;
    struct spans spans;
    struct kineto_header header;
    bool begun; /* job_process was called, by us or by the caller of kineto_read_part */
};

/* Whatever is JSON and no other importer's is tried: what comes before "traceEvents" may be of any length. */
static bool sniff(const char *head, size_t length)
{
    if (length >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0)
        head += 3, length -= 3;
    const char *at = json_space(head, head + length);
    return at < head + length && (*at == '{' || *at == '[');
}

static enum status begin(struct kineto *self)
{
    struct job_info info = {.source = "kineto", .batch_size = -1, .threads = -1, .started_unix_ns = -1};
    if (self->begun)
        return STATUS_OK;
    self->begun = true;
    return job_process(self->job, &info, self->header.rank, self->header.world_size);
}

static enum status take_event(void *user, struct json_text object, bool *broken)
{
    struct kineto *self = user;
    struct event event;

    *broken = !event_read(&event, object);
    if (*broken || event.role == EVENT_NOBODYS)
        return STATUS_OK;
    TRY(begin(self));
    return spans_add(&self->spans, &event);
}

static enum status take_member(void *user, struct json_text key, struct json_text value)
{
    struct kineto *self = user;
    return kineto_header_member(&self->header, key, value);
}

/* Until 2024 the events' times were Unix time; since then they count from baseTimeNanoseconds. */
static int64_t started_unix_ns(const struct kineto *self)
{
    const int64_t year_2015 = 1420070400000000000, year_2100 = 4102444800000000000;
    int64_t started;
    bool overflow = __builtin_add_overflow(self->spans.first_ns, self->header.base_ns, &started);
    return !overflow && started > year_2015 && started < year_2100 ? started : -1;
}

static enum status describe(struct kineto *self)
{
    const char *seen = self->spans.device >= 0 ? "cuda" : "cpu";
    struct job_info info = {
        .device = self->spans.kind ? self->spans.kind : seen,
        .device_name = kineto_header_device(&self->header, self->spans.device),
        .library_versions = self->header.versions.length ? self->header.versions.text : NULL,
        .batch_size = -1,
        .threads = -1,
        .started_unix_ns = started_unix_ns(self),
    };
    TRY(job_describe(self->job, &info));
    return job_rank(self->job, self->header.rank, self->header.world_size); /* told behind the events by some */
}

static enum status write_notes(struct kineto *self, const char *path, const struct json_outcome *outcome)
{
    struct strbuf line;
    enum status status = STATUS_OK;

    strbuf_init(&line);
    for (int which = 0; which < 2; which++) {
        strbuf_clear(&line);
        if (json_outcome_note(outcome, which, &line))
            TRY_OUT(job_note(self->job, "%s: %s", path, line.text));
    }
    if (self->spans.untimed)
        TRY_OUT(job_note(self->job, "%s: %lld events without a valid time were left out", path,
                         (long long)self->spans.untimed));
out:
    strbuf_release(&line);
    return status;
}

static enum status check(const struct kineto *self, const char *path, const struct json_outcome *outcome)
{
    char end[64] = "";
    if (self->spans.count)
        return STATUS_OK;
    if (outcome->end_offset >= 0)
        snprintf(end, sizeof end, "; it breaks off at byte %lld", (long long)outcome->end_offset);
    if (!outcome->array_seen)
        return FAIL(CORRUPT, "%s: it has no \"traceEvents\"%s; is it a trace of torch.profiler (export_chrome_trace)?", path, end);
    return FAIL(CORRUPT, "%s: no operator or kernel is among its %lld events%s; was the profiled window empty?", path,
                (long long)outcome->elements, end);
}

/* base_ns: NULL when the file is a process of its own, else it is a part of one and this gets what its times count from. */
static enum status read_events(struct job *job, const char *path, int64_t *base_ns)
{
    struct kineto self = {.job = job, .begun = base_ns != NULL};
    struct json_walk walk = {.array = "traceEvents", .user = &self, .element = take_event, .member = take_member};
    struct json_outcome outcome;
    enum status status;

    kineto_header_init(&self.header);
    TRY_OUT(spans_init(&self.spans, job));
    TRY_OUT(json_walk_file(path, &walk, &outcome));
    TRY_OUT(check(&self, path, &outcome));
    if (base_ns)
        *base_ns = self.header.base_ns;
    else
        TRY_OUT(describe(&self));
    TRY_OUT(write_notes(&self, path, &outcome));
out:
    spans_release(&self.spans);
    kineto_header_release(&self.header);
    return status;
}

static enum status read_file(struct job *job, const char *path)
{
    return read_events(job, path, NULL);
}

enum status kineto_read_part(struct job *job, const char *path, int64_t *base_ns)
{
    return read_events(job, path, base_ns);
}

const struct importer importer_kineto = {
    .name = "kineto",
    .what = "PyTorch profiler (Kineto) JSON, plain or .gz",
    .sniff = sniff,
    .read = read_file,
};
