/* NVTX ranges: first which of them are steps, then all of them as spans. */
#include "importers/nsys/range.h"
#include "importers/nsys/reader.h"

#include <stdio.h>

enum { START, END, TYPE, TEXT, TEXT_ID, THREAD, END_THREAD };

const struct nsys_table nsys_ranges = {
    "NVTX_EVENTS", 3, {"start", "end", "eventType", "text", "textId", "globalTid", "endGlobalTid"}, "globalTid",
};

/* NvtxPushPopRange, NvtxStartEndRange, and the same two from NVTXT files: the same numbers in all exports so far. */
static bool is_range(int64_t type)
{
    return type == 59 || type == 60 || type == 70 || type == 71;
}

/* Text and thread of a range that has both ends on one thread. *text is NULL for all else. */
static enum status range_text(struct reader *self, sqlite3_stmt *rows, const char **text, int *length)
{
    int64_t begun = nsys_number(rows, THREAD), ended = nsys_number(rows, END_THREAD);
    *text = NULL;
    /* 0 stands for none in exports whose columns may not be NULL. */
    if (!is_range(nsys_number(rows, TYPE)) || (ended > 0 && ended != begun))
        return STATUS_OK;
    *text = nsys_text(rows, TEXT, length);
    if (!*text && sqlite3_column_type(rows, TEXT_ID) != SQLITE_NULL)
        return nsys_string(&self->db, nsys_number(rows, TEXT_ID), text, length);
    return STATUS_OK;
}

static enum status read_candidate(struct reader *self, sqlite3_stmt *rows)
{
    const char *text;
    int length;
    struct range range;
    if (sqlite3_column_type(rows, END) == SQLITE_NULL || nsys_number(rows, START) < 0)
        return STATUS_OK;
    TRY(range_text(self, rows, &text, &length));
    if (!text)
        return STATUS_OK;
    range_parse(text, length, &range);
    if (range.kind == SPAN_OPERATOR)
        return STATUS_OK;
    return steps_add(&self->steps, range.name, range.name_length, nsys_number(rows, START), nsys_number(rows, END),
                     nsys_number(rows, THREAD));
}

static enum status give_operator(struct reader *self, const struct range *range, struct span *span)
{
    struct tensor_use tensor[SIGNATURE_TENSORS];
    struct signature signature;
    self->operators++;
    span->sequence = range->sequence;
    if (range->sizes && range_sizes(range->sizes, range->sizes_length, tensor, &signature) && signature.tensors)
        TRY(job_signature(self->job, &signature, &span->signature));
    return STATUS_OK;
}

static enum status range_word(struct reader *self, const struct range *range, int32_t *word)
{
    char name[128];
    if (!*range->prefix || range->name_length > 100)
        return job_word(self->job, range->name, (size_t)range->name_length, word);
    int length = snprintf(name, sizeof name, "%s%.*s", range->prefix, range->name_length, range->name);
    return job_word(self->job, name, (size_t)length, word);
}

static enum status read_range(struct reader *self, sqlite3_stmt *rows)
{
    const char *text;
    int length;
    bool good;
    struct span span;
    struct range range;

    TRY(range_text(self, rows, &text, &length));
    if (!text)
        return STATUS_OK;
    if (sqlite3_column_type(rows, END) == SQLITE_NULL) {
        self->open_ranges++;
        return STATUS_OK;
    }
    TRY(reader_begin(self, rows, SPAN_ANNOTATION, &span, &good));
    if (!good)
        return STATUS_OK;
    range_parse(text, length, &range);
    span.kind = (int32_t)range.kind;
    const struct step_range *step =
        steps_find(&self->steps, span.start_ns, span.start_ns + span.dur_ns, nsys_number(rows, THREAD));
    if (range.kind == SPAN_OPERATOR) {
        TRY(give_operator(self, &range, &span));
    } else if (step) {
        span.kind = SPAN_STEP;
        span.sequence = step->number;
    }
    TRY(range_word(self, &range, &span.name));
    TRY(reader_thread(self, nsys_number(rows, THREAD), &span.lane));
    return job_span(self->job, &span);
}

enum status reader_ranges(struct reader *self)
{
    steps_release(&self->steps);
    TRY(reader_table(self, &nsys_ranges, read_candidate));
    steps_choose(&self->steps);
    return reader_table(self, &nsys_ranges, read_range);
}
