/* Letters or lists; both end in sizes by role. */
#include "importers/onednn/problem.h"

#include <ctype.h>
#include <string.h>

#include "importers/onednn/tensor.h"

#define LARGEST_SIZE ((int64_t)1 << 40)

static bool read_size(struct text *rest, int64_t *size)
{
    int64_t value = 0;
    int at = 0;
    while (at < rest->length && isdigit((unsigned char)rest->at[at]) && value < LARGEST_SIZE)
        value = value * 10 + (rest->at[at++] - '0');
    rest->at += at;
    rest->length -= at;
    *size = value;
    return at > 0 && value < LARGEST_SIZE;
}

int problem_numbers(struct text text, int most, int64_t *number)
{
    int count = 0;
    for (;;) {
        if (count == most || !read_size(&text, &number[count]))
            return 0;
        count++;
        if (text.length == 0)
            return count;
        if (text.at[0] != 'x')
            return 0;
        text.at++;
        text.length--;
    }
}

static enum problem_size size_of(struct text word)
{
    static const char *const words[PROBLEM_SIZES] = {"mb", "g",  "ic", "oc", "id", "ih", "iw",
                                                     "od", "oh", "ow", "kd", "kh", "kw"};
    int i = 0;
    while (i < PROBLEM_SIZES && !text_is(word, words[i]))
        i++;
    return (enum problem_size)i;
}

static void read_letters(struct text rest, struct problem *out)
{
    while (rest.length) {
        struct text word = {rest.at, 0};
        while (rest.length && !isdigit((unsigned char)rest.at[0])) {
            bool letter = isalpha((unsigned char)rest.at[0]);
            rest.at++;
            rest.length--;
            word.length++;
            if (!letter)
                word = (struct text){rest.at, 0};
        }
        int64_t value;
        if (!read_size(&rest, &value))
            return;
        enum problem_size size = size_of(word);
        if (size < PROBLEM_SIZES)
            out->size[size] = value;
    }
}

static void read_shapes(struct text rest, struct problem *out)
{
    while (rest.length) {
        struct text shape = text_part(&rest, ':');
        int dims = 0;
        if (out->shapes < PROBLEM_SHAPES)
            dims = problem_numbers(shape, TENSOR_MAX_DIMS, out->shape[out->shapes]);
        if (dims == 0) {
            out->shapes = -1;
            return;
        }
        out->dims[out->shapes++] = dims;
    }
}

void problem_read(struct text primitive, struct text problem, struct problem *out)
{
    *out = (struct problem){.inner_product = text_is(primitive, "inner_product"), .matmul = text_is(primitive, "matmul")};
    for (int i = 0; i < PROBLEM_SIZES; i++)
        out->size[i] = -1;
    out->lettered = problem.length && isalpha((unsigned char)problem.at[0]);
    if (out->lettered)
        read_letters(problem, out);
    else
        read_shapes(problem, out);
}

static void add(struct tensor_kind *kind, int64_t size)
{
    if (kind->dims < 0 || kind->dims == TENSOR_MAX_DIMS || size < 0)
        kind->dims = -1;
    else
        kind->size[kind->dims++] = size;
}

static void add_space(const struct problem *problem, enum problem_size first, struct tensor_kind *kind)
{
    for (int i = 0; i < 3; i++) {
        if (problem->size[first + i] >= 0)
            add(kind, problem->size[first + i]);
    }
}

static void weight_sizes(const struct problem *problem, struct tensor_kind *kind)
{
    int64_t groups = problem->size[SIZE_G] > 1 ? problem->size[SIZE_G] : 1;
    if (problem->size[SIZE_OC] < 0 || problem->size[SIZE_IC] < 0) {
        kind->dims = -1;
        return;
    }
    if (groups > 1)
        add(kind, groups);
    add(kind, problem->size[SIZE_OC] / groups);
    add(kind, problem->size[SIZE_IC] / groups);
    add_space(problem, problem->inner_product ? SIZE_ID : SIZE_KD, kind);
}

static void lettered_sizes(const struct problem *problem, int role, struct tensor_kind *kind)
{
    bool channels_change = problem->size[SIZE_OC] >= 0;
    bool space_changes = problem->size[SIZE_OW] >= 0 || problem->inner_product;
    kind->dims = 0;
    if (role == ROLE_SRC) {
        add(kind, problem->size[SIZE_MB]);
        add(kind, problem->size[SIZE_IC]);
        add_space(problem, SIZE_ID, kind);
    } else if (role == ROLE_DIFF) {
        add(kind, problem->size[SIZE_MB]);
        add(kind, problem->size[channels_change ? SIZE_OC : SIZE_IC]);
        if (!problem->inner_product)
            add_space(problem, space_changes ? SIZE_OD : SIZE_ID, kind);
    } else if (role == ROLE_WEIGHTS) {
        weight_sizes(problem, kind);
    } else if (role == ROLE_BIAS) {
        add(kind, problem->size[SIZE_OC]);
    } else {
        kind->dims = -1;
    }
}

static void take_shape(const struct problem *problem, int number, struct tensor_kind *kind)
{
    if (number >= problem->shapes)
        return;
    kind->dims = problem->dims[number];
    memcpy(kind->size, problem->shape[number], sizeof problem->shape[number]);
}

/* The result of a product: all dimensions of the left one but the last, which is the right one's. */
static void product_sizes(const struct problem *problem, struct tensor_kind *kind)
{
    take_shape(problem, problem->shapes > 2 ? 2 : 0, kind);
    if (problem->shapes == 2 && problem->dims[0] == problem->dims[1])
        kind->size[kind->dims - 1] = problem->shape[1][problem->dims[1] - 1];
    else if (problem->shapes < 3)
        kind->dims = -1;
}

void problem_sizes(const struct problem *problem, int role, struct tensor_kind *kind)
{
    kind->dims = -1;
    if (problem->lettered)
        lettered_sizes(problem, role, kind);
    else if (role == ROLE_SRC)
        take_shape(problem, 0, kind);
    else if (role == ROLE_WEIGHTS)
        take_shape(problem, 1, kind);
    else if (role == ROLE_DIFF && problem->matmul)
        product_sizes(problem, kind);
    else if (role == ROLE_DIFF && (problem->shapes == 1 || (problem->shapes == 2 && problem->dims[0] == problem->dims[1])))
        take_shape(problem, 0, kind);
}
