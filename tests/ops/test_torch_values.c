/* Upsampling, pads, shuffles and transposed convolution against PyTorch's numbers (torch_values.tsv, written by torch_values.py). */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/backend.h"

#define MOST 512 /* elements of a tensor */

struct row {
    const char *name;
    enum op_id forward, backward;
    union op_attrs attrs, backward_attrs;
    int64_t input[4], output[4], weight[4];
    bool saves; /* the backward operator takes the input too */
};

#define SAME(...) .attrs = {__VA_ARGS__}, .backward_attrs = {__VA_ARGS__}
#define UP(text, op, ...) {text, OP_UPSAMPLE_##op, OP_UPSAMPLE_##op##_BACKWARD, SAME(.upsample = __VA_ARGS__)
#define FROM .input = {1, 2, 3, 4}

static const struct row rows[] = {
    UP("nearest_2", NEAREST2D, {{6, 8}, {2, 2}, false}), FROM, .output = {1, 2, 6, 8}},
    UP("nearest_size", NEAREST2D, {{5, 3}, {0, 0}, false}), FROM, .output = {1, 2, 5, 3}},
    UP("bilinear_2", BILINEAR2D, {{6, 8}, {2, 2}, false}), FROM, .output = {1, 2, 6, 8}},
    UP("bilinear_1.7", BILINEAR2D, {{5, 6}, {1.7, 1.7}, false}), FROM, .output = {1, 2, 5, 6}},
    UP("bilinear_corners", BILINEAR2D, {{5, 3}, {0, 0}, true}), FROM, .output = {1, 2, 5, 3}},
    UP("bicubic_2", BICUBIC2D, {{6, 8}, {2, 2}, false}), FROM, .output = {1, 2, 6, 8}},
    UP("bicubic_corners", BICUBIC2D, {{5, 3}, {0, 0}, true}), FROM, .output = {1, 2, 5, 3}},
    {"reflect", OP_REFLECTION_PAD2D, OP_REFLECTION_PAD2D_BACKWARD,
     SAME(.pad = {.before = {0, 0, 2, 3}, .after = {0, 0, 1, 1}}), FROM, .output = {1, 2, 6, 8}, .saves = true},
    {"replicate", OP_REPLICATION_PAD2D, OP_REPLICATION_PAD2D_BACKWARD,
     SAME(.pad = {.before = {0, 0, 2, 3}, .after = {0, 0, 4, 1}}), FROM, .output = {1, 2, 9, 8}, .saves = true},
    {"constant", OP_CONSTANT_PAD_ND, OP_CONSTANT_PAD_ND, .attrs.pad = {{0, 0, -1, 2}, {0, 0, 1, 0}, 0.25},
     .backward_attrs.pad = {{0, 0, 1, -2}, {0, 0, -1, 0}, 0}, FROM, .output = {1, 2, 3, 6}},
    {"pixel_shuffle", OP_PIXEL_SHUFFLE, OP_PIXEL_UNSHUFFLE, SAME(.shuffle = {2}), .input = {1, 8, 2, 3},
     .output = {1, 2, 4, 6}},
    {"pixel_unshuffle", OP_PIXEL_UNSHUFFLE, OP_PIXEL_SHUFFLE, SAME(.shuffle = {2}), .input = {1, 2, 4, 6},
     .output = {1, 8, 2, 3}},
    {"channel_shuffle", OP_CHANNEL_SHUFFLE, OP_CHANNEL_SHUFFLE, .attrs.shuffle = {2}, .backward_attrs.shuffle = {3},
     .input = {1, 6, 2, 2}, .output = {1, 6, 2, 2}},
    {"transposed", OP_CONVOLUTION, OP_CONVOLUTION_BACKWARD,
     SAME(.conv = {{2, 2}, {1, 1}, {1, 1}, 2, true, {1, 1}}), .input = {1, 4, 2, 3}, .output = {1, 2, 4, 6},
     .weight = {4, 1, 3, 3}},
};
#define ROWS ((int)(sizeof rows / sizeof *rows))
static const struct backend *const backends[] = {&backend_ref, &backend_cpu};
static const enum memory_format formats[] = {FORMAT_CONTIGUOUS, FORMAT_CHANNELS_LAST};

/* A tensor in memory of its own, filled as torch_values.py's numbers() when `filled`. */
static struct tensor make(const int64_t *size, int dims, enum memory_format format, float *memory, bool filled)
{
    struct tensor tensor = tensor_make(DTYPE_FLOAT32, dims, size, format);
    tensor.data = memory;
    for (int64_t i = 0; i < tensor_count(&tensor); i++) {
        int64_t offset = 0, left = i;
        for (int d = dims - 1; d >= 0; d--) {
            offset += left % size[d] * tensor.stride[d];
            left /= size[d];
        }
        memory[offset] = filled ? (float)((i * 37 + 11) % 101) / 50 - 1 : NAN;
    }
    return tensor;
}

static void run(const struct backend *backend, const struct op_call *call)
{
    struct device *device;
    struct op_prepared *prepared;
    ck_assert(backend->open(&(struct backend_options){.threads = 2}, &device) == STATUS_OK);
    ck_assert_msg(backend_prepare(backend, device, call, &prepared) == STATUS_OK, "%s", status_message());
    void *scratch = backend->alloc(device, prepared->scratch_bytes + 64, "a test");
    ck_assert(prepared->run(prepared, &(struct run_context){.device = device, .scratch = scratch}) == STATUS_OK);
    prepared->destroy(prepared);
    backend->free(device, scratch);
    backend->close(device);
}

/* The row of the table called name + suffix, compared with the tensor. */
static void compare(const char *name, const char *suffix, const struct tensor *got, const char *where)
{
    FILE *file = fopen(TEST_SOURCE_DIR "/torch_values.tsv", "r");
    char line[8192], wanted_name[64];
    bool found = false;
    ck_assert_ptr_nonnull(file);
    snprintf(wanted_name, sizeof wanted_name, "%s%s\t", name, suffix);
    while (!found && fgets(line, sizeof line, file))
        found = strncmp(line, wanted_name, strlen(wanted_name)) == 0;
    fclose(file);
    ck_assert_msg(found, "torch_values.tsv has no %s", wanted_name);
    char *next = line + strlen(wanted_name);
    for (int64_t i = 0; i < tensor_count(got); i++) {
        int64_t offset = 0, left = i;
        for (int d = got->dims - 1; d >= 0; d--) {
            offset += left % got->size[d] * got->stride[d];
            left /= got->size[d];
        }
        double wanted = strtod(next, &next), value = ((const float *)got->data)[offset];
        ck_assert_msg(fabs(value - wanted) <= 2e-5, "%s%s on %s: element %lld is %.7g, PyTorch's %.7g", name, suffix,
                      where, (long long)i, value, wanted);
    }
    ck_assert_msg(*next == '\n', "%s%s: torch_values.tsv has more elements", name, suffix);
}

START_TEST(numbers_are_pytorchs)
{
    static float memory[6][MOST];
    const struct row *row = &rows[_i / 4];
    const struct backend *backend = backends[_i / 2 % 2];
    enum memory_format format = formats[_i % 2];
    bool convolves = row->weight[0] != 0;
    char where[64];
    snprintf(where, sizeof where, "%s, %s", backend->name, layout_name(format));
    struct tensor input = make(row->input, 4, format, memory[0], true);
    struct tensor output = make(row->output, 4, format, memory[1], false);
    struct tensor weight = make(row->weight, 4, FORMAT_CONTIGUOUS, memory[2], true);
    struct tensor bias = make(&row->output[1], 1, FORMAT_CONTIGUOUS, memory[3], true);
    struct op_call call = {.op = row->forward, .attrs = row->attrs, .in = {&input}, .out = {&output}};
    if (convolves) {
        call.in[1] = &weight;
        call.in[2] = &bias;
    }
    run(backend, &call);
    compare(row->name, "", &output, where);
    struct tensor grad_output = make(row->output, 4, format, memory[4], true);
    struct tensor grad_input = make(row->input, 4, format, memory[5], false);
    struct op_call back = {.op = row->backward, .attrs = row->backward_attrs, .in = {&grad_output}, .out = {&grad_input}};
    if (row->saves || convolves)
        back.in[1] = &input;
    if (convolves)
        back.in[2] = &weight;
    run(backend, &back);
    compare(row->name, ".grad", &grad_input, where);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("torch values");
    TCase *cases = tcase_create("numbers");
    tcase_add_loop_test(cases, numbers_are_pytorchs, 0, ROWS * 4);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
