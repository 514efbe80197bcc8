/* Numbers from arrays. */
#include "importers/json/shape.h"

struct json_list json_list_open(struct json_text array)
{
    if (!array.at || *array.at != '[')
        return (struct json_list){0};
    return (struct json_list){array.at + 1, array.end};
}

bool json_list_next(struct json_list *list, struct json_text *value)
{
    if (list->at && json_next_element(&list->at, list->end, value) == JSON_FOUND)
        return true;
    list->at = NULL;
    return false;
}

bool json_is_nested(struct json_text array)
{
    if (!array.at || *array.at != '[')
        return false;
    const char *at = json_space(array.at + 1, array.end);
    return at < array.end && *at == '[';
}

/* Up to TENSOR_MAX_DIMS numbers; -1 when there are more or others. */
static int read_numbers(struct json_text array, int64_t *out)
{
    struct json_list list = json_list_open(array);
    struct json_text value;
    int count = 0;

    if (!list.at)
        return -1;
    while (json_list_next(&list, &value)) {
        if (count == TENSOR_MAX_DIMS || !json_integer(value, &out[count]))
            return -1;
        count++;
    }
    return count;
}

void json_shape(struct json_text sizes, struct json_text strides, struct tensor_kind *kind)
{
    kind->dims = read_numbers(sizes, kind->size);
    for (int i = 0; i < kind->dims; i++) {
        if (kind->size[i] < 0)
            kind->dims = -1;
    }
    kind->has_strides = kind->dims >= 0 && read_numbers(strides, kind->stride) == kind->dims;
}
