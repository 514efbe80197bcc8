/* NVTX texts, read from their end to their beginning: a name may hold anything, PyTorch's additions stand behind it. */
#define _GNU_SOURCE /* memmem */
#include "importers/nsys/range.h"

#include <ctype.h>
#include <string.h>

/* Namespaces of what PyTorch itself registers with its dispatcher or names in its engine. */
static const char *const namespaces[] = {
    "aten", "prim", "torch", "torchvision", "autograd", "c10d", "_c10d_functional", "quantized", "mkldnn", "inductor",
};

static const char *find(const char *text, int length, const char *what)
{
    return memmem(text, (size_t)length, what, strlen(what));
}

#define LARGEST_NUMBER ((int64_t)1 << 48) /* of sequence numbers, and of sizes */

/* A whole number at the start of the text; -1 = none, or too large. Returns how many bytes it takes. */
static int read_number(const char *text, int length, int64_t *number)
{
    int at = 0;
    int64_t value = 0;
    for (; at < length && isdigit((unsigned char)text[at]); at++)
        value = value <= LARGEST_NUMBER ? value * 10 + (text[at] - '0') : value;
    *number = at && value <= LARGEST_NUMBER ? value : -1;
    return at;
}

/* Finds one of PyTorch's additions and cuts the name in front of it; NULL = not there. */
static const char *cut(struct range *range, const char *text, int length, const char *what)
{
    const char *found = find(text, length, what);
    if (!found)
        return NULL;
    if (found - text < range->name_length)
        range->name_length = (int)(found - text);
    return found + strlen(what);
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* "aten::conv2d", "torch::autograd::AccumulateGrad", "aten::add_.Tensor": words tied by "::", at least two. */
static bool is_function(const char *name, int length)
{
    int words = 0, at = 0;
    for (;;) {
        int start = at;
        while (at < length && (is_word(name[at]) || (name[at] == '.' && words)))
            at++;
        if (at == start)
            return false;
        words++;
        if (at == length)
            return words > 1;
        if (length - at < 2 || name[at] != ':' || name[at + 1] != ':')
            return false;
        at += 2;
    }
}

static bool has_known_namespace(const char *name, int length)
{
    const char *colons = find(name, length, "::");
    for (size_t i = 0; colons && i < sizeof namespaces / sizeof namespaces[0]; i++) {
        if (strlen(namespaces[i]) == (size_t)(colons - name) && memcmp(namespaces[i], name, (size_t)(colons - name)) == 0)
            return true;
    }
    return false;
}

/* "layer1.0.conv1": words tied by dots, one of them a number, one of them none. */
static bool is_module_path(const char *name, int length)
{
    bool number = false, word = false;
    int start = 0, dots = 0;
    for (int at = 0; at <= length; at++) {
        if (at < length && name[at] != '.') {
            if (!is_word(name[at]))
                return false;
            continue;
        }
        if (at == start)
            return false;
        int64_t ignored;
        bool digits = read_number(name + start, at - start, &ignored) == at - start;
        number |= digits;
        word |= !digits;
        dots += at < length;
        start = at + 1;
    }
    return number && word && dots;
}

static bool starts_with(const char *name, int length, const char *start)
{
    return (size_t)length > strlen(start) && memcmp(name, start, strlen(start)) == 0;
}

/* ConvolutionBackward0: a node of autograd's graph. */
static bool is_backward_node(const char *name, int length)
{
    static const char word[] = "Backward";
    while (length > 0 && isdigit((unsigned char)name[length - 1]))
        length--;
    int tail = (int)sizeof word - 1;
    if (length <= tail || memcmp(name + length - tail, word, (size_t)tail) != 0)
        return false;
    for (int i = 0; i < length; i++) {
        if (!is_word(name[i]))
            return false;
    }
    return true;
}

static enum span_kind kind_of(struct range *range, bool op_id)
{
    static const char module[] = "nn.Module: ", engine[] = "autograd::engine::evaluate_function: ";
    const char *name = range->name;
    int length = range->name_length;

    if (length == 0)
        return SPAN_ANNOTATION;
    if (range->sequence >= 0 || range->sizes || starts_with(name, length, engine))
        return SPAN_OPERATOR;
    if (op_id && (is_function(name, length) || is_backward_node(name, length)))
        return SPAN_OPERATOR;
    if (is_function(name, length) && has_known_namespace(name, length))
        return SPAN_OPERATOR;
    if (starts_with(name, length, module)) {
        range->name += sizeof module - 1;
        range->name_length -= (int)sizeof module - 1;
        return SPAN_MODULE;
    }
    return is_module_path(name, length) ? SPAN_MODULE : SPAN_ANNOTATION;
}

/* "conv2d", "add_": how operators were named before they had a namespace. Autograd's nodes begin with a capital. */
static bool is_bare_operator(const struct range *range)
{
    bool all = range->name_length > 0;
    for (int i = 0; i < range->name_length; i++)
        all &= is_word(range->name[i]) && (i || islower((unsigned char)range->name[i]) || range->name[i] == '_');
    return all;
}

void range_parse(const char *text, int length, struct range *out)
{
    *out = (struct range){.name = text, .name_length = length, .prefix = "", .sequence = -1};
    const char *edges = cut(out, text, length, ", input_op_ids = [");
    const char *sizes = cut(out, text, length, ", sizes = ");
    const char *op_id = cut(out, text, length, ", op_id = ");
    const char *sequence = cut(out, text, length, ", seq = ");
    if (!sequence)
        sequence = cut(out, text, length, ", stashed seq = ");
    int64_t id = -1;

    if (sequence)
        read_number(sequence, (int)(text + length - sequence), &out->sequence);
    if (op_id)
        read_number(op_id, (int)(text + length - op_id), &id);
    if (sizes && sizes < text + length && *sizes == '[') {
        const char *end = edges && edges > sizes ? edges - strlen(", input_op_ids = [") : text + length;
        out->sizes = sizes;
        out->sizes_length = (int)(end - sizes);
    }
    /* What only looks like an addition belongs to the name. */
    if (out->sequence < 0 && id < 0 && !out->sizes)
        out->name_length = length;
    out->kind = kind_of(out, id >= 0);
    if (out->kind == SPAN_OPERATOR && id < 0 && is_bare_operator(out))
        out->prefix = "aten::";
}

struct sizes {
    const char *at, *end;
};

static void skip_blanks(struct sizes *self)
{
    while (self->at < self->end && (*self->at == ' ' || *self->at == ','))
        self->at++;
}

static bool take(struct sizes *self, char wanted)
{
    skip_blanks(self);
    if (self->at == self->end || *self->at != wanted)
        return false;
    self->at++;
    return true;
}

/* "[8, 3, 224, 224]"; dims counts all, sizes beyond TENSOR_MAX_DIMS are dropped. */
static bool take_shape(struct sizes *self, struct tensor_kind *kind)
{
    if (!take(self, '['))
        return false;
    while (!take(self, ']')) {
        int64_t size;
        int taken = read_number(self->at, (int)(self->end - self->at), &size);
        if (taken == 0 || size < 0)
            return false;
        self->at += taken;
        if (kind->dims < TENSOR_MAX_DIMS)
            kind->size[kind->dims] = size;
        kind->dims++;
    }
    return true;
}

bool range_sizes(const char *text, int length, struct tensor_use *tensor, struct signature *out)
{
    struct sizes self = {text, text + length};
    *out = (struct signature){.tensor = tensor};
    if (!take(&self, '['))
        return false;
    for (int position = 0; !take(&self, ']'); position++) {
        struct tensor_use use = {.position = position};
        if (!take_shape(&self, &use.kind))
            return false;
        if (use.kind.dims == 0 || use.kind.dims > TENSOR_MAX_DIMS)
            continue;
        if (out->tensors == SIGNATURE_TENSORS)
            out->left_out++;
        else
            tensor[out->tensors++] = use;
    }
    return true;
}
