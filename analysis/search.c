/* Breadth-first search over operators and versions of a flow. Ties go to the conversion that runs first (last,
 * backwards). */
#include "analysis/search.h"

#include <limits.h>
#include <stdlib.h>

#include "base/array.h"

enum status search_init(struct search *self, const struct flow *flow)
{
    int items = flow->step->ops_count + flow->versions_count;
    *self = (struct search){.flow = flow};
    TRY(array_make(&self->parent, items, sizeof *self->parent));
    TRY(array_make(&self->depth, items, sizeof *self->depth));
    TRY(array_make(&self->stamp, items, sizeof *self->stamp));
    TRY(array_make(&self->queue, items, sizeof *self->queue));
    return array_make(&self->path, flow->step->ops_count, sizeof *self->path);
}

void search_release(struct search *self)
{
    free(self->parent);
    free(self->depth);
    free(self->stamp);
    free(self->queue);
    free(self->path);
    *self = (struct search){0};
}

static int ops_of(const struct search *self)
{
    return self->flow->step->ops_count;
}

static bool is_op(const struct search *self, int item)
{
    return item < ops_of(self);
}

static void begin(struct search *self)
{
    self->epoch++;
    self->head = self->tail = self->path_count = 0;
    self->best = self->best_end = self->silent = self->born = -1;
    self->best_depth = INT_MAX;
}

static bool reach(struct search *self, int item, int parent, int depth)
{
    if (self->stamp[item] == self->epoch)
        return false;
    self->stamp[item] = self->epoch;
    self->parent[item] = parent;
    self->depth[item] = depth;
    self->queue[self->tail++] = item;
    return true;
}

static bool reach_op(struct search *self, int op, int parent, int depth)
{
    return self->flow->step->ops[op].phase != PHASE_OPTIMIZER && reach(self, op, parent, depth);
}

static bool reach_version(struct search *self, int version, int parent, int depth)
{
    return flow_follows(self->flow, version) && reach(self, ops_of(self) + version, parent, depth);
}

/* Keeps the nearest conversion; among equally near ones the lowest (forward) or highest number. */
static void consider(struct search *self, int conversion, int end, bool forward)
{
    int depth = end < 0 ? 0 : self->depth[end];
    bool earlier = forward ? conversion < self->best : conversion > self->best;
    if (depth > self->best_depth || (depth == self->best_depth && !earlier))
        return;
    self->best = conversion;
    self->best_depth = depth;
    self->best_end = end;
}

/* Operators from an item up to the start of the search, nearest to the item first. */
static void walk_up(struct search *self, int item)
{
    for (; item >= 0; item = self->parent[item]) {
        if (is_op(self, item))
            self->path[self->path_count++] = item;
    }
}

static void reverse_path(struct search *self)
{
    for (int i = 0, j = self->path_count - 1; i < j; i++, j--) {
        int op = self->path[i];
        self->path[i] = self->path[j];
        self->path[j] = op;
    }
}

static const struct flow_conversion *conversion_at(const struct search *self, int conversion)
{
    return &self->flow->conversion[conversion];
}

static void look_forward_from_version(struct search *self, int version, int item)
{
    const struct flow *flow = self->flow;
    for (int i = flow->starts.start[version]; i < flow->starts.start[version + 1]; i++) {
        int c = flow->starts.item[i];
        if (conversion_at(self, c)->role == ROLE_CLOSING)
            consider(self, c, item, true);
    }
    for (int i = flow->readers.start[version]; i < flow->readers.start[version + 1]; i++)
        reach_op(self, flow->readers.item[i], item, self->depth[item] + 1);
}

/* A closing inside the operator: its source never leaves the library. */
static void look_forward_from_op(struct search *self, int op)
{
    const struct flow *flow = self->flow;
    for (int i = flow->held.start[op]; i < flow->held.start[op + 1]; i++) {
        int c = flow->held.item[i];
        if (conversion_at(self, c)->role == ROLE_CLOSING && conversion_at(self, c)->source < 0)
            consider(self, c, op, true);
    }
    for (int i = flow->made_by.start[op]; i < flow->made_by.start[op + 1]; i++)
        reach_version(self, flow->made_by.item[i], op, self->depth[op]);
}

int search_closing(struct search *self, int opening)
{
    const struct flow_conversion *c = conversion_at(self, opening);
    int holder = self->flow->step->conversions[opening].op;

    begin(self);
    reach_op(self, holder, -1, 1);
    if (c->dest_is_output)
        self->head = self->tail; /* the holder does nothing but convert */
    if (c->dest >= 0)
        reach_version(self, c->dest, holder, 1);
    while (self->head < self->tail) {
        int item = self->queue[self->head++];
        if (self->depth[item] > self->best_depth)
            break;
        if (is_op(self, item))
            look_forward_from_op(self, item);
        else
            look_forward_from_version(self, item - ops_of(self), item);
    }
    if (self->best >= 0) {
        walk_up(self, self->best_end);
        reverse_path(self);
    }
    return self->best;
}

static int depth_of(const struct search *self, int item)
{
    return item < 0 ? 0 : self->depth[item];
}

/* The maker of a version: an opening that ends in it, a conversion to go through, or an operator to enter. */
static void look_back_from_version(struct search *self, int version, int item)
{
    const struct flow *flow = self->flow;
    const struct version *v = &flow->versions[version];
    if (v->conversion >= 0) {
        const struct flow_conversion *c = conversion_at(self, v->conversion);
        if (c->role == ROLE_OPENING)
            consider(self, v->conversion, item, false);
        else if (c->source >= 0)
            reach_version(self, c->source, item, self->depth[item]);
    }
    if (v->op >= 0 && reach_op(self, v->op, item, self->depth[item] + 1)) {
        for (int i = flow->held.start[v->op]; i < flow->held.start[v->op + 1]; i++) {
            int c = flow->held.item[i];
            if (conversion_at(self, c)->role == ROLE_OPENING && conversion_at(self, c)->dest == version)
                consider(self, c, v->op, false);
        }
    }
}

static bool holds_role(const struct flow *flow, int op, enum conversion_role role)
{
    for (int i = flow->held.start[op]; i < flow->held.start[op + 1]; i++) {
        if (flow->conversion[flow->held.item[i]].role == role)
            return true;
    }
    return false;
}

static bool reach_inputs(struct search *self, int op, int parent, int except)
{
    const struct flow *flow = self->flow;
    bool any = false;
    for (int i = flow->read_of.start[op]; i < flow->read_of.start[op + 1]; i++) {
        int version = flow->read_of.item[i];
        if (version == except || !flow_follows(flow, version))
            continue;
        any = true;
        reach_version(self, version, parent, depth_of(self, parent));
    }
    return any;
}

static void look_back_from_op(struct search *self, int op)
{
    const struct flow *flow = self->flow;
    for (int i = flow->held.start[op]; i < flow->held.start[op + 1]; i++) {
        int c = flow->held.item[i];
        if (conversion_at(self, c)->role == ROLE_OPENING && !conversion_at(self, c)->dest_is_output)
            consider(self, c, op, false);
    }
    if (reach_inputs(self, op, op, -1) || holds_role(flow, op, ROLE_OPENING))
        return;
    /* Nothing out of channels_last came in: it turned channels_last into this, or made it from something without an
     * order. */
    if (flow_reads_channels_last(flow, op)) {
        if (self->silent < 0 && flow->breaks[op])
            self->silent = op;
    } else if (self->born < 0) {
        self->born = op;
    }
}

static int run_back(struct search *self)
{
    while (self->head < self->tail) {
        int item = self->queue[self->head++];
        if (self->depth[item] > self->best_depth)
            break;
        if (is_op(self, item))
            look_back_from_op(self, item);
        else
            look_back_from_version(self, item - ops_of(self), item);
    }
    if (self->best >= 0 && self->silent >= 0 && self->depth[self->silent] < self->best_depth)
        self->best = -1;
    if (self->best >= 0)
        self->silent = -1;
    int end = self->best >= 0 ? self->best_end : self->silent >= 0 ? self->silent : self->born;
    if (end >= 0)
        walk_up(self, end);
    return self->best;
}

int search_origin(struct search *self, int closing)
{
    const struct flow_conversion *c = conversion_at(self, closing);
    begin(self);
    if (c->source >= 0)
        reach_version(self, c->source, -1, 0);
    else
        reach_op(self, self->flow->step->conversions[closing].op, -1, 1);
    return run_back(self);
}

int search_origin_of_inputs(struct search *self, int op, int except)
{
    begin(self);
    reach_inputs(self, op, -1, except);
    return run_back(self);
}
