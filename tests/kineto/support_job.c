/* The functions of importers/job.h, taking down. */
#include "kineto/support_job.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

void taken_release(struct job *job)
{
    for (int i = 0; i < job->signature_count; i++)
        free((char *)job->signature[i].signature.arguments);
    for (int i = 0; i < job->told_count; i++)
        free((char *)job->told[i].signature.arguments);
    free(job->span);
    free(job->signature);
    free(job->told);
    intern_release(&job->words);
    intern_release(&job->lanes);
    intern_release(&job->notes);
    *job = (struct job){0};
}

static void copy_text(char *out, size_t room, const char *text)
{
    if (text)
        snprintf(out, room, "%s", text);
}

enum status job_process(struct job *job, const struct job_info *info, int64_t rank, int64_t world_size)
{
    job->processes++;
    job->rank = rank;
    job->world_size = world_size;
    return job_describe(job, info);
}

enum status job_rank(struct job *job, int64_t rank, int64_t world_size)
{
    job->rank = rank;
    job->world_size = world_size;
    return STATUS_OK;
}

enum status job_describe(struct job *job, const struct job_info *info)
{
    copy_text(job->device, sizeof job->device, info->device);
    copy_text(job->device_name, sizeof job->device_name, info->device_name);
    copy_text(job->versions, sizeof job->versions, info->library_versions);
    job->started_unix_ns = info->started_unix_ns;
    return STATUS_OK;
}

enum status job_word(struct job *job, const char *bytes, size_t length, int32_t *word)
{
    char *text = strndup(bytes, length);
    enum status status = intern_add(&job->words, text, word);
    free(text);
    return status;
}

static enum status lane_named(struct job *job, int32_t *lane, const char *kind, int64_t group, int64_t member)
{
    char name[80];
    snprintf(name, sizeof name, "%s %lld/%lld", kind, (long long)group, (long long)member);
    return intern_add(&job->lanes, name, lane);
}

enum status job_thread(struct job *job, int64_t process_id, int64_t thread_id, int32_t *lane)
{
    return lane_named(job, lane, "thread", process_id, thread_id);
}

enum status job_stream(struct job *job, const char *kind, int64_t device, int64_t stream, int32_t *lane)
{
    return lane_named(job, lane, kind, device, stream);
}

static void take(struct taken_signature *taken, const struct signature *signature)
{
    memcpy(taken->tensor, signature->tensor, (size_t)signature->tensors * sizeof *signature->tensor);
    taken->signature = *signature;
    taken->signature.tensor = NULL;
    taken->signature.arguments = signature->arguments ? strdup(signature->arguments) : NULL;
}

enum status job_signature(struct job *job, const struct signature *signature, int32_t *number)
{
    TRY(array_room(&job->signature, &job->signature_room, job->signature_count, sizeof *job->signature));
    *number = job->signature_count;
    take(&job->signature[job->signature_count++], signature);
    return STATUS_OK;
}

enum status job_tensors(struct job *job, int64_t record_id, const struct signature *signature,
                        const struct tensor_identity *identity)
{
    TRY(array_room(&job->told, &job->told_room, job->told_count, sizeof *job->told));
    struct taken_signature *taken = &job->told[job->told_count++];
    take(taken, signature);
    memcpy(taken->identity, identity, (size_t)signature->tensors * sizeof *identity);
    taken->record_id = record_id;
    return STATUS_OK;
}

enum status job_span(struct job *job, const struct span *span)
{
    TRY(array_room(&job->span, &job->span_room, job->span_count, sizeof *span));
    job->span[job->span_count++] = *span;
    return STATUS_OK;
}

enum status job_note(struct job *job, const char *format, ...)
{
    char text[1024];
    int number;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return intern_add(&job->notes, text, &number);
}

const char *taken_name(const struct job *job, int i)
{
    return i < job->span_count ? intern_text(&job->words, job->span[i].name) : "";
}

const char *taken_lane(const struct job *job, int i)
{
    return i < job->span_count ? intern_text(&job->lanes, job->span[i].lane) : "";
}

int taken_count(const struct job *job, enum span_kind kind)
{
    int count = 0;
    for (int i = 0; i < job->span_count; i++)
        count += job->span[i].kind == (int32_t)kind;
    return count;
}

const struct span *taken_span(const struct job *job, enum span_kind kind, int number)
{
    for (int i = 0; i < job->span_count; i++) {
        if (job->span[i].kind == (int32_t)kind && number-- == 0)
            return &job->span[i];
    }
    return NULL;
}

const struct span *taken_named(const struct job *job, const char *name)
{
    for (int i = 0; i < job->span_count; i++) {
        if (strcmp(taken_name(job, i), name) == 0)
            return &job->span[i];
    }
    return NULL;
}

const char *taken_text(const struct taken_signature *taken)
{
    static char text[4096];
    size_t used = 0;
    text[0] = 0;
    for (int i = 0; i < taken->signature.tensors; i++) {
        const struct tensor_use *use = &taken->tensor[i];
        const struct tensor_kind *kind = &use->kind;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%d:%s%s", used ? " " : "", use->position,
                                 use->out ? "->" : "", kind->dtype ? kind->dtype : "?");
        for (int d = 0; d < kind->dims; d++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%c%lld", d ? ',' : '[', (long long)kind->size[d]);
        used += (size_t)snprintf(text + used, sizeof text - used, kind->dims < 0 ? "[?]" : kind->dims ? "]" : "[]");
        for (int d = 0; kind->has_strides && d < kind->dims; d++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%c%lld", d ? ',' : '/', (long long)kind->stride[d]);
    }
    return text;
}
