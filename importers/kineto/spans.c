/* Interprets the fields of those events that matter. Names and signatures repeat: their bytes are understood once. */
#include "importers/kineto/spans.h"

#include <limits.h>

#include "importers/module_name.h"

/* What a name says beside being one. */
enum name_class { NAME_PLAIN, NAME_STEP, NAME_MODULE, NAME_RANGE };

struct name_row {
    const char *prefix;
    enum name_class class_;
    bool cut; /* the prefix is no part of the name */
};

/*
 * Ranges are those that PyTorch opens itself: until 2022 they were operators to Kineto. Sources: torch/profiler/profiler.py,
 * torch/optim/optimizer.py, torch/utils/data/dataloader.py, torch/nn/parallel/distributed.py, torch/distributed/fsdp.
 */
static const struct name_row name_rows[] = {
    {"ProfilerStep#", NAME_STEP, false},
    {MODULE_RANGE_PREFIX, NAME_MODULE, true},
    {EVENT_MODULE_PREFIX, NAME_MODULE, true},
    {"Optimizer.", NAME_RANGE, false},
    {"enumerate(DataLoader)#", NAME_RANGE, false},
    {"DistributedDataParallel.", NAME_RANGE, false},
    {"FullyShardedDataParallel.", NAME_RANGE, false},
};

static const enum span_kind kind_of_role[] = {
    [EVENT_OPERATOR] = SPAN_OPERATOR, [EVENT_ANNOTATION] = SPAN_ANNOTATION, [EVENT_PYTHON] = SPAN_MODULE,
    [EVENT_LAUNCH] = SPAN_LAUNCH,     [EVENT_KERNEL] = SPAN_KERNEL,         [EVENT_MEMCPY] = SPAN_MEMCPY,
    [EVENT_MEMSET] = SPAN_MEMSET,
};

enum status spans_init(struct spans *self, struct job *job)
{
    *self = (struct spans){.job = job, .first_ns = INT64_MAX, .device = -1};
    strbuf_init(&self->text);
    kineto_signature_init(&self->signature);
    TRY(memo_create(&self->names));
    return memo_create(&self->signatures);
}

void spans_release(struct spans *self)
{
    memo_release(&self->names);
    memo_release(&self->signatures);
    kineto_signature_release(&self->signature);
    strbuf_release(&self->text);
}

static struct memo_key key_of(struct json_text text)
{
    return text.at ? (struct memo_key){text.at, json_length(text)} : (struct memo_key){"", 0};
}

static const struct name_row *name_row(const char *name)
{
    for (size_t i = 0; i < sizeof name_rows / sizeof *name_rows; i++) {
        if (strncmp(name, name_rows[i].prefix, strlen(name_rows[i].prefix)) == 0)
            return &name_rows[i];
    }
    return NULL;
}

/* The word of a name and its class. */
static enum status find_name(struct spans *self, struct json_text value, int32_t *word, enum name_class *class_)
{
    struct memo_key key = key_of(value);
    int64_t known;

    if (!memo_find(&self->names, &key, 1, &known)) {
        strbuf_clear(&self->text);
        if (value.at)
            json_unescape(value, &self->text);
        const struct name_row *row = name_row(self->text.text);
        size_t cut = row && row->cut ? strlen(row->prefix) : 0;
        TRY(job_word(self->job, self->text.text + cut, self->text.length - cut, word));
        known = (int64_t)(row ? row->class_ : NAME_PLAIN) << 32 | *word;
        memo_add(&self->names, &key, 1, known);
    }
    *word = (int32_t)(known & 0x7fffffff);
    *class_ = (enum name_class)(known >> 32);
    return STATUS_OK;
}

/* The number in "ProfilerStep#12"; -1 when there is none. */
static int64_t step_index(struct json_text name)
{
    struct json_text text = json_bare(name);
    const char *hash = memchr(text.at, '#', json_length(text));
    int64_t index = -1;
    if (!hash || !json_integer((struct json_text){hash + 1, text.end}, &index))
        return -1;
    return index;
}

static int64_t integer(const struct event *event, enum event_field field, int64_t otherwise)
{
    int64_t value = otherwise;
    if (event->field[field].at)
        json_integer(event->field[field], &value);
    return value;
}

/* A number for the id of a process or thread: itself, the number in it ("stream 7"), or one made of its text. */
static int64_t identity(struct json_text value)
{
    int64_t number = 0;
    if (!value.at || json_integer(value, &number))
        return number;
    struct json_text text = json_bare(value);
    const char *digit = text.at;
    while (digit < text.end && (*digit < '0' || *digit > '9'))
        digit++;
    const char *last = digit;
    while (last < text.end && *last >= '0' && *last <= '9')
        last++;
    if (digit < last && json_integer((struct json_text){digit, last}, &number))
        return number;
    uint64_t hash = 14695981039346656037ull; /* FNV-1a */
    for (const char *c = text.at; c < text.end; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211ull;
    return (int64_t)(hash >> 2);
}

static enum status find_lane(struct spans *self, bool device, int64_t group, int64_t member, int32_t *lane)
{
    struct spans_lane *known = &self->lane[((uint64_t)group * 31 + (uint64_t)member + device) % SPANS_LANES];

    if (!known->used || known->device != device || known->group != group || known->member != member) {
        struct spans_lane fresh = {.group = group, .member = member, .device = device, .used = true};
        TRY(device ? job_stream(self->job, self->kind ? self->kind : "cuda", group, member, &fresh.lane)
                   : job_thread(self->job, group, member, &fresh.lane));
        *known = fresh;
    }
    *lane = known->lane;
    return STATUS_OK;
}

/* False for what is no time: a profiler's -1, NaN, 0 on a device (records that were lost), an end beyond int64. */
static bool read_times(const struct event *event, bool device, struct span *span)
{
    int64_t last;
    return json_microseconds(event->field[FIELD_TS], &span->start_ns) &&
           json_microseconds(event->field[FIELD_DUR], &span->dur_ns) && span->dur_ns >= 0 &&
           !(device && span->start_ns == 0) && !__builtin_add_overflow(span->start_ns, span->dur_ns, &last);
}

static enum status read_signature(struct spans *self, const struct event *event, int32_t *number)
{
    const struct json_text *field = event->field;
    struct memo_key key[] = {key_of(field[FIELD_DIMS]), key_of(field[FIELD_STRIDES]), key_of(field[FIELD_TYPES]),
                             key_of(field[FIELD_CONCRETE])};
    int64_t known;

    if (!field[FIELD_DIMS].at)
        return STATUS_OK;
    if (!memo_find(&self->signatures, key, 4, &known)) {
        kineto_signature_read(&self->signature, event);
        TRY(job_signature(self->job, &self->signature.signature, number));
        known = *number;
        memo_add(&self->signatures, key, 4, known);
    }
    *number = (int32_t)known;
    return STATUS_OK;
}

static enum status read_operator(struct spans *self, const struct event *event, struct span *span)
{
    /* Until 2023 the record function's id was told as "External id" alone; since then that one is Kineto's own. */
    enum event_field told = event->field[FIELD_RECORD].at ? FIELD_RECORD : FIELD_EXTERNAL;
    int64_t record = integer(event, told, -1), thread = integer(event, FIELD_FORWARD_THREAD, -1);

    span->record_id = record > 0 ? record : -1; /* 0: none was recorded */
    span->sequence = integer(event, FIELD_SEQUENCE, -1);
    /* Forward operators carry 0. */
    span->forward_thread = thread > 0 && thread <= INT_MAX ? (int32_t)thread : -1;
    return read_signature(self, event, &span->signature);
}

static enum status read_host(struct spans *self, const struct event *event, enum name_class class_, struct span *span)
{
    TRY(find_lane(self, false, identity(event->field[FIELD_PID]), identity(event->field[FIELD_TID]), &span->lane));
    if (event->role == EVENT_LAUNCH) {
        int64_t correlation = integer(event, FIELD_CORRELATION, -1);
        span->correlation = correlation > 0 ? correlation : -1;
        self->kind = event->device;
        return STATUS_OK;
    }
    if (class_ == NAME_STEP) {
        span->kind = SPAN_STEP;
        span->sequence = step_index(event->field[FIELD_NAME]);
    } else if (class_ == NAME_MODULE) {
        span->kind = SPAN_MODULE;
    } else if (class_ == NAME_RANGE) {
        span->kind = SPAN_ANNOTATION;
    }
    return span->kind == SPAN_OPERATOR ? read_operator(self, event, span) : STATUS_OK;
}

static enum status read_device(struct spans *self, const struct event *event, struct span *span)
{
    int64_t correlation = integer(event, FIELD_CORRELATION, -1), device = integer(event, FIELD_DEVICE, -1);
    int64_t stream = integer(event, FIELD_STREAM, -1);

    span->correlation = correlation > 0 ? correlation : -1;
    if (event->role != EVENT_KERNEL)
        span->bytes = integer(event, FIELD_BYTES, -1);
    device = device >= 0 ? device : identity(event->field[FIELD_PID]);
    stream = stream >= 0 ? stream : identity(event->field[FIELD_TID]);
    if (self->device < 0)
        self->device = device;
    return find_lane(self, true, device, stream, &span->lane);
}

enum status spans_add(struct spans *self, const struct event *event)
{
    bool device = event->role == EVENT_KERNEL || event->role == EVENT_MEMCPY || event->role == EVENT_MEMSET;
    struct span span = {.correlation = -1, .sequence = -1, .record_id = -1, .bytes = -1, .kind = kind_of_role[event->role],
                        .signature = -1, .forward_thread = -1, .order = self->order};
    enum name_class class_;

    if (!read_times(event, device, &span)) {
        self->untimed++;
        return STATUS_OK;
    }
    TRY(find_name(self, event->field[FIELD_NAME], &span.name, &class_));
    TRY(device ? read_device(self, event, &span) : read_host(self, event, class_, &span));
    self->order += self->order < INT_MAX;
    self->count++;
    self->first_ns = span.start_ns < self->first_ns ? span.start_ns : self->first_ns;
    return job_span(self->job, &span);
}
