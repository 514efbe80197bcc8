/* Shapes and strides told as JSON arrays: Kineto's "Input Dims", ExecutionTrace's "shapes". */
#ifndef IMPORTERS_JSON_SHAPE_H
#define IMPORTERS_JSON_SHAPE_H

#include "importers/json/text.h"
#include "importers/tensors.h"

/* Walks through an array; of what is none (at == NULL, "null") it gives nothing. */
struct json_list {
    const char *at, *end; /* at == NULL: nothing (more) */
};

struct json_list json_list_open(struct json_text array);

/* The next value; false at the end, and for ever after. */
bool json_list_next(struct json_list *list, struct json_text *value);

/* True for "[[" : an array of arrays, a tensor list's shapes. */
bool json_is_nested(struct json_text array);

/*
 * "[64, 3, 7, 7]" and "[147, 1, 21, 3]" -> sizes and strides. A shape of more than TENSOR_MAX_DIMS dimensions or of no numbers
 * is unknown (dims -1); strides that are not told or do not fit the shape leave has_strides false. dtype stays.
 */
void json_shape(struct json_text sizes, struct json_text strides, struct tensor_kind *kind);

#endif
