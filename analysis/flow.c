/* The flow graph: its index lists, its conversions' roles, and what can be seen of an operator's behaviour. */
#include "analysis/flow.h"

#include <stdlib.h>

#include "base/array.h"

static bool is_out(enum order order)
{
    return order == ORDER_CONTIGUOUS || order == ORDER_STRIDED;
}

bool flow_follows(const struct flow *flow, int version)
{
    const struct version *v = &flow->versions[version];
    return !v->persistent && v->order != ORDER_NONE && v->order != ORDER_CHANNELS_LAST;
}

static bool reads_order(const struct flow *flow, int op, enum order a, enum order b)
{
    for (int i = flow->read_of.start[op]; i < flow->read_of.start[op + 1]; i++) {
        const struct version *v = &flow->versions[flow->read_of.item[i]];
        if (!v->persistent && (v->order == a || v->order == b))
            return true;
    }
    return false;
}

bool flow_reads_channels_last(const struct flow *flow, int op)
{
    return reads_order(flow, op, ORDER_CHANNELS_LAST, ORDER_CHANNELS_LAST);
}

bool flow_reads_out(const struct flow *flow, int op)
{
    return reads_order(flow, op, ORDER_CONTIGUOUS, ORDER_STRIDED);
}

static bool makes_order(const struct flow *flow, int op, enum order a, enum order b)
{
    for (int i = flow->made_by.start[op]; i < flow->made_by.start[op + 1]; i++) {
        const struct version *v = &flow->versions[flow->made_by.item[i]];
        if (!v->persistent && (v->order == a || v->order == b))
            return true;
    }
    return false;
}

bool flow_breaks(const struct flow *flow, int op)
{
    bool takes = flow_reads_channels_last(flow, op);
    if (!makes_order(flow, op, ORDER_CONTIGUOUS, ORDER_STRIDED))
        return false;
    for (int i = flow->held.start[op]; i < flow->held.start[op + 1]; i++) {
        int c = flow->held.item[i];
        if (flow->conversion[c].role != ROLE_OPENING)
            continue;
        /* What it converts inside, beside a tensor that is out already, is for that one's sake. */
        if (flow->step->conversions[c].kernel_id >= 0 && (flow->conversion[c].source >= 0 || !flow_reads_out(flow, op)))
            return true;
        takes = true;
    }
    return takes && !flow_reads_out(flow, op);
}

static bool are_deep(const struct flow *flow, const struct lists *lists, int op)
{
    for (int i = lists->start[op]; i < lists->start[op + 1]; i++) {
        if (!flow->versions[lists->item[i]].deep)
            return false;
    }
    return lists->start[op] < lists->start[op + 1];
}

bool flow_copies_deep(const struct flow *flow, int op)
{
    return flow->step->ops[op].name == flow->clone && are_deep(flow, &flow->read_of, op) &&
           are_deep(flow, &flow->made_by, op);
}

/*
 * A library's own conversion stands for the operator's format only where the operator has that format: a contiguous
 * model's library also goes through channels_last, inside the operator.
 */
static bool is_inside(const struct flow *flow, int conversion, enum conversion_role role)
{
    const struct step_conversion *c = &flow->step->conversions[conversion];
    if (c->cause != CAUSE_LIBRARY)
        return false;
    return role == ROLE_OPENING ? !flow_reads_channels_last(flow, c->op)
                                : !makes_order(flow, c->op, ORDER_CHANNELS_LAST, ORDER_CHANNELS_LAST);
}

static enum conversion_role role_of(const struct flow *flow, int conversion)
{
    const struct step_conversion *c = &flow->step->conversions[conversion];
    /* One of the two orders is channels_last: where none is named, a slice has it. */
    bool opens = (c->from == ORDER_CHANNELS_LAST && is_out(c->to)) || (c->from == ORDER_STRIDED && c->to == ORDER_CONTIGUOUS);
    bool closes = (is_out(c->from) && c->to == ORDER_CHANNELS_LAST) || (c->from == ORDER_CONTIGUOUS && c->to == ORDER_STRIDED);
    enum conversion_role role = opens ? ROLE_OPENING : closes ? ROLE_CLOSING : ROLE_NONE;
    if (c->op < 0 || c->cause == CAUSE_INPUT || c->cause == CAUSE_WEIGHT || c->cause == CAUSE_OPTIMIZER ||
        flow->step->ops[c->op].phase == PHASE_OPTIMIZER || is_inside(flow, conversion, role))
        return ROLE_NONE;
    return role;
}

/* Counting sort of (owner, item) pairs given as two strided columns; owners below 0 are left out. */
static enum status group_pairs(struct lists *lists, int owners, const int *owner, const int *item, int stride,
                               int count)
{
    TRY(array_make(&lists->start, owners + 1, sizeof *lists->start));
    TRY(array_make(&lists->item, count, sizeof *lists->item));
    for (int i = 0; i < count; i++) {
        if (owner[i * stride] >= 0)
            lists->start[owner[i * stride] + 1]++;
    }
    for (int i = 0; i < owners; i++)
        lists->start[i + 1] += lists->start[i];
    for (int i = 0; i < count; i++) {
        if (owner[i * stride] >= 0)
            lists->item[lists->start[owner[i * stride]]++] = item[i * stride];
    }
    for (int i = owners; i > 0; i--)
        lists->start[i] = lists->start[i - 1];
    lists->start[0] = 0;
    return STATUS_OK;
}

static enum status group_links(struct lists *lists, int owners, const struct flow_link *links, int count, bool by_op)
{
    static const struct flow_link none;
    const struct flow_link *from = links ? links : &none;
    return by_op ? group_pairs(lists, owners, &from->op, &from->version, 2, count)
                 : group_pairs(lists, owners, &from->version, &from->op, 2, count);
}

static enum status index_conversions(struct flow *flow)
{
    int count = flow->step->conversions_count;
    int *number = NULL, *source = NULL, *op = NULL;
    enum status status;

    TRY_OUT(array_make(&number, count, sizeof *number));
    TRY_OUT(array_make(&source, count, sizeof *source));
    TRY_OUT(array_make(&op, count, sizeof *op));
    for (int i = 0; i < count; i++) {
        number[i] = i;
        source[i] = flow->conversion[i].source;
        op[i] = flow->step->conversions[i].op;
    }
    TRY_OUT(group_pairs(&flow->starts, flow->versions_count, source, number, 1, count));
    TRY_OUT(group_pairs(&flow->held, flow->step->ops_count, op, number, 1, count));
out:
    free(number);
    free(source);
    free(op);
    return status;
}

enum status flow_index(struct flow *flow)
{
    int ops = flow->step->ops_count;
    TRY(group_links(&flow->read_of, ops, flow->reads, flow->reads_count, true));
    TRY(group_links(&flow->made_by, ops, flow->writes, flow->writes_count, true));
    TRY(group_links(&flow->readers, flow->versions_count, flow->reads, flow->reads_count, false));
    TRY(index_conversions(flow));
    TRY(array_make(&flow->breaks, ops, sizeof *flow->breaks));
    for (int i = 0; i < flow->step->conversions_count; i++)
        flow->conversion[i].role = role_of(flow, i);
    return STATUS_OK;
}

static void lists_release(struct lists *lists)
{
    free(lists->start);
    free(lists->item);
}

void flow_release(struct flow *flow)
{
    free(flow->versions);
    free(flow->reads);
    free(flow->writes);
    free(flow->conversion);
    free(flow->breaks);
    lists_release(&flow->read_of);
    lists_release(&flow->made_by);
    lists_release(&flow->readers);
    lists_release(&flow->starts);
    lists_release(&flow->held);
    *flow = (struct flow){0};
}
