/*
 * Four arrays that run in parallel, one entry a position of the operator's schema. An element type ("float",
 * "c10::BFloat16") makes a tensor; capitalised words ("Scalar", "GenericList", in 2021 also "Int") name other arguments.
 */
#include "importers/kineto/signature.h"

#include "importers/json/shape.h"

void kineto_signature_init(struct kineto_signature *self)
{
    *self = (struct kineto_signature){0};
    strbuf_init(&self->arguments);
}

void kineto_signature_release(struct kineto_signature *self)
{
    strbuf_release(&self->arguments);
}

/* What one position of the operator's schema is told by. */
struct position {
    struct json_text dims, strides, type, concrete;
    int number;
};

static void add_tensor(struct kineto_signature *self, const struct position *position, struct json_text dims,
                       struct json_text strides)
{
    struct signature *signature = &self->signature;
    struct json_text type = json_bare(position->type);

    if (signature->tensors == SIGNATURE_TENSORS) {
        signature->left_out++;
        return;
    }
    struct tensor_use *use = &self->tensor[signature->tensors++];
    *use = (struct tensor_use){.position = position->number};
    use->kind.dtype = type.at ? tensor_dtype(type.at, (int)json_length(type)) : NULL;
    json_shape(dims, strides, &use->kind);
}

static void add_list(struct kineto_signature *self, const struct position *position)
{
    struct json_list dims = json_list_open(position->dims), strides = json_list_open(position->strides);
    struct json_text one, its_strides;

    while (json_list_next(&dims, &one)) {
        if (!json_list_next(&strides, &its_strides))
            its_strides = (struct json_text){0};
        add_tensor(self, position, one, its_strides);
    }
}

static bool is_tensor(const struct position *position)
{
    struct json_text type = json_bare(position->type);
    if (!type.at || json_length(type) == 0) {
        /* Old files tell no types; an argument that is no tensor has no dimensions. */
        struct json_list dims = json_list_open(position->dims);
        struct json_text first;
        return json_list_next(&dims, &first);
    }
    return *type.at < 'A' || *type.at > 'Z';
}

static void add_argument(struct kineto_signature *self, const struct position *position)
{
    struct strbuf *out = &self->arguments;
    if (position->number)
        strbuf_append(out, "\t");
    size_t begin = out->length;
    if (position->concrete.at)
        json_unescape(position->concrete, out);
    for (char *c = out->text + begin; c < out->text + out->length; c++)
        *c = *c == '\t' ? ' ' : *c;
}

void kineto_signature_read(struct kineto_signature *self, const struct event *event)
{
    struct json_list dims = json_list_open(event->field[FIELD_DIMS]), strides = json_list_open(event->field[FIELD_STRIDES]);
    struct json_list types = json_list_open(event->field[FIELD_TYPES]);
    struct json_list concrete = json_list_open(event->field[FIELD_CONCRETE]);
    struct position at = {0};
    bool arguments = concrete.at != NULL;

    strbuf_clear(&self->arguments);
    self->signature = (struct signature){.tensor = self->tensor};
    for (; json_list_next(&dims, &at.dims); at.number++) {
        if (!json_list_next(&strides, &at.strides))
            at.strides = (struct json_text){0};
        if (!json_list_next(&types, &at.type))
            at.type = (struct json_text){0};
        if (!json_list_next(&concrete, &at.concrete))
            at.concrete = (struct json_text){0};
        if (json_is_nested(at.dims))
            add_list(self, &at);
        else if (is_tensor(&at))
            add_tensor(self, &at, at.dims, at.strides);
        if (arguments)
            add_argument(self, &at);
    }
    self->signature.arguments = arguments ? self->arguments.text : NULL;
}
