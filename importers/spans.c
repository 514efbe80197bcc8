/* Where a span goes: the step list, the host's sorter, or one of the device's. */
#include "importers/job_int.h"
#include "importers/tie.h"

/* No trace is longer; and sums of times stay within 64 bits. */
#define LONGEST_NS ((int64_t)1000000 * 1000000000)
#define FARTHEST_NS ((int64_t)4000000000 * 1000000000) /* 126 years from 1970 */

static bool is_possible(int64_t start_ns, int64_t dur_ns)
{
    return dur_ns >= 0 && dur_ns <= LONGEST_NS && start_ns <= FARTHEST_NS && start_ns >= -FARTHEST_NS;
}

static enum status add_step(struct job *self, const struct span *span)
{
    if (span->dur_ns == 0)
        return STATUS_OK;
    return step_list_add(&self->process->steps, (struct step_span){.start_ns = span->start_ns,
                                                               .end_ns = span->start_ns + span->dur_ns,
                                                               .index = span->sequence,
                                                               .images = -1,
                                                               .mode = self->process->mode,
                                                               .on_device = job_lane(self, span->lane)->device >= 0});
}

enum status job_undisturbed(struct job *job, int64_t index, int64_t start_ns, int64_t dur_ns, int64_t images)
{
    int32_t word;

    if (!job->process)
        return FAIL(USAGE, "a step is told before any process");
    if (dur_ns <= 0 || !is_possible(start_ns, dur_ns)) {
        job->process->beyond++;
        return STATUS_OK;
    }
    TRY(job_word(job, "undisturbed", 11, &word));
    return step_list_add(&job->process->steps, (struct step_span){.start_ns = start_ns,
                                                              .end_ns = start_ns + dur_ns,
                                                              .index = index,
                                                              .images = images,
                                                              .mode = job_text(job, word)});
}

static enum status add_host(struct job *self, const struct span *span)
{
    void *record;

    if (span->kind == SPAN_MODULE)
        TRY(job_module(self, span->name));
    TRY(sorter_add(self->process->hosts, &record));
    *(struct span *)record = *span;
    return STATUS_OK;
}

static enum status add_launch(struct job *self, const struct span *span)
{
    void *record;

    if (span->correlation < 0)
        return STATUS_OK;
    TRY(sorter_add(self->process->launches, &record));
    *(struct launch *)record = (struct launch){span->correlation, span->start_ns, span->lane, span->order};
    return STATUS_OK;
}

/* Of a CPU library's kernel the lane is a host thread: nobody launched it, it ran there. */
static enum status add_device(struct job *self, const struct span *span)
{
    bool on_host = job_lane(self, span->lane)->device < 0;
    void *record;

    if (on_host || span->correlation < 0)
        return tie_alone(self->process->tied, span, on_host ? span->lane : -1);
    TRY(sorter_add(self->process->devices, &record));
    *(struct device_span *)record = (struct device_span){span->correlation, *span};
    return STATUS_OK;
}

enum status job_span(struct job *job, const struct span *span)
{
    static enum status (*const add[SPAN_KIND_COUNT])(struct job *, const struct span *) = {
        [SPAN_OPERATOR] = add_host, [SPAN_MODULE] = add_host,   [SPAN_STEP] = add_step,     [SPAN_ANNOTATION] = add_host,
        [SPAN_LAUNCH] = add_launch, [SPAN_KERNEL] = add_device, [SPAN_MEMCPY] = add_device, [SPAN_MEMSET] = add_device,
    };

    if (!job->process || (unsigned)span->kind >= SPAN_KIND_COUNT || (unsigned)span->name >= (unsigned)job->words.text_count ||
        (unsigned)span->lane >= (unsigned)job->lanes.text_count || span->signature >= job->signatures.text_count)
        return FAIL(USAGE, "a span of kind %d with name %d, lane %d, signature %d, which the job doesn't know", span->kind,
                    span->name, span->lane, span->signature);
    if (!is_possible(span->start_ns, span->dur_ns)) {
        job->process->beyond++;
        return STATUS_OK;
    }
    return add[span->kind](job, span);
}
