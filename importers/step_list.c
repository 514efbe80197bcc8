/* Steps of one process put in order. */
#include "importers/step_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

#define GAP_MOST 10 /* of a step's time, 1/10: Kineto's own work between two steps is far below */
#define INDEX_MOST ((int64_t)1 << 53) /* beyond, nobody counted steps */

enum status step_list_add(struct step_list *self, struct step_span step)
{
    if (step.index > INDEX_MOST)
        step.index = -1;
    ARRAY_ADD(self, step, step);
    return STATUS_OK;
}

void step_list_release(struct step_list *self)
{
    free(self->step);
    *self = (struct step_list){0};
}

static int in_time(const void *a, const void *b)
{
    const struct step_span *x = a, *y = b;

    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    if (x->end_ns != y->end_ns)
        return x->end_ns > y->end_ns ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static void drop_device_copies(struct step_list *self)
{
    int kept = 0, hosts = 0;

    for (int i = 0; i < self->step_count; i++)
        hosts += !self->step[i].on_device;
    for (int i = 0; i < self->step_count && hosts > 0; i++) {
        if (!self->step[i].on_device)
            self->step[kept++] = self->step[i];
    }
    if (hosts > 0)
        self->step_count = kept;
}

static int64_t shorter(const struct step_span *a, const struct step_span *b)
{
    int64_t x = a->end_ns - a->start_ns, y = b->end_ns - b->start_ns;
    return x < y ? x : y;
}

/* A small overlap is two clocks' rounding: the earlier step is cut. A large one is the same time told twice. */
static void drop_overlaps(struct step_list *self)
{
    int kept = 0;

    for (int i = 0; i < self->step_count; i++) {
        struct step_span *last = kept ? &self->step[kept - 1] : NULL, *step = &self->step[i];
        if (last && step->start_ns < last->end_ns) {
            int64_t end_ns = step->end_ns < last->end_ns ? step->end_ns : last->end_ns;
            if (end_ns - step->start_ns > shorter(last, step) / 2) {
                self->dropped += step->index != last->index;
                continue;
            }
            last->end_ns = step->start_ns;
        }
        self->step[kept++] = *step;
    }
    self->step_count = kept;
}

static bool follows_directly(const struct step_span *step, const struct step_span *next)
{
    return !step->mode && !next->mode && next->index == step->index + 1 &&
           next->start_ns - step->end_ns <= (step->end_ns - step->start_ns) / GAP_MOST;
}

void step_list_settle(struct step_list *self)
{
    drop_device_copies(self);
    if (self->step_count > 1)
        qsort(self->step, (size_t)self->step_count, sizeof *self->step, in_time);
    drop_overlaps(self);
    for (int i = 0; i + 1 < self->step_count; i++) {
        if (follows_directly(&self->step[i], &self->step[i + 1]))
            self->step[i].end_ns = self->step[i + 1].start_ns;
    }
    for (int i = 0; i < self->step_count; i++) {
        int64_t least = i ? self->step[i - 1].index + 1 : 0;
        if (self->step[i].index < least)
            self->step[i].index = least;
    }
}
