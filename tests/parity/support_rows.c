/* Rows of text from a recording and from a graph, and their longest common sequence. */
#include "tests/parity/support_rows.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strbuf.h"

static void add_row(struct rows *rows, const char *phase, const char *op, const char *module, const char *tensors)
{
    if (!strchr(tensors, ':'))
        return;
    ck_assert_int_eq(array_room(&rows->row, &rows->room, rows->count, sizeof *rows->row), STATUS_OK);
    rows->row[rows->count++] = (struct row){strdup(phase), strdup(op), strdup(module), strdup(tensors), false};
}

void rows_release(struct rows *rows)
{
    for (int i = 0; i < rows->count; i++) {
        free(rows->row[i].phase);
        free(rows->row[i].op);
        free(rows->row[i].module);
        free(rows->row[i].tensors);
    }
    free(rows->row);
    *rows = (struct rows){NULL, 0, 0};
}

/* A shape with an "x" before its colon has two dimensions or more. */
static bool has_layout(const char *tensor)
{
    const char *colon = strchr(tensor, ':');
    return colon && memchr(tensor, 'x', (size_t)(colon - tensor)) != NULL;
}

static void close_tensors(struct strbuf *text)
{
    if (text->text[text->length - 1] == ' ')
        strbuf_append(text, "-");
}

static void append_tensors(struct strbuf *text, char *tensors)
{
    char *rest = NULL;
    for (char *tensor = strtok_r(tensors, " ", &rest); tensor; tensor = strtok_r(NULL, " ", &rest)) {
        if (has_layout(tensor))
            strbuf_printf(text, "%s%s", text->length && text->text[text->length - 1] != ' ' ? " " : "", tensor);
    }
}

bool rows_read(struct rows *rows, const char *file)
{
    FILE *in = fopen(file, "r");
    char *line = NULL;
    size_t room = 0;
    bool whole = in != NULL;
    while (whole && getline(&line, &room, in) > 0) {
        char *field[5], *rest = NULL;
        int fields = 0;
        if (line[0] == '#')
            continue;
        for (char *word = strtok_r(line, "\t\n", &rest); word && fields < 5; word = strtok_r(NULL, "\t\n", &rest))
            field[fields++] = word;
        whole = fields == 5;
        if (!whole)
            break;
        struct strbuf text;
        strbuf_init(&text);
        append_tensors(&text, field[3]);
        strbuf_append(&text, text.length ? " > " : "- > ");
        append_tensors(&text, field[4]);
        close_tensors(&text);
        add_row(rows, field[0], field[1], field[2], text.text);
        strbuf_release(&text);
    }
    free(line);
    if (in)
        fclose(in);
    return whole && rows->count > 0;
}

static void append_strides(struct strbuf *text, const struct tensor *t)
{
    strbuf_append(text, "(");
    for (int d = 0; d < t->dims; d++) {
        if (t->size[d] == 1)
            strbuf_append(text, d ? ",-" : "-");
        else
            strbuf_printf(text, "%s%lld", d ? "," : "", (long long)t->stride[d]);
    }
    strbuf_append(text, ")");
}

static void append_tensor(struct strbuf *text, const struct graph *graph, int value)
{
    const struct tensor *t = value < 0 ? NULL : &graph->value[value].tensor;
    if (!t || t->dims < 2)
        return;
    if (text->length && text->text[text->length - 1] != ' ')
        strbuf_append(text, " ");
    for (int d = 0; d < t->dims; d++)
        strbuf_printf(text, "%s%lld", d ? "x" : "", (long long)t->size[d]);
    enum memory_format format = tensor_format(t);
    strbuf_printf(text, ":%s:%s", dtype_name(t->dtype), layout_name(format));
    if (format == FORMAT_STRIDED)
        append_strides(text, t);
}

static void add_node(struct rows *rows, const struct graph *graph, const struct node *node)
{
    struct strbuf text;
    strbuf_init(&text);
    for (int i = 0; i < OP_MAX_IN; i++)
        append_tensor(&text, graph, node->in[i]);
    strbuf_append(&text, text.length ? " > " : "- > ");
    for (int i = 0; i < OP_MAX_OUT; i++)
        append_tensor(&text, graph, node->out[i]);
    close_tensors(&text);
    const char *module = node->module >= 0 ? graph->module[node->module].path : "";
    add_row(rows, node->phase == PHASE_FORWARD ? "forward" : "backward", op_name(node->op), module[0] ? module : "-", text.text);
    strbuf_release(&text);
}

void rows_of_graph(struct rows *rows, const struct graph *graph)
{
    for (int i = 0; i < graph->orders; i++) {
        const struct node *node = &graph->node[graph->order[i]];
        if (node->phase == PHASE_FORWARD || node->phase == PHASE_BACKWARD)
            add_node(rows, graph, node);
    }
}

static bool same(const struct row *a, const struct row *b)
{
    return strcmp(a->op, b->op) == 0 && strcmp(a->tensors, b->tensors) == 0 && strcmp(a->phase, b->phase) == 0;
}

void rows_match(struct rows *a, struct rows *b)
{
    size_t wide = (size_t)b->count + 1;
    unsigned short *longest = calloc(((size_t)a->count + 1) * wide, sizeof *longest); /* of the rows from i and j on */
    ck_assert_ptr_nonnull(longest);
    for (int i = a->count - 1; i >= 0; i--) {
        for (int j = b->count - 1; j >= 0; j--) {
            unsigned short down = longest[(size_t)(i + 1) * wide + (size_t)j], right = longest[(size_t)i * wide + (size_t)j + 1];
            longest[(size_t)i * wide + (size_t)j] =
                same(&a->row[i], &b->row[j]) ? (unsigned short)(longest[(size_t)(i + 1) * wide + (size_t)j + 1] + 1)
                                             : (down > right ? down : right);
        }
    }
    for (int i = 0, j = 0; i < a->count && j < b->count;) {
        if (same(&a->row[i], &b->row[j]))
            a->row[i++].matched = b->row[j++].matched = true;
        else if (longest[(size_t)(i + 1) * wide + (size_t)j] >= longest[(size_t)i * wide + (size_t)j + 1])
            i++;
        else
            j++;
    }
    free(longest);
}
