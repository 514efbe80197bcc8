/* Chunks as text. */
#include "passes/print.h"

#include "importers/passes/identity.h"

static const char *label_of(const struct chunk *chunk, int node)
{
    return node < 0 ? "-" : chunk_word(chunk, (int32_t)chunk->nodes[node].record_id);
}

static void print_id(int64_t id, struct strbuf *out)
{
    if (id < 0)
        strbuf_append(out, "?");
    else if (id >= CONSTANT_NUMBERS)
        strbuf_printf(out, "k%lld", (long long)(id - CONSTANT_NUMBERS));
    else if (id >= PERSISTENT_NUMBERS)
        strbuf_printf(out, "p%lld", (long long)(id - PERSISTENT_NUMBERS));
    else
        strbuf_printf(out, "t%lld", (long long)id);
}

static void print_tensors(const struct chunk *chunk, const struct node *node, bool outputs, struct strbuf *out)
{
    const char *separator = outputs ? " out=" : " in=";
    for (int i = node->first_tensor; i < node->first_tensor + node->tensors; i++) {
        if (chunk->tensors[i].out != outputs)
            continue;
        strbuf_append(out, separator);
        print_id(chunk->tensors[i].id, out);
        separator = ",";
    }
}

static void print_labels(const struct chunk *chunk, enum node_level level, const char *what, struct strbuf *out)
{
    bool any = false;
    for (int i = 0; i < chunk->nodes_count; i++) {
        if (chunk->nodes[i].level != level)
            continue;
        strbuf_printf(out, "%s%s", any ? " " : what, label_of(chunk, i));
        if (level == LEVEL_INNER)
            strbuf_printf(out, "<%s", label_of(chunk, chunk->nodes[i].operator_));
        any = true;
    }
    if (any)
        strbuf_append(out, "\n");
}

static const char *phase_of(enum op_phase phase)
{
    return phase == PHASE_COUNT ? "unknown" : op_phase_name(phase);
}

static void print_operator(const struct chunk *chunk, int number, struct strbuf *out)
{
    const struct node *node = &chunk->nodes[number];
    strbuf_printf(out, "op %s %s %s", label_of(chunk, number), chunk_word(chunk, node->name), phase_of(node->phase));
    if (node->forward >= 0)
        strbuf_printf(out, " forward=%s", label_of(chunk, node->forward));
    if (node->module >= 0)
        strbuf_printf(out, " module=%d", node->module);
    print_tensors(chunk, node, false, out);
    print_tensors(chunk, node, true, out);
    strbuf_append(out, "\n");
}

static void print_kernel(const struct chunk *chunk, int number, struct strbuf *out)
{
    const struct chunk_kernel *kernel = &chunk->kernels[number];
    strbuf_printf(out, "kernel %d of %s %s\n", number, label_of(chunk, kernel->node),
                  kernel->role == ROLE_COUNT ? "unknown" : kernel_role_name(kernel->role));
}

static const char *format_of(enum memory_format format)
{
    return format == FORMAT_COUNT ? "?" : layout_name(format);
}

static void print_conversion(const struct chunk *chunk, const struct chunk_conversion *c, struct strbuf *out)
{
    strbuf_printf(out, "conversion %s %s>%s in %s", conversion_cause_name(c->cause), format_of(c->from),
                  format_of(c->to), label_of(chunk, c->node));
    if (c->copy >= 0)
        strbuf_printf(out, " copy=%s", label_of(chunk, c->copy));
    if (c->kernel >= 0)
        strbuf_printf(out, " kernel=%d", c->kernel);
    if (c->source >= 0) {
        strbuf_append(out, " from=");
        print_id(chunk->tensors[c->source].id, out);
    }
    if (c->dest >= 0) {
        strbuf_append(out, " to=");
        print_id(chunk->tensors[c->dest].id, out);
    }
    strbuf_printf(out, " %s>%s", c->source_dtype ? c->source_dtype : "?", c->dest_dtype ? c->dest_dtype : "?");
    strbuf_printf(out, " %lld+%lld\n", (long long)c->bytes_read, (long long)c->bytes_written);
}

void print_chunk(const struct chunk *chunk, struct strbuf *out)
{
    strbuf_append(out, "step\n");
    print_labels(chunk, LEVEL_WRAPPER, "wrap ", out);
    print_labels(chunk, LEVEL_INNER, "inner ", out);
    for (int i = 0; i < chunk->nodes_count; i++) {
        if (chunk->nodes[i].level == LEVEL_OPERATOR)
            print_operator(chunk, i, out);
    }
    for (int i = 0; i < chunk->kernels_count; i++)
        print_kernel(chunk, i, out);
    for (int i = 0; i < chunk->conversions_count; i++)
        print_conversion(chunk, &chunk->conversions[i], out);
}
