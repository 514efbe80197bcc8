/* Pass: round trips of a step, each with its path, culprits and carriers. */
#include <stdlib.h>

#include "analysis/analysis_int.h"
#include "analysis/search.h"

struct finder {
    struct analysis *analysis;
    struct search search;
    int *path, *culprits; /* operators; of the round trip at hand */
    int path_count, culprits_count;
    bool *used; /* by conversion: in a round trip */
};

static const struct step_conversion *conversion_of(const struct finder *self, int number)
{
    return &self->analysis->step.conversions[number];
}

static void take_path(struct finder *self)
{
    for (int i = 0; i < self->search.path_count; i++)
        self->path[i] = self->search.path[i];
    self->path_count = self->search.path_count;
}

/* Operators of the path that lack channels_last, and the model's own copy that begins it. */
static void find_culprits_on_path(struct finder *self, int opening)
{
    bool explicit_copy = opening >= 0 && conversion_of(self, opening)->cause == CAUSE_EXPLICIT;
    self->culprits_count = 0;
    for (int i = 0; i < self->path_count; i++) {
        bool copies = explicit_copy && self->path[i] == conversion_of(self, opening)->op;
        if (copies || self->analysis->flow.breaks[self->path[i]])
            self->culprits[self->culprits_count++] = self->path[i];
    }
}

/* Puts the operators before a carrier that opened a round trip in front of its path: they made its other operand. */
static void prepend_path(struct finder *self)
{
    int room = self->analysis->step.ops_count, more = self->search.path_count;
    if (self->path_count + more > room)
        more = room - self->path_count;
    for (int i = self->path_count - 1; i >= 0; i--)
        self->path[i + more] = self->path[i];
    for (int i = 0; i < more; i++)
        self->path[i] = self->search.path[i];
    self->path_count += more;
}

static bool is_backward(const struct finder *self, int op)
{
    return self->analysis->step.ops[op].phase == PHASE_BACKWARD;
}

/* In the backward pass: because of another tensor, which was born contiguous, or of which nobody knows who lost it. */
static bool is_lost_elsewhere(const struct finder *self, int opening)
{
    const struct step_conversion *c = opening < 0 ? NULL : conversion_of(self, opening);
    return c && c->cause != CAUSE_EXPLICIT && is_backward(self, c->op) && flow_reads_out(&self->analysis->flow, c->op);
}

/*
 * A carrier converts because its other operand is out of channels_last already: whoever did that is the culprit. Only
 * where nobody did is it the operator that holds the opening: in the forward pass, which the model's author wrote, also
 * where the other operand was born contiguous (NCHW + NHWC).
 */
static void find_culprits(struct finder *self, int opening, int silent)
{
    int at = opening; /* goes back from carrier to carrier */

    find_culprits_on_path(self, opening);
    while (self->culprits_count == 0 && at >= 0 && conversion_of(self, at)->cause != CAUSE_EXPLICIT) {
        int op = conversion_of(self, at)->op;
        int found = search_origin_of_inputs(&self->search, op, self->analysis->flow.conversion[at].source);
        prepend_path(self);
        find_culprits_on_path(self, found);
        if (found < 0 || conversion_of(self, found)->op >= op) {
            if (self->culprits_count == 0 && self->search.silent >= 0)
                self->culprits[self->culprits_count++] = self->search.silent;
            break;
        }
        at = found;
    }
    if (self->culprits_count == 0 && !is_lost_elsewhere(self, at))
        self->culprits[self->culprits_count++] = at >= 0 ? conversion_of(self, at)->op : silent;
}

static bool is_culprit(const struct finder *self, int op)
{
    for (int i = 0; i < self->culprits_count; i++) {
        if (self->culprits[i] == op)
            return true;
    }
    return false;
}

static enum status add_member(struct pattern *pattern, struct trip *trip, int op, enum member_role role)
{
    ARRAY_ADD(pattern, members, (struct trip_member){op, role});
    trip->members++;
    return STATUS_OK;
}

static bool is_on_path(const struct finder *self, int op)
{
    for (int i = 0; i < self->path_count; i++) {
        if (self->path[i] == op)
            return true;
    }
    return false;
}

static enum status add_trip(struct finder *self, enum trip_kind kind, int opening, int closing)
{
    struct pattern *pattern = self->analysis->pattern;
    struct trip trip = {.kind = kind, .opening = opening, .closing = closing, .first_member = pattern->members_count};
    int consumer = conversion_of(self, closing)->op;

    for (int i = 0; i < self->culprits_count; i++) {
        if (!is_on_path(self, self->culprits[i]))
            TRY(add_member(pattern, &trip, self->culprits[i], MEMBER_CULPRIT));
    }
    for (int i = 0; i < self->path_count; i++)
        TRY(add_member(pattern, &trip, self->path[i],
                       is_culprit(self, self->path[i]) ? MEMBER_CULPRIT : MEMBER_CARRIER));
    if (!is_on_path(self, consumer))
        TRY(add_member(pattern, &trip, consumer, MEMBER_CONSUMER));
    TRY(ledger_set(self->analysis, self->culprits, self->culprits_count, &trip.set));
    if (opening >= 0)
        self->used[opening] = true;
    self->used[closing] = true;
    ARRAY_ADD(pattern, trips, trip);
    return STATUS_OK;
}

static enum trip_kind kind_of(const struct finder *self, int closing)
{
    int op = conversion_of(self, closing)->op;
    return is_backward(self, op) ? TRIP_BACKWARD : TRIP_FORWARD;
}

static bool is_library_opening(const struct step_conversion *c)
{
    return c->cause == CAUSE_LIBRARY && c->from == ORDER_CONTIGUOUS &&
           (c->to == ORDER_CHANNELS_LAST || c->to == ORDER_BLOCKED);
}

static bool is_library_closing(const struct step_conversion *c)
{
    return c->cause == CAUSE_LIBRARY && c->to == ORDER_CONTIGUOUS &&
           (c->from == ORDER_CHANNELS_LAST || c->from == ORDER_BLOCKED);
}

/* The mirror image, inside one operator: the library's way in and its way out, in order of execution, each used once.
 */
static enum status find_library_trips(struct finder *self)
{
    const struct flow *flow = &self->analysis->flow;
    for (int op = 0; op < self->analysis->step.ops_count; op++) {
        int opening = flow->held.start[op], end = flow->held.start[op + 1];
        for (int i = opening; i < end; i++) {
            int closing = flow->held.item[i];
            if (!is_library_closing(conversion_of(self, closing)) || flow->conversion[closing].role != ROLE_NONE)
                continue;
            while (opening < i && !(is_library_opening(conversion_of(self, flow->held.item[opening])) &&
                                    flow->conversion[flow->held.item[opening]].role == ROLE_NONE))
                opening++;
            if (opening >= i)
                break;
            self->path[0] = self->culprits[0] = op;
            self->path_count = self->culprits_count = 1;
            TRY(add_trip(self, TRIP_LIBRARY, flow->held.item[opening++], closing));
        }
    }
    return STATUS_OK;
}

static enum status find_trips_forward(struct finder *self)
{
    for (int c = 0; c < self->analysis->step.conversions_count; c++) {
        if (self->analysis->flow.conversion[c].role != ROLE_OPENING)
            continue;
        int closing = search_closing(&self->search, c);
        if (closing < 0)
            continue;
        take_path(self);
        find_culprits(self, c, -1);
        if (self->culprits_count > 0)
            TRY(add_trip(self, kind_of(self, closing), c, closing));
    }
    return STATUS_OK;
}

static enum status find_trips_backward(struct finder *self)
{
    for (int c = 0; c < self->analysis->step.conversions_count; c++) {
        if (self->analysis->flow.conversion[c].role != ROLE_CLOSING || self->used[c])
            continue;
        int opening = search_origin(&self->search, c), silent = self->search.silent;
        if (opening < 0 && silent < 0)
            continue;
        take_path(self);
        find_culprits(self, opening, silent);
        if (self->culprits_count > 0)
            TRY(add_trip(self, kind_of(self, c), opening, c));
    }
    return STATUS_OK;
}

/*
 * A gradient in channels_last read beside one that was born contiguous: the born one's doing, and no detour. In the
 * forward pass it is the order of the operands, which the author chose.
 */
static void set_born_aside(struct finder *self)
{
    struct flow *flow = &self->analysis->flow;
    for (int c = 0; c < self->analysis->step.conversions_count; c++) {
        if (flow->conversion[c].role != ROLE_OPENING || flow->conversion[c].dest >= 0 ||
            conversion_of(self, c)->kernel_id >= 0)
            continue;
        int op = conversion_of(self, c)->op;
        if (op >= 0 && is_backward(self, op) && search_origin_of_inputs(&self->search, op, flow->conversion[c].source) < 0 &&
            self->search.silent < 0 && self->search.born >= 0)
            flow->conversion[c].role = ROLE_BORN;
    }
}

static int first_of(const struct trip *trip)
{
    return trip->opening >= 0 ? trip->opening : trip->closing;
}

static int by_first(const void *a, const void *b)
{
    const struct trip *x = a, *y = b;
    if (first_of(x) != first_of(y))
        return first_of(x) - first_of(y);
    return x->closing - y->closing;
}

/* A conversion counts in the first round trip that holds it. */
static enum status count_once(struct pattern *pattern, int conversions)
{
    bool *counted = NULL;
    TRY(array_make(&counted, conversions, sizeof *counted));
    if (pattern->trips_count > 0)
        qsort(pattern->trips, (size_t)pattern->trips_count, sizeof *pattern->trips, by_first);
    for (int i = 0; i < pattern->trips_count; i++) {
        struct trip *trip = &pattern->trips[i];
        trip->counts_closing = !counted[trip->closing];
        counted[trip->closing] = true;
        if (trip->opening < 0)
            continue;
        trip->counts_opening = !counted[trip->opening];
        counted[trip->opening] = true;
    }
    free(counted);
    return STATUS_OK;
}

enum status pass_round_trips(struct analysis *self)
{
    struct finder finder = {.analysis = self};
    enum status status = STATUS_OK;

    if (!self->pattern_is_new)
        return STATUS_OK;
    TRY_OUT(search_init(&finder.search, &self->flow));
    TRY_OUT(array_make(&finder.path, self->step.ops_count, sizeof *finder.path));
    TRY_OUT(array_make(&finder.culprits, self->step.ops_count, sizeof *finder.culprits));
    TRY_OUT(array_make(&finder.used, self->step.conversions_count, sizeof *finder.used));
    set_born_aside(&finder);
    TRY_OUT(find_library_trips(&finder));
    TRY_OUT(find_trips_forward(&finder));
    TRY_OUT(find_trips_backward(&finder));
    TRY_OUT(count_once(self->pattern, self->step.conversions_count));
out:
    search_release(&finder.search);
    free(finder.path);
    free(finder.culprits);
    free(finder.used);
    return status;
}
