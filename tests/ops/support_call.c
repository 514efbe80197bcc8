/* Cases as calls: describing, allocating, uploading and checking tensors in a back end's memory. */
#include "tests/ops/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUARD_BYTES 64

/*
 * Bytes before a tensor's first element. CLPROF_TEST_SHIFT adds to them, as a view does that begins inside another tensor: no
 * vector is where it wants to be. Elements of 8 bytes stay where they may be.
 */
static size_t lead_bytes(enum dtype dtype)
{
    const char *shift = getenv("CLPROF_TEST_SHIFT");
    return GUARD_BYTES + (shift && dtype_bytes(dtype) <= 4 ? (size_t)atoi(shift) : 0);
}

static size_t memory_bytes(const struct placed_tensor *placed)
{
    return lead_bytes(placed->tensor.dtype) + placed->span_bytes + GUARD_BYTES;
}
#define UNWRITTEN 0xFF

void *test_alloc(size_t bytes)
{
    void *memory = malloc(bytes ? bytes : 1);
    if (!memory)
        abort();
    return memory;
}

enum dtype case_dtype(const struct case_tensor *tensor, const struct call_variant *variant)
{
    enum dtype dtype = tensor->varied ? variant->varied : tensor->dtype;
    return variant->wide && dtype == DTYPE_FLOAT32 ? DTYPE_FLOAT64 : dtype;
}

int64_t case_elements(const struct case_tensor *tensor)
{
    int64_t count = 1;
    for (int d = 0; d < tensor->dims; d++)
        count *= tensor->size[d];
    return count;
}

bool case_has_format(const struct op_case *row)
{
    bool found = false;
    for (int i = 0; i < OP_MAX_IN; i++)
        found |= row->in[i].present && row->in[i].dims == 4;
    for (int i = 0; i < OP_MAX_OUT; i++)
        found |= row->out[i].present && row->out[i].dims == 4;
    return found;
}

bool case_is_varied(const struct op_case *row)
{
    bool varied = false;
    for (int i = 0; i < OP_MAX_IN; i++)
        varied |= row->in[i].varied;
    for (int i = 0; i < OP_MAX_OUT; i++)
        varied |= row->out[i].varied;
    return varied;
}

static void swap(int64_t *values, int a, int b)
{
    int64_t value = values[a];
    values[a] = values[b];
    values[b] = value;
}

static struct tensor describe(const struct case_tensor *wanted, enum dtype dtype, enum memory_format format,
                              bool strided)
{
    int64_t size[TENSOR_MAX_DIMS];
    int first = wanted->dims == 5 || wanted->dims == 3 ? 1 : 0;
    for (int d = 0; d < wanted->dims; d++)
        size[d] = wanted->size[d] + (strided ? 2 : 0);
    if (wanted->transposed)
        swap(size, first, first + 1);
    struct tensor tensor = tensor_make(dtype, wanted->dims, size, format);
    if (wanted->transposed)
        swap(tensor.stride, first, first + 1);
    memcpy(tensor.size, wanted->size, sizeof tensor.size);
    return tensor;
}

static void place(struct test_call *self, struct placed_tensor *placed, const struct tensor *tensor)
{
    placed->tensor = *tensor;
    placed->span_bytes = (size_t)tensor_span_bytes(tensor);
    placed->memory = self->backend->alloc(self->device, memory_bytes(placed), "a test");
    if (!placed->memory)
        abort();
    placed->tensor.data = placed->memory + lead_bytes(tensor->dtype);
}

static void place_output(struct test_call *self, int position, const struct call_variant *variant)
{
    const struct case_tensor *wanted = &self->row->out[position];
    struct placed_tensor *placed = &self->out[position];
    int lies_in = variant->judge ? -1 : wanted->shares - 1;
    if (position == 0 && variant->in_place)
        lies_in = 0;
    enum dtype dtype = case_dtype(wanted, variant);
    if (variant->judge && dtype != DTYPE_UINT8 && dtype != DTYPE_INT64)
        dtype = DTYPE_FLOAT64;
    struct tensor tensor = describe(wanted, dtype, variant->out[position], position == 0 && variant->strided_out);
    if (lies_in < 0) {
        place(self, placed, &tensor);
        return;
    }
    placed->tensor = tensor;
    placed->span_bytes = self->in[lies_in].span_bytes;
    placed->tensor.data = self->in[lies_in].tensor.data;
}

void test_call_init(struct test_call *self, const struct backend *backend, struct device *device,
                    const struct op_case *row, const struct call_variant *variant)
{
    *self = (struct test_call){.backend = backend, .device = device, .row = row};
    self->call.op = row->op;
    self->call.attrs = row->attrs;
    for (int i = 0; i < OP_MAX_IN; i++) {
        if (!row->in[i].present)
            continue;
        struct tensor tensor =
            describe(&row->in[i], case_dtype(&row->in[i], variant), variant->in[i], i == 0 && variant->strided_in);
        place(self, &self->in[i], &tensor);
        self->call.in[i] = &self->in[i].tensor;
    }
    for (int i = 0; i < OP_MAX_OUT; i++)
        if (row->out[i].present) {
            place_output(self, i, variant);
            self->call.out[i] = &self->out[i].tensor;
        }
}

void test_call_release(struct test_call *self)
{
    for (int i = 0; i < OP_MAX_IN; i++)
        if (self->in[i].memory)
            self->backend->free(self->device, self->in[i].memory);
    for (int i = 0; i < OP_MAX_OUT; i++)
        if (self->out[i].memory)
            self->backend->free(self->device, self->out[i].memory);
}

/* What the memory of a tensor looks like, guards included, when it holds `values`; NULL = nothing was written yet. */
static unsigned char *image_of(const struct placed_tensor *placed, const double *values)
{
    size_t bytes = memory_bytes(placed);
    unsigned char *image = test_alloc(bytes);
    memset(image, UNWRITTEN, bytes);
    for (int64_t i = 0; values && i < tensor_count(&placed->tensor); i++)
        dtype_store(image + lead_bytes(placed->tensor.dtype), placed->tensor.dtype, tensor_offset(&placed->tensor, i), values[i]);
    return image;
}

static void upload(struct test_call *self, struct placed_tensor *placed, const double *values)
{
    if (!placed->memory)
        return;
    unsigned char *image = image_of(placed, values);
    self->backend->copy_in(self->device, placed->memory, image, memory_bytes(placed));
    free(image);
}

void test_call_upload(struct test_call *self, const struct case_values *values)
{
    for (int i = 0; i < OP_MAX_IN; i++)
        upload(self, &self->in[i], values->in[i]);
    for (int i = 0; i < OP_MAX_OUT; i++)
        upload(self, &self->out[i], NULL);
}

double *test_call_values(struct test_call *self, const struct placed_tensor *placed)
{
    int64_t count = tensor_count(&placed->tensor);
    double *values = test_alloc((size_t)count * sizeof *values);
    unsigned char *bytes = test_alloc(placed->span_bytes);
    self->backend->copy_out(self->device, bytes, placed->tensor.data, placed->span_bytes);
    for (int64_t i = 0; i < count; i++)
        values[i] = dtype_load(bytes, placed->tensor.dtype, tensor_offset(&placed->tensor, i));
    free(bytes);
    return values;
}

/* Compares memory with what it must hold when only the elements `values` were written. */
static void check_image(struct test_call *self, const struct placed_tensor *placed, const double *values,
                        const char *kind, int position, struct strbuf *failures)
{
    size_t bytes = memory_bytes(placed), at = 0;
    unsigned char *wanted = image_of(placed, values), *got = test_alloc(bytes);
    self->backend->copy_out(self->device, got, placed->memory, bytes);
    while (at < bytes && got[at] == wanted[at])
        at++;
    if (at < bytes)
        strbuf_printf(failures, "    %s %d: byte %lld of %zu was written but is not the call's to write\n", kind,
                      position, (long long)at - (long long)lead_bytes(placed->tensor.dtype), placed->span_bytes);
    free(wanted);
    free(got);
}

/* Whether an output lies in the input's memory. */
static bool is_shared(const struct test_call *self, int input)
{
    for (int i = 0; i < OP_MAX_OUT; i++)
        if (self->call.out[i] && self->call.out[i]->data == self->call.in[input]->data)
            return true;
    return false;
}

void test_call_untouched(struct test_call *self, const struct case_values *values, struct strbuf *failures)
{
    for (int i = 0; i < OP_MAX_IN; i++) {
        if (!self->call.in[i])
            continue;
        bool changes = self->row->in[i].updated || is_shared(self, i);
        double *now = changes ? test_call_values(self, &self->in[i]) : NULL;
        check_image(self, &self->in[i], changes ? now : values->in[i], "input", i, failures);
        free(now);
    }
    for (int i = 0; i < OP_MAX_OUT; i++) {
        if (!self->out[i].memory)
            continue;
        double *now = test_call_values(self, &self->out[i]);
        check_image(self, &self->out[i], now, "output", i, failures);
        free(now);
    }
}
