/*
 * A case made into a call: tensors in a back end's memory, between guard bytes, everything unwritten full of NaN
 * patterns (bytes 0xFF), so that an element left out, a read past the end and a write past the end all show.
 */
#ifndef TESTS_OPS_CALL_H
#define TESTS_OPS_CALL_H

#include "base/strbuf.h"
#include "kernels/backend.h"
#include "tests/ops/cases.h"

/* What varies between the runs of one case. */
struct call_variant {
    enum dtype varied;       /* dtype of the case's varied tensors */
    bool wide;               /* float32 tensors are float64: for finite differences */
    bool judge;              /* outputs are float64 and have memory of their own */
    bool in_place;           /* output 0 lies in input 0 */
    enum memory_format in[OP_MAX_IN], out[OP_MAX_OUT]; /* of 4-D tensors */
    bool strided_in, strided_out;                      /* input 0, output 0 are slices of larger tensors */
};

/* Element values in logical order, rounded to the dtypes of the variant they were made for. Owned; NULL = absent. */
struct case_values {
    double *in[OP_MAX_IN], *out[OP_MAX_OUT];
};

struct placed_tensor {
    struct tensor tensor;
    unsigned char *memory; /* device memory, guards included; NULL when absent or lying in an input */
    size_t span_bytes;     /* between the guards */
};

struct test_call {
    const struct backend *backend;
    struct device *device;
    const struct op_case *row;
    struct op_call call;
    struct placed_tensor in[OP_MAX_IN], out[OP_MAX_OUT];
};

/* The dtype that a tensor of the row has in a call of this variant, and how many elements. */
enum dtype case_dtype(const struct case_tensor *tensor, const struct call_variant *variant);
int64_t case_elements(const struct case_tensor *tensor);

/* Whether the row has a 4-D tensor, so that formats matter. */
bool case_has_format(const struct op_case *row);

/* Whether the row has a tensor that takes the dtype under test. */
bool case_is_varied(const struct op_case *row);

/* Describes and allocates. Aborts on no memory. The call points into *self, which must not move. */
void test_call_init(struct test_call *self, const struct backend *backend, struct device *device,
                    const struct op_case *row, const struct call_variant *variant);
void test_call_release(struct test_call *self);

/* Writes the inputs' values, and NaN patterns everywhere else. */
void test_call_upload(struct test_call *self, const struct case_values *values);

/* The values that lie in an output (or an updated input) now. Caller frees. */
double *test_call_values(struct test_call *self, const struct placed_tensor *placed);

/* Appends a line for every place that the call had no business writing: guards, gaps, inputs. `values` as uploaded. */
void test_call_untouched(struct test_call *self, const struct case_values *values, struct strbuf *failures);

/* Fills in[] of a variant with values made from `seed`; release frees in[] and out[]. */
void case_values_init(struct case_values *values, const struct op_case *row, const struct call_variant *variant,
                      uint64_t seed);
void case_values_release(struct case_values *values);

/* Computes out[], and in[] of updated inputs, with the reference back end, outputs in float64. in[] is the input. */
void case_values_judge(const struct op_case *row, const struct call_variant *variant, const struct case_values *inputs,
                       struct case_values *expected);

/* Largest error allowed in a tensor of that dtype, as a part of its largest value. */
double case_tolerance(const struct op_case *row, enum dtype dtype);

/*
 * Appends a line when the largest difference exceeds the tolerance. Equal infinities and NaN for NaN are no difference;
 * anything not finite where the other is, is an infinite one.
 */
void compare_values(struct strbuf *failures, const char *what, double tolerance, int64_t count, const double *got,
                    const double *wanted);

/* malloc or abort. */
void *test_alloc(size_t bytes);

/* "contiguous", "channels_last, in place, ..." for failure lines. */
void variant_describe(struct strbuf *out, const struct op_case *row, const struct call_variant *variant);

/* Calls visit for every combination of formats (and in place or not) that the row asks for, in one dtype. */
typedef void variant_visit(const struct call_variant *variant, void *context);
void case_variants(const struct op_case *row, enum dtype varied, variant_visit *visit, void *context);

#endif
