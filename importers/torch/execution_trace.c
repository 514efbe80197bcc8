/*
 * ExecutionTrace: what PyTorch's ExecutionTraceObserver writes beside a Kineto trace. No times, but every operator's tensors
 * with identities, strides and outputs; a node's rf_id is the Kineto event's "Record function id". Schemas 1.0.1 (2023,
 * flat nodes) to 1.1.1.
 */
#define _GNU_SOURCE /* memmem */
#include "importers/torch/execution_trace.h"

#include "importers/importer.h"
#include "importers/json/shape.h"
#include "importers/json/walk.h"

enum { INPUTS, OUTPUTS };

/* One side of a node: four arrays in parallel, as text. */
struct side {
    struct json_text values, shapes, strides, types;
};

struct trace {
    struct job *job;
    int64_t operators; /* that were told */
    struct tensor_use tensor[SIGNATURE_TENSORS];
    struct tensor_identity identity[SIGNATURE_TENSORS];
    struct signature signature;
    struct strbuf arguments;
};

static bool holds(struct json_text text, const char *word)
{
    return text.at && memmem(text.at, json_length(text), word, strlen(word)) != NULL;
}

static bool sniff(const char *head, size_t length)
{
    struct json_text text = {json_space(head, head + length), head + length};
    return text.at < text.end && *text.at == '{' && holds(text, "\"schema\"") && holds(text, "\"nodes\"");
}

static bool key_is(struct json_text key, const char *word)
{
    return json_is(key, word, strlen(word));
}

static void read_side(struct side *side, struct json_text value)
{
    const char *at = value.at + 1;
    struct json_text key, list;

    if (*value.at == '[') { /* schema 1.0.1: the values alone */
        side->values = value;
        return;
    }
    while (*value.at == '{' && json_next_member(&at, value.end, &key, &list) == JSON_FOUND) {
        if (key_is(key, "values"))
            side->values = list;
        else if (key_is(key, "shapes"))
            side->shapes = list;
        else if (key_is(key, "strides"))
            side->strides = list;
        else if (key_is(key, "types"))
            side->types = list;
    }
}

/* The value of attribute "rf_id" among [{"name": ..., "value": ...}, ...]. */
static void read_attributes(struct json_text attributes, int64_t *record_id)
{
    struct json_list list = json_list_open(attributes);
    struct json_text one, key, value;

    while (json_list_next(&list, &one)) {
        const char *at = one.at + 1;
        struct json_text name = {0}, number = {0};
        while (*one.at == '{' && json_next_member(&at, one.end, &key, &value) == JSON_FOUND) {
            if (key_is(key, "name"))
                name = json_bare(value);
            else if (key_is(key, "value"))
                number = value;
        }
        if (name.at && key_is(name, "rf_id")) {
            json_integer(number, record_id);
            return;
        }
    }
}

/* Places of schema 1.0.1's flat keys. */
struct flat_row {
    const char *key;
    int side;
    size_t member;
};

static const struct flat_row flat_rows[] = {
    {"input_shapes", INPUTS, offsetof(struct side, shapes)},
    {"input_types", INPUTS, offsetof(struct side, types)},
    {"output_shapes", OUTPUTS, offsetof(struct side, shapes)},
    {"output_types", OUTPUTS, offsetof(struct side, types)},
};

static void read_flat(struct side side[2], struct json_text key, struct json_text value)
{
    for (size_t i = 0; i < sizeof flat_rows / sizeof *flat_rows; i++) {
        if (key_is(key, flat_rows[i].key))
            memcpy((char *)&side[flat_rows[i].side] + flat_rows[i].member, &value, sizeof value);
    }
}

/* False when the node is no JSON. */
static bool read_node(struct json_text node, struct side side[2], int64_t *record_id)
{
    const char *at = node.at + 1;
    struct json_text key, value;
    enum json_step step;

    while ((step = json_next_member(&at, node.end, &key, &value)) == JSON_FOUND) {
        if (key_is(key, "inputs"))
            read_side(&side[INPUTS], value);
        else if (key_is(key, "outputs"))
            read_side(&side[OUTPUTS], value);
        else if (key_is(key, "attrs"))
            read_attributes(value, record_id);
        else if (key_is(key, "rf_id"))
            json_integer(value, record_id);
        else
            read_flat(side, key, value);
    }
    return step == JSON_END;
}

/* [tensor id, storage id, offset, elements, element bytes, "device"] */
static struct tensor_identity read_identity(struct json_text value)
{
    struct json_list list = json_list_open(value);
    int64_t number[3] = {-1, -1, -1};
    struct json_text one;

    for (int i = 0; i < 3 && json_list_next(&list, &one); i++)
        json_integer(one, &number[i]);
    if (number[1] <= 0) /* a tensor without storage */
        number[1] = number[2] = -1;
    return (struct tensor_identity){.id = number[0], .storage = number[1], .offset = number[2]};
}

#define TENSOR_PREFIX "Tensor("

/* "Tensor(float)" -> "float"; false for other types and for a tensor that is not there ("nullptr (uninitialized)"). */
static bool tensor_type(struct json_text type, struct json_text *dtype)
{
    size_t prefix = sizeof TENSOR_PREFIX - 1;
    if (json_length(type) <= prefix || memcmp(type.at, TENSOR_PREFIX, prefix) != 0)
        return false;
    *dtype = (struct json_text){type.at + prefix, type.end - 1};
    return !holds(*dtype, "nullptr");
}

/* What one position of a node is told by. */
struct position {
    struct json_text value, shape, stride, type;
    int number;
    bool out;
};

static void add_tensor(struct trace *self, const struct position *position)
{
    struct signature *signature = &self->signature;
    struct json_text dtype;

    if (!tensor_type(position->type, &dtype))
        return;
    if (signature->tensors == SIGNATURE_TENSORS) {
        signature->left_out++;
        return;
    }
    struct tensor_use *use = &self->tensor[signature->tensors];
    *use = (struct tensor_use){.position = position->number, .out = position->out};
    use->kind.dtype = tensor_dtype(dtype.at, (int)json_length(dtype));
    json_shape(position->shape, position->stride, &use->kind);
    self->identity[signature->tensors++] = read_identity(position->value);
}

/* The next of "Tensor(float),Tensor(float)]". */
static bool next_type(const char **at, const char *end, struct json_text *type)
{
    int depth = 0;
    type->at = *at;
    for (; *at < end; ++*at) {
        depth += (**at == '(' || **at == '[') - (**at == ')' || **at == ']');
        if (depth < 0 || (depth == 0 && **at == ','))
            break;
    }
    type->end = *at;
    *at += *at < end;
    return type->end > type->at;
}

static struct json_text next_or_none(struct json_list *list)
{
    struct json_text value;
    return json_list_next(list, &value) ? value : (struct json_text){0};
}

/* "GenericList[Tensor(float),Tensor(float)]": members share the position. */
static void add_list(struct trace *self, const struct position *position)
{
    struct json_list values = json_list_open(position->value), shapes = json_list_open(position->shape);
    struct json_list strides = json_list_open(position->stride);
    struct position member = *position;
    const char *at = memchr(position->type.at, '[', json_length(position->type));

    if (!at)
        return;
    at++;
    while (next_type(&at, position->type.end, &member.type) && json_list_next(&values, &member.value)) {
        member.shape = next_or_none(&shapes);
        member.stride = next_or_none(&strides);
        add_tensor(self, &member);
    }
}

/* Other arguments in Kineto's spelling: "[2, 2]", "False", "" for what is not given. */
static void add_argument(struct trace *self, const struct position *position, bool tensors)
{
    struct strbuf *out = &self->arguments;
    struct json_text value = json_bare(position->value);

    if (position->number)
        strbuf_append(out, "\t");
    if (tensors || key_is(value, "<None>"))
        return;
    if (key_is(value, "true") || key_is(value, "false")) {
        strbuf_append(out, *value.at == 't' ? "True" : "False");
        return;
    }
    for (const char *c = value.at; c < value.end; c++) {
        strbuf_append_bytes(out, (unsigned char)*c < ' ' ? " " : c, 1);
        if (*c == ',' && c + 1 < value.end && c[1] != ' ' && *position->value.at == '[')
            strbuf_append(out, " ");
    }
}

static void take_side(struct trace *self, const struct side *side, bool out)
{
    struct json_list values = json_list_open(side->values), shapes = json_list_open(side->shapes);
    struct json_list strides = json_list_open(side->strides), types = json_list_open(side->types);
    struct position at = {.out = out};

    for (; json_list_next(&values, &at.value); at.number++) {
        at.shape = next_or_none(&shapes);
        at.stride = next_or_none(&strides);
        at.type = json_bare(next_or_none(&types));
        bool tensors = holds(at.type, TENSOR_PREFIX);
        if (tensors && holds(at.type, "List["))
            add_list(self, &at);
        else if (tensors)
            add_tensor(self, &at);
        if (!out)
            add_argument(self, &at, tensors);
    }
}

static enum status take_node(void *user, struct json_text node, bool *broken)
{
    struct trace *self = user;
    struct side side[2] = {0};
    int64_t record_id = -1;

    *broken = !read_node(node, side, &record_id);
    if (*broken || record_id <= 0)
        return STATUS_OK;
    strbuf_clear(&self->arguments);
    self->signature = (struct signature){.tensor = self->tensor};
    take_side(self, &side[INPUTS], false);
    take_side(self, &side[OUTPUTS], true);
    self->signature.arguments = self->arguments.text;
    if (!self->signature.tensors)
        return STATUS_OK;
    self->operators++;
    return job_tensors(self->job, record_id, &self->signature, self->identity);
}

enum status execution_trace_read(struct job *job, const char *path)
{
    struct trace self = {.job = job};
    struct json_walk walk = {.array = "nodes", .user = &self, .element = take_node};
    struct json_outcome outcome;
    struct strbuf line;
    enum status status;

    strbuf_init(&self.arguments);
    strbuf_init(&line);
    TRY_OUT(json_walk_file(path, &walk, &outcome));
    for (int which = 0; which < 2; which++) {
        strbuf_clear(&line);
        if (json_outcome_note(&outcome, which, &line))
            TRY_OUT(job_note(job, "%s: %s", path, line.text));
    }
    if (!self.operators)
        status = job_note(job, "%s: tells no operator's tensors", path);
out:
    strbuf_release(&line);
    strbuf_release(&self.arguments);
    return status;
}

const struct importer importer_execution_trace = {
    .name = "execution_trace",
    .what = "PyTorch ExecutionTrace JSON, after the Kineto trace that it belongs to",
    .beside = true,
    .sniff = sniff,
    .read = execution_trace_read,
};
