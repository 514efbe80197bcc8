/* Descriptors: names, dtypes, tags; the sizes come from problem.c. */
#include "importers/onednn/tensor.h"

#include <ctype.h>
#include <string.h>

#include "importers/onednn/problem.h"

/* What stands for a data type, known to clprof or not (src/common/c_types_map and dnnl_debug). */
static bool is_dtype(struct text text)
{
    static const char *const words[] = {
        "undef", "f32", "f64", "f16", "bf16", "s32", "s64", "s8", "u8", "s4", "u4", "boolean", "bin",
        "f8_e5m2", "f8_e4m3", "f4_e2m1", "f4_e3m0", "e8m0", "tf32", "data_type_undef",
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (text_is(text, words[i]))
            return true;
    }
    return false;
}

/* "diff_src_f32" -> "diff_src", "f32". */
static bool split_dtype(struct text name, struct text *stem, struct text *dtype)
{
    for (int i = 1; i < name.length; i++) {
        struct text tail = {name.at + i + 1, name.length - i - 1};
        if (name.at[i] == '_' && is_dtype(tail)) {
            *stem = (struct text){name.at, i};
            *dtype = tail;
            return true;
        }
    }
    return false;
}

/* MKL-DNN's names of formats ("nChw8c", "gOIhw16i16o") as tags: letters by the place of the dimension. */
static bool tag_of_old_name(struct text name, char *tag)
{
    static const char *const orders[] = {"ncdhw", "goidhw"};
    bool weights = false;
    int at = 0;
    if (name.length >= TAG_BYTES || text_is(name, "undef") || text_is(name, "any"))
        return false;
    for (int i = 0; i < name.length; i++)
        weights |= strchr("goi", tolower((unsigned char)name.at[i])) != NULL;
    for (int i = 0; i < name.length; i++) {
        char c = name.at[i], lower = (char)tolower((unsigned char)c);
        const char *order = orders[weights], *place = isalpha((unsigned char)c) ? strchr(order, lower) : NULL;
        char letter = 'a';
        if (!place && !isdigit((unsigned char)c))
            return text_is(name, "x") ? (strcpy(tag, "a"), true) : false;
        for (const char *before = order; place && before < place; before++)
            letter += memchr(name.at, *before, (size_t)name.length) ||
                      memchr(name.at, toupper((unsigned char)*before), (size_t)name.length);
        tag[at++] = !place ? c : isupper((unsigned char)c) ? (char)toupper((unsigned char)letter) : letter;
    }
    tag[at] = 0;
    return at > 0;
}

/* Number of dimensions of a tag, 0 = no tag; *plain: nothing is split into blocks. */
static int tag_dims(const char *tag, bool *plain)
{
    int dims = 0, at = 0;
    unsigned seen = 0;
    for (; isalpha((unsigned char)tag[at]); at++) {
        int place = tolower((unsigned char)tag[at]) - 'a';
        if (place >= TENSOR_MAX_DIMS || seen >> place & 1)
            return 0;
        seen |= 1u << place;
        dims++;
    }
    *plain = tag[at] == 0;
    for (int i = 0; i < at; i++)
        *plain &= islower((unsigned char)tag[i]) != 0;
    return seen == (1u << dims) - 1 ? dims : 0;
}

/* Strides of a plain tag over known sizes. False when they overflow. */
static bool strides_by_tag(const char *tag, struct tensor_kind *kind)
{
    int64_t stride = 1;
    for (int i = kind->dims - 1; i >= 0; i--) {
        int place = tag[i] - 'a';
        kind->stride[place] = stride;
        if (__builtin_mul_overflow(stride, kind->size[place] > 0 ? kind->size[place] : 1, &stride))
            return false;
    }
    return true;
}

static void set_format(struct descriptor *tensor, struct text strides)
{
    bool plain = false;
    int dims = tag_dims(tensor->tag, &plain);
    struct tensor_kind *kind = &tensor->kind;
    struct tensor_kind told = *kind;

    if (dims == 0)
        return; /* no tag that can be read: the format stays unknown */
    if (kind->dims >= 0 && dims != kind->dims)
        kind->dims = -1;
    if (!plain) {
        kind->blocked = true;
        return;
    }
    if (kind->dims < 0)
        return;
    kind->has_strides = strides_by_tag(tensor->tag, kind);
    if (strides.length && problem_numbers(strides, TENSOR_MAX_DIMS, told.stride) == kind->dims)
        memcpy(kind->stride, told.stride, sizeof told.stride);
}

struct named_role {
    const char *name; /* without the f of MKL-DNN's */
    enum role role;
};

/* diff_ in front is looked at first; "in" and "out" are MKL-DNN's reorder. */
static enum role role_of(struct text name)
{
    static const struct named_role roles[] = {
        {"src", ROLE_SRC}, {"src0", ROLE_SRC}, {"src_0", ROLE_SRC}, {"data", ROLE_SRC}, {"in", ROLE_SRC},
        {"wei", ROLE_WEIGHTS}, {"src1", ROLE_WEIGHTS}, {"src_1", ROLE_WEIGHTS}, {"bia", ROLE_BIAS},
        {"dst", ROLE_DIFF}, {"out", ROLE_DIFF}, {"diff", ROLE_DIFF},
    };
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        if (text_is(name, roles[i].name))
            return roles[i].role;
    }
    return ROLE_REST;
}

/* A descriptor taken apart; strides empty where there are none. */
struct parts {
    struct text name, dtype, kind, tag, strides;
    bool old; /* MKL-DNN's: tag is a format's name */
};

/* "fsrc:nchw", "in:f32_nchw". */
static void take_old_apart(struct text name, struct text format, struct parts *out)
{
    struct text after = format, dtype = text_part(&after, '_');
    bool typed = is_dtype(dtype) && after.length;
    bool prefixed = name.length > 1 && name.at[0] == 'f';
    *out = (struct parts){
        .name = {name.at + prefixed, name.length - prefixed},
        .dtype = typed || text_is(format, "undef") ? dtype : (struct text){format.at, 0},
        .kind = {"blocked", 7},
        .tag = typed ? after : format,
        .strides = {format.at, 0},
        .old = true,
    };
}

static bool take_apart(struct text token, struct parts *out)
{
    struct text field[9];
    int count = 0;
    for (struct text rest = token; rest.length && count < 9;)
        field[count++] = text_part(&rest, ':');
    for (int i = count; i < 9; i++)
        field[i] = (struct text){token.at, 0};
    if (count < 2 || field[0].length == 0)
        return false;
    *out = (struct parts){.name = field[0], .kind = field[2], .tag = field[3], .strides = field[4]};
    if (split_dtype(field[0], &out->name, &out->dtype))
        return true;
    if (count == 2) {
        take_old_apart(field[0], field[1], out);
        return true;
    }
    *out = (struct parts){field[0], field[1], field[3], field[4], field[5], false};
    return is_dtype(field[1]);
}

/* False: can't be read. */
static bool set_tag(const struct parts *parts, struct descriptor *out)
{
    if (parts->tag.length >= TAG_BYTES)
        return false;
    if (text_is(parts->kind, "blocked")) {
        if (parts->old && !tag_of_old_name(parts->tag, out->tag))
            return true;
        if (!parts->old)
            memcpy(out->tag, parts->tag.at, (size_t)parts->tag.length);
        set_format(out, parts->strides);
    } else {
        out->kind.blocked = parts->kind.length && !text_is(parts->kind, "any") && !text_is(parts->kind, "undef");
    }
    return true;
}

struct seen {
    bool diff; /* of any descriptor: written diff_ */
    bool forward, data, weights;
};

/* Which of a primitive's tensors it gives: told by its direction, where no name says diff_. */
static bool is_output(const struct descriptor *tensor, bool diff, const struct seen *seen)
{
    bool parameter = tensor->role == ROLE_WEIGHTS || tensor->role == ROLE_BIAS;
    if (seen->forward)
        return tensor->role == ROLE_DIFF;
    if (seen->diff)
        return diff && tensor->role != ROLE_DIFF;
    return (seen->data && tensor->role == ROLE_SRC) || (seen->weights && parameter);
}

static void number_outputs(struct primitive *self)
{
    int outputs = 0;
    for (int i = 0; i < self->tensors; i++)
        self->tensor[i].position = self->tensor[i].out ? outputs++ : (int)self->tensor[i].role;
}

/* Normalisations and activations of old versions take and give `data`, backward ones `diff`. */
static void add_in_place(struct primitive *self, enum role role)
{
    if (self->tensors == PRIMITIVE_TENSORS)
        return;
    for (int i = 0; i < self->tensors; i++) {
        if (self->tensor[i].role == role && !self->tensor[i].out) {
            self->tensor[self->tensors] = self->tensor[i];
            self->tensor[self->tensors++].out = true;
            return;
        }
    }
}

bool primitive_read(const struct verbose_line *line, struct primitive *out)
{
    struct text rest = line->field[FIELD_DESCRIPTORS];
    struct text prop = line->field[FIELD_PROP_KIND];
    struct problem problem;
    bool diff[PRIMITIVE_TENSORS] = {false}, in_place = false;
    struct seen seen = {.forward = !text_starts(prop, "backward"), .data = text_is(prop, "backward_data"),
                        .weights = text_is(prop, "backward_weights")};

    problem_read(line->field[FIELD_PRIMITIVE], line->field[FIELD_PROBLEM], &problem);
    out->tensors = 0;
    while (rest.length && out->tensors < PRIMITIVE_TENSORS) {
        struct text token = text_part(&rest, ' ');
        struct parts parts;
        struct descriptor *tensor = &out->tensor[out->tensors];
        if (token.length == 0)
            continue;
        if (!take_apart(token, &parts))
            return false;
        if (text_is(parts.dtype, "undef"))
            continue;
        bool is_diff = text_starts(parts.name, "diff_");
        struct text stem = {parts.name.at + 5 * is_diff, parts.name.length - 5 * is_diff};
        *tensor = (struct descriptor){.kind.dtype = tensor_dtype(parts.dtype.at, parts.dtype.length), .role = role_of(stem)};
        in_place |= text_is(stem, "data");
        problem_sizes(&problem, tensor->role, &tensor->kind);
        tensor->grouped = tensor->role == ROLE_WEIGHTS && problem.size[SIZE_G] > 1;
        if (!set_tag(&parts, tensor))
            return false;
        diff[out->tensors++] = is_diff;
        seen.diff |= is_diff;
    }
    for (int i = 0; i < out->tensors; i++)
        out->tensor[i].out = is_output(&out->tensor[i], diff[i], &seen);
    if (in_place)
        add_in_place(out, seen.forward ? ROLE_SRC : ROLE_DIFF);
    number_outputs(out);
    return true;
}

bool descriptor_equal(const struct descriptor *a, const struct descriptor *b)
{
    bool sizes_known = a->kind.dims >= 0 && b->kind.dims >= 0;
    bool dtype_differs = a->kind.dtype && b->kind.dtype && strcmp(a->kind.dtype, b->kind.dtype) != 0;
    if (dtype_differs || strcmp(a->tag, b->tag) != 0 || a->kind.blocked != b->kind.blocked)
        return false;
    return !sizes_known || (a->kind.dims == b->kind.dims &&
                            memcmp(a->kind.size, b->kind.size, (size_t)a->kind.dims * sizeof a->kind.size[0]) == 0);
}

struct tensor_kind tensor_without_groups(const struct tensor_kind *kind)
{
    struct tensor_kind merged = *kind;
    if (kind->dims < 3)
        return merged;
    merged.dims--;
    for (int i = 0; i < merged.dims; i++) {
        merged.size[i] = kind->size[i + 1];
        merged.stride[i] = kind->stride[i + 1];
    }
    int64_t span = 0;
    bool overflow = __builtin_mul_overflow(kind->size[0], kind->size[1], &merged.size[0]);
    merged.has_strides &= !__builtin_mul_overflow(kind->size[1], kind->stride[1], &span) && span == kind->stride[0];
    if (overflow)
        merged.dims = -1;
    return merged;
}

static bool splits(const char *tag, char dimension)
{
    return strchr(tag, toupper((unsigned char)dimension)) != NULL;
}

bool tag_is_weights(const char *tag)
{
    const char *blocks = tag + strcspn(tag, "0123456789");
    bool whole = splits(tag, 'a') && strchr(blocks, 'a');
    bool grouped = splits(tag, 'b') && splits(tag, 'c') && strchr(blocks, 'b');
    return whole || grouped;
}
