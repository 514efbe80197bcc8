/* Reorders wait for their primitive; a primitive waits for the reorders behind it. */
#include "importers/onednn/groups.h"

#include <string.h>

enum status groups_init(struct groups *self, struct job *job)
{
    static const char name[] = "onednn::reorder";
    *self = (struct groups){.job = job, .main = -1};
    return job_word(job, name, sizeof name - 1, &self->reorder);
}

static const struct descriptor *side(const struct call *reorder, bool out)
{
    for (int i = 0; i < reorder->primitive.tensors; i++) {
        if (reorder->primitive.tensor[i].out == out)
            return &reorder->primitive.tensor[i];
    }
    return NULL;
}

static const char *cause_of(const struct descriptor *tensor)
{
    if (tensor->role != ROLE_WEIGHTS && tensor->role != ROLE_BIAS)
        return "library";
    return tensor->out ? "gradient" : "weight";
}

static const char *cause_by_tags(const struct call *reorder)
{
    const struct descriptor *from = side(reorder, false), *to = side(reorder, true);
    if (to && tag_is_weights(to->tag))
        return "weight";
    return from && tag_is_weights(from->tag) ? "gradient" : "library";
}

/* A tensor of the primitive is converted once at most. */
static bool is_taken(const struct groups *self, int tensor)
{
    for (int i = 0; i < self->calls; i++) {
        if (i != self->main && self->call[i].partner == tensor)
            return true;
    }
    return false;
}

/* The input of the primitive that a reorder before it makes; -1. */
static int find_input(const struct groups *self, const struct call *reorder)
{
    const struct primitive *main = &self->call[self->main].primitive;
    const struct descriptor *made = side(reorder, true);
    for (int i = 0; made && i < main->tensors; i++) {
        if (!main->tensor[i].out && !is_taken(self, i) && descriptor_equal(made, &main->tensor[i]))
            return i;
    }
    return -1;
}

/* The group has come here from the format that this reorder goes back to. */
static bool goes_back(const struct groups *self, const struct call *reorder)
{
    const struct descriptor *to = side(reorder, true);
    for (int i = 0; to && i < self->main; i++) {
        const struct descriptor *from = side(&self->call[i], false);
        if (from && self->call[i].cause && strcmp(self->call[i].cause, "library") == 0 && strcmp(from->tag, to->tag) == 0)
            return true;
    }
    return false;
}

/* The output of the primitive that a reorder behind it takes; -1. */
static int find_output(const struct groups *self, const struct call *reorder)
{
    const struct primitive *main = &self->call[self->main].primitive;
    const struct descriptor *taken = side(reorder, false);
    for (int i = 0; taken && i < main->tensors; i++) {
        const struct descriptor *made = &main->tensor[i];
        if (made->out && !is_taken(self, i) && descriptor_equal(taken, made) &&
            (made->kind.blocked || goes_back(self, reorder)))
            return i;
    }
    return -1;
}

static void give_lane(struct groups *self, int64_t start_ns, int64_t end_ns, int64_t *lane)
{
    int at = 0;
    while (at < self->lanes && self->lane_end_ns[at] > start_ns)
        at++;
    if (at == self->lanes && at < GROUP_LANES)
        self->lanes++;
    if (at == GROUP_LANES)
        at--;
    self->lane_end_ns[at] = end_ns;
    *lane = at;
}

static enum status give_span(struct groups *self, int32_t name, int64_t start_ns, int64_t end_ns, int32_t lane,
                             const struct signature *signature)
{
    struct span span = {
        .start_ns = start_ns, .dur_ns = end_ns - start_ns, .correlation = -1, .sequence = -1, .record_id = -1,
        .bytes = -1, .kind = SPAN_OPERATOR, .name = name, .lane = lane, .signature = -1, .forward_thread = -1,
        .order = self->order,
    };
    self->order += self->order < INT32_MAX;
    if (signature->tensors)
        TRY(job_signature(self->job, signature, &span.signature));
    return job_span(self->job, &span);
}

static void add_use(struct signature *signature, const struct descriptor *tensor, const struct descriptor *place, bool grouped)
{
    signature->tensor[signature->tensors++] = (struct tensor_use){
        .kind = grouped ? tensor_without_groups(&tensor->kind) : tensor->kind,
        .out = place->out,
        .position = place->position,
    };
}

/* The primitive as its caller sees it: what is reordered inside stands in its outer format. */
static enum status give_main(struct groups *self, int64_t start_ns, int64_t end_ns, int32_t lane)
{
    struct tensor_use use[PRIMITIVE_TENSORS];
    struct signature signature = {.tensor = use};
    const struct call *main = &self->call[self->main];
    for (int i = 0; i < main->primitive.tensors; i++) {
        const struct descriptor *tensor = &main->primitive.tensor[i], *outer = tensor;
        for (int j = 0; j < self->calls; j++) {
            const struct descriptor *other = j == self->main ? NULL : side(&self->call[j], tensor->out);
            if (other && self->call[j].partner == i)
                outer = other;
        }
        add_use(&signature, outer, tensor, tensor->grouped);
    }
    return give_span(self, main->name, start_ns, end_ns, lane, &signature);
}

/* A cast, or a copy: the same tag on both sides. */
static bool keeps_order(const struct call *reorder)
{
    const struct descriptor *from = side(reorder, false), *to = side(reorder, true);
    return !from || !to || strcmp(from->tag, to->tag) == 0;
}

static enum status give_reorder(struct groups *self, const struct call *reorder, int32_t lane)
{
    struct tensor_use use[2];
    struct signature signature = {.tensor = use, .arguments = keeps_order(reorder) ? NULL : reorder->cause};
    const struct descriptor *partner = reorder->partner < 0 ? NULL : &self->call[self->main].primitive.tensor[reorder->partner];
    for (int out = 0; out < 2; out++) {
        const struct descriptor *tensor = side(reorder, out);
        if (tensor)
            add_use(&signature, tensor, partner && partner->out == out ? partner : tensor, partner && partner->grouped);
    }
    return give_span(self, self->reorder, reorder->start_ns, reorder->start_ns + reorder->dur_ns, lane, &signature);
}

/* A reorder that nobody next to it asked for is an operator of its own. */
static enum status give_alone(struct groups *self, struct call *reorder)
{
    int64_t end_ns = reorder->start_ns + reorder->dur_ns, number;
    int32_t lane;
    give_lane(self, reorder->start_ns, end_ns, &number);
    TRY(job_thread(self->job, 0, number, &lane));
    reorder->cause = cause_by_tags(reorder);
    reorder->partner = -1;
    return give_reorder(self, reorder, lane);
}

static enum status give_first(struct groups *self)
{
    TRY(give_alone(self, &self->call[0]));
    memmove(self->call, self->call + 1, (size_t)(self->calls - 1) * sizeof self->call[0]);
    self->calls--;
    self->main -= self->main > 0;
    return STATUS_OK;
}

/* Rounded times may overlap by a little; the calls of a group follow one another. */
static int64_t put_in_order(struct groups *self)
{
    for (int i = 1; i < self->calls; i++) {
        int64_t end_ns = self->call[i - 1].start_ns + self->call[i - 1].dur_ns;
        if (self->call[i].start_ns < end_ns)
            self->call[i].start_ns = end_ns;
    }
    return self->call[self->calls - 1].start_ns + self->call[self->calls - 1].dur_ns;
}

enum status groups_flush(struct groups *self)
{
    int64_t number;
    int32_t lane;
    while (self->main < 0 && self->calls)
        TRY(give_first(self));
    if (self->calls == 0)
        return STATUS_OK;
    int64_t end_ns = put_in_order(self), start_ns = self->call[0].start_ns;
    give_lane(self, start_ns, end_ns, &number);
    TRY(job_thread(self->job, 0, number, &lane));
    TRY(give_main(self, start_ns, end_ns, lane));
    for (int i = 0; i < self->calls; i++) {
        if (i != self->main)
            TRY(give_reorder(self, &self->call[i], lane));
    }
    self->calls = 0;
    self->main = -1;
    return STATUS_OK;
}

static enum status add_reorder(struct groups *self, const struct call *call)
{
    int output = self->main >= 0 ? find_output(self, call) : -1;
    if (self->main >= 0 && (output < 0 || self->calls == GROUP_REORDERS))
        TRY(groups_flush(self));
    if (self->calls == GROUP_REORDERS)
        TRY(give_first(self));
    struct call *added = &self->call[self->calls++];
    *added = *call;
    added->partner = self->main >= 0 ? output : -1;
    added->cause = self->main >= 0 ? cause_of(&self->call[self->main].primitive.tensor[output]) : NULL;
    return STATUS_OK;
}

/* Takes the reorders in front of it, back to the first that made something else; those before stand alone. */
static enum status add_primitive(struct groups *self, const struct call *call)
{
    if (self->main >= 0)
        TRY(groups_flush(self));
    self->main = self->calls;
    self->call[self->calls++] = *call;
    int first = self->main;
    while (first > 0) {
        struct call *reorder = &self->call[first - 1];
        int input = find_input(self, reorder);
        if (input < 0)
            break;
        reorder->partner = input;
        reorder->cause = cause_of(&self->call[self->main].primitive.tensor[input]);
        first--;
    }
    for (; first > 0; first--)
        TRY(give_first(self));
    return STATUS_OK;
}

enum status groups_add(struct groups *self, const struct call *call, bool is_reorder)
{
    return is_reorder ? add_reorder(self, call) : add_primitive(self, call);
}
