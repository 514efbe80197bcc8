/* Words for element types, and what shape and strides tell of a tensor. */
#include "importers/tensors.h"

#include <stddef.h>
#include <string.h>

struct dtype_word {
    const char *text; /* as a profiler writes it */
    const char *dtype;
    int bytes;
};

/* Sources: c10/core/ScalarType.h and caffe2::TypeMeta names (Kineto "Input type", ExecutionTrace "Tensor(...)"); CUDA's
 * cuda_fp16.h, cuda_bf16.h (kernel template arguments); oneDNN's verbose data types. */
static const struct dtype_word words[] = {
    {"float", "float32", 4},          {"c10::BFloat16", "bfloat16", 2}, {"c10::Half", "float16", 2},
    {"double", "float64", 8},         {"long int", "int64", 8},         {"int", "int32", 4},
    {"short int", "int16", 2},        {"signed char", "int8", 1},       {"unsigned char", "uint8", 1},
    {"bool", "bool", 1},              {"c10::complex<float>", "complex64", 8},
    {"c10::complex<double>", "complex128", 16},
    {"c10::Float8_e4m3fn", "float8_e4m3fn", 1}, {"c10::Float8_e5m2", "float8_e5m2", 1},
    {"long", "int64", 8},             {"short", "int16", 2},            {"char", "int8", 1},
    {"Float", "float32", 4},          {"BFloat16", "bfloat16", 2},      {"Half", "float16", 2},
    {"Double", "float64", 8},         {"Long", "int64", 8},             {"Int", "int32", 4},
    {"__half", "float16", 2},         {"half", "float16", 2},           {"__nv_bfloat16", "bfloat16", 2},
    {"f32", "float32", 4},            {"bf16", "bfloat16", 2},          {"f16", "float16", 2},
    {"f64", "float64", 8},            {"s64", "int64", 8},              {"s32", "int32", 4},
    {"s8", "int8", 1},                {"u8", "uint8", 1},               {"float32", "float32", 4},
    {"bfloat16", "bfloat16", 2},      {"float16", "float16", 2},        {"float64", "float64", 8},
    {"int64", "int64", 8},            {"int32", "int32", 4},
};

const char *tensor_dtype(const char *text, int length)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if ((int)strlen(words[i].text) == length && memcmp(words[i].text, text, (size_t)length) == 0)
            return words[i].dtype;
    }
    return NULL;
}

int tensor_dtype_bytes(const char *dtype)
{
    for (size_t i = 0; dtype && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].dtype, dtype) == 0)
            return words[i].bytes;
    }
    return 0;
}

int64_t tensor_elements(const struct tensor_kind *kind)
{
    int64_t elements = 1;
    for (int i = 0; i < kind->dims; i++) {
        if (kind->size[i] < 0 || __builtin_mul_overflow(elements, kind->size[i], &elements))
            return -1;
    }
    return kind->dims < 0 ? -1 : elements;
}

enum memory_format tensor_kind_format(const struct tensor_kind *kind)
{
    if (kind->blocked)
        return FORMAT_BLOCKED;
    return kind->dims == 4 && kind->has_strides && tensor_elements(kind) >= 0 ? layout_of(4, kind->size, kind->stride) : FORMAT_COUNT;
}
