/*
 * One process in order of time. Host spans and tied device spans come from two sorters; open spans stand on stacks, one per
 * thread and kind, so that an annotation that only partly overlaps operators breaks no nesting. Steps cut the time line
 * into chunks; every thread's operators belong to the step in whose time they begin.
 */
#include <stdlib.h>

#include "base/array.h"
#include "importers/chunk_int.h"
#include "importers/job_int.h"

#define TWINS_MOST 64 /* spans that begin in the same nanosecond and are looked at for one told twice */

/* An open span. */
struct open_span {
    int64_t start_ns, end_ns;     /* the end as it was cut */
    int64_t told_end_ns, sequence, record_id;
    int32_t name;
    int value; /* node, module, or word of an annotation */
};

struct stack {
    struct open_span *span;
    int span_count, span_room;
};

struct thread {
    struct stack operators, modules, annotations;
    int64_t chunk; /* that the numbers of nodes on `operators` are of */
};

struct sweep {
    struct job *job;
    struct process *process;
    struct chunk chunk;
    struct thread *thread; /* by lane */
    int threads;
    int next_step;             /* of process->steps */
    const struct step_span *step; /* at hand; NULL outside */
    int64_t chunks;            /* begun */
    int64_t open_until_ns;     /* until when an operator of the chunk is open */
    struct span last_device;   /* to drop what is told twice */
    bool some_device;
};

static struct open_span *top(struct stack *stack)
{
    return stack->span_count ? &stack->span[stack->span_count - 1] : NULL;
}

/* Takes off what has ended. */
static void settle(struct stack *stack, int64_t now_ns)
{
    while (stack->span_count > 0 && stack->span[stack->span_count - 1].end_ns <= now_ns)
        stack->span_count--;
}

static int value_at(struct stack *stack, int64_t now_ns)
{
    settle(stack, now_ns);
    return stack->span_count ? top(stack)->value : -1;
}

static enum status push(struct stack *stack, const struct span *span, int64_t end_ns, int value)
{
    ARRAY_ADD(stack, span, (struct open_span){span->start_ns, end_ns, span->start_ns + span->dur_ns, span->sequence,
                                              span->record_id, span->name, value});
    return STATUS_OK;
}

/*
 * The span lies inside of one open one or only overlaps it, where clocks round. It is a child when more of it is inside than
 * outside; then it ends with its parent. Else the open one is over. Returns the span's end.
 */
static int64_t fit(struct stack *stack, const struct span *span)
{
    const int64_t end_ns = span->start_ns + span->dur_ns;

    settle(stack, span->start_ns);
    for (; stack->span_count > 0; stack->span_count--) {
        const struct open_span *open = top(stack);
        if (end_ns <= open->end_ns)
            return end_ns;
        if (open->end_ns - span->start_ns >= end_ns - open->end_ns)
            return open->end_ns;
    }
    return end_ns;
}

/* The same event again, as joined or damaged files have it. Zero-length ones are told apart by their numbers alone. */
static bool told_before(const struct stack *stack, const struct span *span)
{
    for (int i = stack->span_count - 1; i >= 0 && i >= stack->span_count - TWINS_MOST; i--) {
        const struct open_span *open = &stack->span[i];
        if (open->start_ns != span->start_ns)
            break;
        if (open->told_end_ns == span->start_ns + span->dur_ns && open->name == span->name &&
            open->sequence == span->sequence && open->record_id == span->record_id)
            return true;
    }
    return false;
}

static enum status begin_chunk(struct sweep *self, const struct step_span *step)
{
    TRY(chunk_work(&self->chunk));
    chunk_begin(&self->chunk, step);
    self->step = step;
    self->chunks++;
    self->open_until_ns = INT64_MIN;
    return STATUS_OK;
}

/* The thread's open operators; of an older chunk they are forgotten, since numbers of nodes begin anew. */
static struct stack *operators_of(struct sweep *self, int32_t lane)
{
    struct thread *thread = &self->thread[lane];

    if (thread->chunk != self->chunks)
        thread->operators.span_count = 0;
    thread->chunk = self->chunks;
    return &thread->operators;
}

/* Steps that end or begin up to now. */
static enum status reach(struct sweep *self, int64_t now_ns)
{
    const struct step_list *steps = &self->process->steps;

    for (;;) {
        const struct step_span *next = self->next_step < steps->step_count ? &steps->step[self->next_step] : NULL;
        if (self->step && self->step->end_ns <= now_ns && !(next && next->start_ns == self->step->end_ns))
            TRY(begin_chunk(self, NULL));
        if (!next || next->start_ns > now_ns)
            return STATUS_OK;
        self->next_step++;
        TRY(begin_chunk(self, next));
    }
}

/* Chunks outside of steps end where no operator is open, if there is such a place before they are twice as long. */
static enum status cut_long_chunk(struct sweep *self, int64_t now_ns)
{
    int size = self->chunk.nodes_count > self->chunk.kernels_count ? self->chunk.nodes_count : self->chunk.kernels_count;

    if (self->step || size < CHUNK_NODES || (now_ns < self->open_until_ns && size < 2 * CHUNK_NODES))
        return STATUS_OK;
    return begin_chunk(self, NULL);
}

static enum status meet_operator(struct sweep *self, struct thread *thread, const struct span *span)
{
    struct node node = {0};
    struct stack *operators;
    int64_t end_ns;

    TRY(cut_long_chunk(self, span->start_ns));
    operators = operators_of(self, span->lane);
    if (told_before(operators, span))
        return STATUS_OK;
    end_ns = fit(operators, span);
    if (self->step && end_ns > self->step->end_ns) {
        end_ns = self->step->end_ns;
        self->process->cut++;
    }
    self->open_until_ns = end_ns > self->open_until_ns ? end_ns : self->open_until_ns;
    node.dur_ns = end_ns - span->start_ns;
    node.parent = value_at(operators, span->start_ns);
    node.module = value_at(&thread->modules, span->start_ns);
    node.annotation = value_at(&thread->annotations, span->start_ns);
    TRY(chunk_add_node(&self->chunk, span, node));
    return push(operators, span, end_ns, self->chunk.nodes_count - 1);
}

static enum status meet_module(struct sweep *self, struct thread *thread, const struct span *span)
{
    const int module = self->job->module_of_word[span->name] - 1;
    const int64_t end_ns = fit(&thread->modules, span);

    if (self->job->modules[module].parent == MODULE_UNSEEN)
        self->job->modules[module].parent = value_at(&thread->modules, span->start_ns);
    return push(&thread->modules, span, end_ns, module);
}

static enum status meet_annotation(struct sweep *self, struct thread *thread, const struct span *span)
{
    (void)self;
    return push(&thread->annotations, span, fit(&thread->annotations, span), span->name);
}

static enum status meet_host(struct sweep *self, const struct span *span)
{
    static enum status (*const meet[SPAN_KIND_COUNT])(struct sweep *, struct thread *, const struct span *) = {
        [SPAN_OPERATOR] = meet_operator, [SPAN_MODULE] = meet_module, [SPAN_ANNOTATION] = meet_annotation};

    TRY(reach(self, span->start_ns));
    return meet[span->kind](self, &self->thread[span->lane], span);
}

/* The innermost open span that lasts until then; no child ends later than its parent. -1 = none. */
static int innermost_until(const struct stack *stack, int64_t end_ns)
{
    int low = 0, high = stack->span_count;

    while (low < high) {
        int middle = low + (high - low) / 2;
        if (stack->span[middle].end_ns >= end_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? stack->span[low - 1].value : -1;
}

/* The innermost operator around the launch; around the whole of a kernel that ran on the thread itself. */
static int node_of(struct sweep *self, const struct tied_span *tied)
{
    struct stack *operators;

    if (tied->launch_lane < 0)
        return -1;
    operators = operators_of(self, tied->launch_lane);
    if (tied->launch_lane != tied->span.lane)
        return value_at(operators, tied->place_ns);
    settle(operators, tied->place_ns);
    return innermost_until(operators, tied->span.start_ns + tied->span.dur_ns);
}

static bool same_device_span(const struct span *a, const struct span *b)
{
    return a->start_ns == b->start_ns && a->dur_ns == b->dur_ns && a->correlation == b->correlation && a->kind == b->kind &&
           a->name == b->name && a->lane == b->lane && (a->dur_ns > 0 || a->correlation >= 0);
}

static enum status meet_device(struct sweep *self, const struct tied_span *tied)
{
    if (self->some_device && same_device_span(&self->last_device, &tied->span))
        return STATUS_OK;
    self->last_device = tied->span;
    self->some_device = true;
    TRY(reach(self, tied->place_ns));
    TRY(cut_long_chunk(self, tied->place_ns));
    return chunk_add_kernel(&self->chunk, tied, node_of(self, tied));
}

/* The earlier of the two first; a host span before what it launched in the same nanosecond. */
static enum status run(struct sweep *self)
{
    const void *host, *device;

    TRY(sorter_next(self->process->hosts, &host));
    TRY(sorter_next(self->process->tied, &device));
    while (host || device) {
        if (host && (!device || ((const struct span *)host)->start_ns <= ((const struct tied_span *)device)->place_ns)) {
            TRY(meet_host(self, host));
            TRY(sorter_next(self->process->hosts, &host));
        } else {
            TRY(meet_device(self, device));
            TRY(sorter_next(self->process->tied, &device));
        }
    }
    TRY(reach(self, INT64_MAX));
    return chunk_work(&self->chunk);
}

/* Frees what has served before the next takes memory. */
static enum status sort_and_tie(struct process *process)
{
    TRY(sorter_sort(process->launches));
    TRY(sorter_sort(process->devices));
    TRY(tie_spans(process->launches, process->devices, process->tied));
    sorter_destroy(process->launches);
    sorter_destroy(process->devices);
    process->launches = process->devices = NULL;
    TRY(sorter_sort(process->tied));
    return sorter_sort(process->hosts);
}

enum status sweep_process(struct job *job)
{
    struct sweep self = {.job = job, .process = job->process, .threads = job->lanes.text_count, .open_until_ns = INT64_MIN};
    enum status status;

    self.chunk.job = job;
    self.chunk.process = job->process->number;
    chunk_begin(&self.chunk, NULL);
    TRY_OUT(array_make(&self.thread, self.threads, sizeof *self.thread));
    TRY_OUT(sort_and_tie(job->process));
    step_list_settle(&job->process->steps);
    status = run(&self);
out:
    for (int i = 0; self.thread && i < self.threads; i++) {
        free(self.thread[i].operators.span);
        free(self.thread[i].modules.span);
        free(self.thread[i].annotations.span);
    }
    free(self.thread);
    chunk_release(&self.chunk);
    return status;
}
