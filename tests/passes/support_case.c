/* Reading a case: its lines become chunks of a job that consists of words and tensor kinds alone. */
#include <check.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"
#include "base/intern.h"
#include "importers/chunk.h"
#include "passes/case.h"
#include "passes/print.h"

#define MOST_DEPTH 64

/* In place of importers/job.c: only what passes ask. */
struct job {
    struct intern words, ids;
    struct tensor_kind *kinds;
    int kinds_count, kinds_room;
    struct carry *carry;
    struct strbuf notes;
};

const char *chunk_word(const struct chunk *chunk, int32_t word)
{
    return intern_text(&chunk->job->words, word);
}

const struct tensor_kind *chunk_tensor_kind(const struct chunk *chunk, int32_t kind)
{
    return kind < 0 ? NULL : &chunk->job->kinds[kind];
}

const char *chunk_arguments(const struct chunk *chunk, const struct node *node)
{
    (void)chunk;
    (void)node;
    return NULL;
}

struct carry *chunk_carry(const struct chunk *chunk)
{
    return chunk->job->carry;
}

enum status job_note(struct job *job, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    strbuf_printf(&job->notes, "note %s\n", text);
    return STATUS_OK;
}

struct reader {
    struct job job;
    struct chunk chunk;
    int64_t clock;
    int open[MOST_DEPTH]; /* by depth */
    int depth, line;
};

static void must(enum status status)
{
    ck_assert_msg(status == STATUS_OK, "%s", status_message());
}

static int32_t word_of(struct reader *self, const char *text)
{
    int word;
    must(intern_add(&self->job.words, text, &word));
    return word;
}

static int32_t add_kind(struct job *job, const struct tensor_kind *kind)
{
    for (int i = 0; i < job->kinds_count; i++) {
        if (memcmp(&job->kinds[i], kind, sizeof *kind) == 0)
            return i;
    }
    must(array_room(&job->kinds, &job->kinds_room, job->kinds_count, sizeof *kind));
    job->kinds[job->kinds_count] = *kind;
    return job->kinds_count++;
}

static int64_t id_of(struct reader *self, const char *name)
{
    int id;
    if (isdigit((unsigned char)name[0]))
        return 1000000 + atoll(name);
    must(intern_add(&self->job.ids, name, &id));
    return id;
}

/* "b@a+64" */
static void read_identity(struct reader *self, char *text, struct node_tensor *tensor)
{
    char *storage = strchr(text, '@'), *offset;
    tensor->id = tensor->storage = tensor->offset = -1;
    if (strcmp(text, "?") == 0)
        return;
    if (storage)
        *storage++ = '\0';
    else
        storage = text;
    tensor->id = id_of(self, text);
    offset = strchr(storage, '+');
    if (offset)
        *offset++ = '\0';
    tensor->storage = id_of(self, storage);
    tensor->offset = offset ? atoll(offset) : 0;
}

static int read_numbers(const char *text, char separator, int64_t *numbers)
{
    int count = 0;
    while (*text && count < TENSOR_MAX_DIMS) {
        char *end;
        numbers[count++] = strtoll(text, &end, 10);
        text = *end == separator ? end + 1 : end;
    }
    return count;
}

static int32_t read_kind(struct reader *self, const char *dtype, const char *shape, const char *strides)
{
    struct tensor_kind kind;
    memset(&kind, 0, sizeof kind);
    kind.dtype = *dtype == 'f' ? "float32" : *dtype == 'b' ? "bfloat16" : *dtype == 'i' ? "int64" : NULL;
    kind.dims = read_numbers(shape, 'x', kind.size);
    kind.has_strides = strcmp(strides, "?") != 0;
    if (strcmp(strides, "c") == 0)
        layout_strides(FORMAT_CONTIGUOUS, kind.dims, kind.size, kind.stride);
    else if (strcmp(strides, "cl") == 0)
        layout_strides(FORMAT_CHANNELS_LAST, kind.dims, kind.size, kind.stride);
    else if (kind.has_strides)
        read_numbers(strides, '.', kind.stride);
    return add_kind(&self->job, &kind);
}

static void add_tensor(struct reader *self, char *text, int position, bool out)
{
    struct chunk *chunk = &self->chunk;
    struct node_tensor tensor = {.position = (int16_t)position, .out = out};
    char *part[4], *rest = text;
    if (!strchr(text, ':'))
        return;
    for (int i = 0; i < 4; i++) {
        part[i] = strsep(&rest, ":");
        ck_assert_msg(part[i], "line %d: a tensor is ID:DTYPE:SHAPE:STRIDES", self->line);
    }
    read_identity(self, part[0], &tensor);
    tensor.kind = read_kind(self, part[1], part[2], part[3]);
    must(array_room(&chunk->tensors, &chunk->tensors_room, chunk->tensors_count, sizeof tensor));
    chunk->tensors[chunk->tensors_count++] = tensor;
    chunk->nodes[chunk->nodes_count - 1].tensors++;
}

/* The separator of a list; a '+' within an identity stands before the tensor's first ':'. */
static char *next_in_list(char **rest)
{
    char *start = *rest, *at = start;
    if (!start)
        return NULL;
    bool seen_colon = false;
    for (; *at && !(*at == '+' && seen_colon); at++)
        seen_colon |= *at == ':';
    *rest = *at ? at + 1 : NULL;
    *at = '\0';
    return start;
}

static void add_tensors(struct reader *self, char *text, bool out)
{
    int position = 0;
    for (char *argument; (argument = strsep(&text, ";")); position++) {
        for (char *tensor; (tensor = next_in_list(&argument));)
            add_tensor(self, tensor, position, out);
    }
}

static void close_nodes(struct reader *self, int depth)
{
    while (self->depth > depth) {
        struct node *node = &self->chunk.nodes[self->open[--self->depth]];
        node->dur_ns = ++self->clock - node->start_ns;
    }
}

static void unescape(char *text)
{
    for (; *text; text++) {
        if (*text == '~')
            *text = ' ';
    }
}

static void set_field(struct reader *self, struct node *node, char *word)
{
    char *value = strchr(word, '=');
    ck_assert_msg(value, "line %d: %s", self->line, word);
    *value++ = '\0';
    if (strcmp(word, "seq") == 0)
        node->sequence_number = atoll(value);
    else if (strcmp(word, "fwd") == 0)
        node->forward_thread = atoi(value);
    else if (strcmp(word, "lane") == 0)
        node->lane = atoi(value);
    else if (strcmp(word, "module") == 0)
        node->module = atoi(value);
    else if (strcmp(word, "note") == 0)
        unescape(value), node->annotation = word_of(self, value);
    else if (strcmp(word, "in") == 0 || strcmp(word, "out") == 0)
        add_tensors(self, value, word[0] == 'o');
    else
        ck_abort_msg("line %d: unknown word %s", self->line, word);
}

static void add_node(struct reader *self, const char *label, char *name, char *rest)
{
    struct chunk *chunk = &self->chunk;
    unescape(name);
    struct node node = {.start_ns = ++self->clock,
                        .sequence_number = -1,
                        .record_id = word_of(self, label),
                        .name = word_of(self, name),
                        .signature = -1,
                        .forward_thread = -1,
                        .module = -1,
                        .annotation = -1,
                        .first_tensor = chunk->tensors_count,
                        .forward = -1,
                        .operator_ = -1};
    node.parent = self->depth > 0 ? self->open[self->depth - 1] : -1;
    must(array_room(&chunk->nodes, &chunk->nodes_room, chunk->nodes_count, sizeof node));
    chunk->nodes[chunk->nodes_count++] = node;
    self->open[self->depth++] = chunk->nodes_count - 1;
    for (char *word; (word = strsep(&rest, " "));) {
        if (*word)
            set_field(self, &chunk->nodes[chunk->nodes_count - 1], word);
    }
}

static void add_kernel(struct reader *self, char *name, bool orphan)
{
    struct chunk *chunk = &self->chunk;
    unescape(name);
    struct chunk_kernel kernel = {.start_ns = ++self->clock,
                                  .dur_ns = 1,
                                  .correlation = -1,
                                  .launch_ns = -1,
                                  .bytes = -1,
                                  .name = word_of(self, name),
                                  .signature = -1,
                                  .kind = SPAN_KERNEL,
                                  .node = orphan || self->depth == 0 ? -1 : self->open[self->depth - 1]};
    must(array_room(&chunk->kernels, &chunk->kernels_room, chunk->kernels_count, sizeof kernel));
    chunk->kernels[chunk->kernels_count++] = kernel;
}

static void run_passes(struct reader *self, struct strbuf *out)
{
    struct chunk *chunk = &self->chunk;
    close_nodes(self, 0);
    if (chunk->nodes_count + chunk->kernels_count == 0)
        return;
    must(import_pass_levels(chunk));
    must(import_pass_phases(chunk));
    must(import_pass_identity(chunk));
    must(import_pass_roles(chunk));
    must(import_pass_conversions(chunk));
    print_chunk(chunk, out);
    strbuf_append(out, self->job.notes.text);
    strbuf_clear(&self->job.notes);
    chunk->nodes_count = chunk->tensors_count = chunk->kernels_count = chunk->conversions_count = 0;
}

static void read_line(struct reader *self, char *line, struct strbuf *out)
{
    int spaces = (int)strspn(line, " ");
    char *rest = line + spaces, *label = strsep(&rest, " ");
    if (*label == '\0' || *label == '#')
        return;
    if (strcmp(label, "step") == 0) {
        run_passes(self, out);
        return;
    }
    close_nodes(self, spaces / 2);
    char *name = rest ? strsep(&rest, " ") : NULL;
    ck_assert_msg(name && self->depth < MOST_DEPTH, "line %d: LABEL NAME ...", self->line);
    if (strcmp(label, "kernel") == 0 || strcmp(label, "orphan") == 0)
        add_kernel(self, name, label[0] == 'o');
    else
        add_node(self, label, name, rest);
}

void case_run(const char *text, struct strbuf *out)
{
    struct reader self = {.depth = 0};
    char *copy = strdup(text), *rest = copy;
    self.chunk.job = &self.job;
    strbuf_init(&self.job.notes);
    must(carry_create(&self.job.carry));
    for (char *line; (line = strsep(&rest, "\n")) && strcmp(line, "expect") != 0;) {
        self.line++;
        read_line(&self, line, out);
    }
    run_passes(&self, out);
    free(copy);
    free(self.chunk.nodes);
    free(self.chunk.tensors);
    free(self.chunk.kernels);
    free(self.chunk.conversions);
    free(self.job.kinds);
    intern_release(&self.job.words);
    intern_release(&self.job.ids);
    strbuf_release(&self.job.notes);
    carry_destroy(self.job.carry);
}

char *case_read(const char *path)
{
    struct strbuf text;
    strbuf_init(&text);
    must(file_read(path, &text));
    return strbuf_take(&text);
}
