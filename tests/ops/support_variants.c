/* The combinations of memory formats that a case runs in, and their names. */
#include "tests/ops/call.h"

static const enum memory_format formats[] = {FORMAT_CONTIGUOUS, FORMAT_CHANNELS_LAST};

static struct call_variant uniform(enum dtype varied, enum memory_format format)
{
    struct call_variant variant = {.varied = varied};
    for (int i = 0; i < OP_MAX_IN; i++)
        variant.in[i] = format;
    for (int i = 0; i < OP_MAX_OUT; i++)
        variant.out[i] = format;
    return variant;
}

/* Once as it is, once with output 0 in input 0's memory where the operator may be asked for that. */
static void visit_places(const struct op_case *row, struct call_variant variant, variant_visit *visit, void *context)
{
    visit(&variant, context);
    if (!(op_flags(row->op) & OP_IN_PLACE) || (row->in[0].dims == 4 && variant.in[0] != variant.out[0]))
        return;
    variant.in_place = true;
    visit(&variant, context);
}

static void visit_mixed(const struct op_case *row, enum dtype varied, variant_visit *visit, void *context)
{
    for (int other = 0; other < 2; other++) {
        struct call_variant variant = uniform(varied, formats[other]); /* the outputs and what else there is */
        variant.in[1 - row->follows] = formats[1 - other];
        visit_places(row, variant, visit, context);
    }
}

static void visit_mixed_output(const struct op_case *row, enum dtype varied, variant_visit *visit, void *context)
{
    for (int from = 0; from < 2; from++) {
        struct call_variant variant = uniform(varied, formats[from]);
        variant.out[0] = formats[1 - from];
        visit_places(row, variant, visit, context);
    }
}

static void visit_mixed_weight(const struct op_case *row, enum dtype varied, variant_visit *visit, void *context)
{
    bool backward = row->op == OP_CONVOLUTION_BACKWARD;
    for (int other = 0; other < 2; other++) {
        struct call_variant variant = uniform(varied, formats[other]);
        variant.in[backward ? 2 : 1] = formats[1 - other];
        if (backward)
            variant.out[1] = formats[1 - other];
        visit_places(row, variant, visit, context);
    }
}

static void visit_strided(const struct op_case *row, enum dtype varied, variant_visit *visit, void *context)
{
    for (int from = 0; from < 2; from++)
        for (int to = 0; to < 2; to++)
            for (int sides = 1; sides < 4; sides++) {
                struct call_variant variant = uniform(varied, formats[from]);
                variant.out[0] = formats[to];
                variant.strided_in = sides & 1;
                variant.strided_out = sides & 2;
                visit_places(row, variant, visit, context);
            }
}

void case_variants(const struct op_case *row, enum dtype varied, variant_visit *visit, void *context)
{
    int kinds = case_has_format(row) ? 2 : 1;
    for (int i = 0; i < kinds; i++)
        visit_places(row, uniform(varied, formats[i]), visit, context);
    if (row->flags & CASE_MIXED)
        visit_mixed(row, varied, visit, context);
    if (row->flags & CASE_MIXED_OUTPUT)
        visit_mixed_output(row, varied, visit, context);
    if (row->flags & CASE_MIXED_WEIGHT)
        visit_mixed_weight(row, varied, visit, context);
    if (row->flags & CASE_STRIDED)
        visit_strided(row, varied, visit, context);
}

void variant_describe(struct strbuf *out, const struct op_case *row, const struct call_variant *variant)
{
    strbuf_append(out, dtype_name(variant->varied));
    for (int i = 0; i < 2 && case_has_format(row); i++)
        if (row->in[i].present && row->in[i].dims == 4)
            strbuf_printf(out, " in%d=%s%s", i, layout_name(variant->in[i]),
                          i == 0 && variant->strided_in ? "(slice)" : "");
    if (row->out[0].present && row->out[0].dims == 4)
        strbuf_printf(out, " out0=%s%s", layout_name(variant->out[0]), variant->strided_out ? "(slice)" : "");
    if (variant->in_place)
        strbuf_append(out, " in place");
}
