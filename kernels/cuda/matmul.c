/*
 * cuBLASLt counts in columns: what lies row by row as (M,N) is a matrix of N rows and M columns to it. So the output's transpose
 * is computed, b's transpose times a's, and the bias, one number for each of its rows, is an epilogue.
 */
#include "kernels/cuda/matmul.h"

#include <stdlib.h>

#include "kernels/cuda/copy_plan.h"
#include "kernels/cuda/simple.h"

enum { A, B, OUTPUT, BIAS, OPERANDS };

#define WORKSPACE_MOST ((size_t)32 << 20) /* what NVIDIA recommends for Hopper (cuBLAS documentation, cublasSetWorkspace) */
#define WORKSPACE_ALIGN 256               /* cublasLtMatmul's workspace must be so */

/* A tensor as the product takes it: the call's own, or a copy of it in the scratch. */
struct operand {
    struct tensor tensor;
    const struct tensor *caller; /* the call's; NULL = absent */
    bool copied;
    size_t offset;               /* of the copy in the scratch */
    struct copy_plan copy;       /* into it, or, of the output, out of it */
    int kernel;
};

/* An algorithm and the alignment that it needs of a, b and output. */
struct choice {
    bool made;
    size_t alignment, workspace_bytes;
    cublasLtMatmulAlgo_t algorithm;
};

struct product {
    struct simple simple;
    enum dtype dtype;
    struct operand operand[OPERANDS];
    cublasLtMatmulDesc_t desc;
    cublasLtMatrixLayout_t layout[BIAS];
    struct choice aligned, careful;
    size_t workspace;
    int kernel;
    bool rounds;              /* the bias, to the dtype of what it is added to, before it is widened to the output's */
    const struct tensor *exact; /* the call's bias, then */
    struct tensor rounded;    /* in the scratch */
    size_t rounded_at;
    struct copy_plan rounding;
    int rounding_kernel;
};

static cudaDataType_t data_type(enum dtype dtype)
{
    return dtype == DTYPE_FLOAT16 ? CUDA_R_16F : dtype == DTYPE_BFLOAT16 ? CUDA_R_16BF : CUDA_R_32F;
}

/* Rows of a matrix lie one behind the other, `step` elements apart; or, transposed, its columns do. False: neither. */
static bool find_order(const struct tensor *tensor, bool *transposed, int64_t *step)
{
    int rows = tensor->dims - 2, columns = tensor->dims - 1;
    const int64_t *size = tensor->size, *stride = tensor->stride;

    *transposed = !(stride[columns] == 1 || size[columns] == 1) || (size[rows] != 1 && stride[rows] < size[columns]);
    if (*transposed && !((stride[rows] == 1 || size[rows] == 1) && (size[columns] == 1 || stride[columns] >= size[rows])))
        return false;
    int64_t within = *transposed ? size[rows] : size[columns], apart = *transposed ? stride[columns] : stride[rows];
    *step = size[*transposed ? columns : rows] == 1 || apart < within ? within : apart;
    return true;
}

/* The operand in `dtype`; a copy where it isn't. `like_output`: copied back afterwards. */
static void plan_operand(struct product *self, int which, const struct tensor *tensor, enum dtype dtype)
{
    struct operand *operand = &self->operand[which];
    bool transposed;
    int64_t step;
    bool usable = which == BIAS ? tensor->stride[0] == 1 || tensor->size[0] == 1
                                : find_order(tensor, &transposed, &step) && !(which == OUTPUT && transposed);

    operand->caller = tensor;
    operand->tensor = *tensor;
    operand->copied = tensor->dtype != dtype || !usable;
    if (!operand->copied)
        return;
    operand->tensor.dtype = dtype;
    if (!usable || !layout_is_dense(tensor->dims, tensor->size, tensor->stride))
        layout_strides(FORMAT_CONTIGUOUS, tensor->dims, tensor->size, operand->tensor.stride);
    operand->offset = simple_reserve(&self->simple.head, (size_t)tensor_bytes(&operand->tensor));
    if (which == OUTPUT)
        copy_plan_init(&operand->copy, &operand->tensor, tensor);
    else
        copy_plan_init(&operand->copy, tensor, &operand->tensor);
}

/* Autocast's bias has the dtype of the product's factors; an output that is wider would get one that is not rounded. */
static void plan_bias(struct product *self, const struct matmul *matmul, enum dtype written)
{
    size_t bytes = dtype_bytes(matmul->a->dtype);

    self->rounds = bytes < dtype_bytes(written) && bytes < dtype_bytes(matmul->bias->dtype);
    if (!self->rounds) {
        plan_operand(self, BIAS, matmul->bias, written);
        return;
    }
    self->exact = matmul->bias;
    self->rounded = tensor_make(matmul->a->dtype, 1, matmul->bias->size, FORMAT_CONTIGUOUS);
    self->rounded_at = simple_reserve(&self->simple.head, (size_t)tensor_bytes(&self->rounded));
    copy_plan_init(&self->rounding, self->exact, &self->rounded);
    plan_operand(self, BIAS, &self->rounded, written);
}

static void tell_copy(struct product *self, int which)
{
    struct operand *operand = &self->operand[which];
    int64_t inside = tensor_bytes(&operand->tensor), outside = tensor_bytes(operand->caller);

    operand->kernel = self->simple.head.kernels;
    simple_add_kernel(&self->simple.head, operand->tensor.dtype == operand->caller->dtype ? "matmul_copy" : "matmul_cast",
                      operand->tensor.dtype == operand->caller->dtype ? ROLE_COPY : ROLE_CAST, which == OUTPUT ? inside : outside,
                      which == OUTPUT ? outside : inside, 0);
}

static enum status make_layout(struct product *self, int which)
{
    const struct tensor *tensor = &self->operand[which].tensor;
    int rows = tensor->dims - 2, columns = tensor->dims - 1;
    bool transposed;
    int64_t step, batch_step = tensor->stride[0];
    int32_t batch = tensor->dims == 3 ? (int32_t)tensor->size[0] : 1;

    if (!find_order(tensor, &transposed, &step))
        return FAIL(UNSUPPORTED, "%s: a matrix without a stride of 1", op_name(self->simple.head.call->op));
    uint64_t down = (uint64_t)tensor->size[transposed ? rows : columns], across = (uint64_t)tensor->size[transposed ? columns : rows];
    TRY(cublas_check(cublasLtMatrixLayoutCreate(&self->layout[which], data_type(tensor->dtype), down, across, step),
                     "describing a matrix"));
    if (batch == 1)
        return STATUS_OK;
    TRY(cublas_check(cublasLtMatrixLayoutSetAttribute(self->layout[which], CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &batch, sizeof batch),
                     "describing a batch"));
    return cublas_check(cublasLtMatrixLayoutSetAttribute(self->layout[which], CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET,
                                                         &batch_step, sizeof batch_step),
                        "describing a batch");
}

static enum status set(struct product *self, cublasLtMatmulDescAttributes_t name, const void *value, size_t bytes)
{
    return cublas_check(cublasLtMatmulDescSetAttribute(self->desc, name, value, bytes), "describing a matrix product");
}

static enum status make_desc(struct product *self)
{
    bool tf32 = self->dtype == DTYPE_FLOAT32 && self->simple.device->tf32_matmul;
    cublasComputeType_t compute = tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
    bool transposed[2];
    int64_t step;

    TRY(cublas_check(cublasLtMatmulDescCreate(&self->desc, compute, CUDA_R_32F), "describing a matrix product"));
    for (int i = A; i <= B; i++)
        find_order(&self->operand[i].tensor, &transposed[i], &step);
    cublasOperation_t first = transposed[B] ? CUBLAS_OP_T : CUBLAS_OP_N, second = transposed[A] ? CUBLAS_OP_T : CUBLAS_OP_N;
    TRY(set(self, CUBLASLT_MATMUL_DESC_TRANSA, &first, sizeof first));
    TRY(set(self, CUBLASLT_MATMUL_DESC_TRANSB, &second, sizeof second));
    if (self->operand[BIAS].caller) {
        cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_BIAS;
        cudaDataType_t type = data_type(self->operand[BIAS].tensor.dtype);
        TRY(set(self, CUBLASLT_MATMUL_DESC_EPILOGUE, &epilogue, sizeof epilogue));
        TRY(set(self, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, &type, sizeof type));
    }
    for (int i = A; i <= OUTPUT; i++)
        TRY(make_layout(self, i));
    return STATUS_OK;
}

static enum status set_limits(cublasLtMatmulPreference_t preference, size_t workspace_bytes, uint32_t alignment)
{
    static const cublasLtMatmulPreferenceAttributes_t operands[] = {
        CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
        CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES};

    TRY(cublas_check(cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &workspace_bytes,
                                                          sizeof workspace_bytes),
                     "choosing a matrix product"));
    for (size_t i = 0; i < sizeof operands / sizeof *operands; i++)
        TRY(cublas_check(cublasLtMatmulPreferenceSetAttribute(preference, operands[i], &alignment, sizeof alignment),
                         "choosing a matrix product"));
    return STATUS_OK;
}

/* The heuristics' first algorithm for operands aligned to so many bytes, with at most that much workspace. */
static enum status choose(struct product *self, size_t alignment, size_t workspace_bytes, struct choice *out)
{
    const struct tensor *a = &self->operand[A].tensor, *b = &self->operand[B].tensor;
    cublasLtMatmulPreference_t preference = NULL;
    cublasLtMatmulHeuristicResult_t found;
    enum status status;
    int count = 0;

    TRY_OUT(cublas_check(cublasLtMatmulPreferenceCreate(&preference), "choosing a matrix product"));
    TRY_OUT(set_limits(preference, workspace_bytes, (uint32_t)alignment));
    TRY_OUT(cublas_check(cublasLtMatmulAlgoGetHeuristic(self->simple.device->cublas, self->desc, self->layout[B], self->layout[A],
                                                        self->layout[OUTPUT], self->layout[OUTPUT], preference, 1, &found, &count),
                         "%s of %s (%lld,%lld) and (%lld,%lld)", op_name(self->simple.head.call->op), dtype_name(self->dtype),
                         (long long)a->size[a->dims - 2], (long long)a->size[a->dims - 1], (long long)b->size[b->dims - 2],
                         (long long)b->size[b->dims - 1]));
    status = count > 0 ? cublas_check(found.state, "%s", op_name(self->simple.head.call->op))
                       : FAIL(UNSUPPORTED, "cuBLASLt has no algorithm for %s of %s", op_name(self->simple.head.call->op),
                              dtype_name(self->dtype));
    if (status == STATUS_OK)
        *out = (struct choice){true, alignment, found.workspaceSize, found.algo};
out:
    if (preference)
        cublasLtMatmulPreferenceDestroy(preference);
    return status;
}

static void *address(const struct operand *operand, void *scratch)
{
    return operand->copied ? (char *)scratch + operand->offset : operand->caller->data;
}

static enum status copy(struct product *self, const struct run_context *context, const struct operand *operand, bool back)
{
    void *inside = (char *)context->scratch + operand->offset, *outside = operand->caller->data;
    LAUNCH(&self->simple.head, context, operand->kernel,
           copy_plan_launch(&operand->copy, &self->simple.on, back ? inside : outside, back ? outside : inside));
    return STATUS_OK;
}

/* Views into tensors may be aligned less than whole tensors are. */
static enum status choice_for(struct product *self, void *const *data, const struct choice **out)
{
    *out = &self->aligned;
    for (int i = A; i <= OUTPUT; i++)
        if ((uintptr_t)data[i] % self->aligned.alignment != 0)
            *out = &self->careful;
    if ((*out)->made)
        return STATUS_OK;
    return choose(self, dtype_bytes(self->dtype), self->aligned.workspace_bytes, &self->careful);
}

static enum status multiply(struct product *self, const struct run_context *context)
{
    void *data[OPERANDS] = {NULL};
    const struct choice *choice;
    float alpha = 1, beta = 0;
    uintptr_t workspace = ((uintptr_t)context->scratch + self->workspace + WORKSPACE_ALIGN - 1) / WORKSPACE_ALIGN * WORKSPACE_ALIGN;

    for (int i = 0; i < OPERANDS; i++)
        if (self->operand[i].caller)
            data[i] = address(&self->operand[i], context->scratch);
    if (data[BIAS]) /* before choosing: its alignment counts, too */
        TRY(set(self, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &data[BIAS], sizeof data[BIAS]));
    TRY(choice_for(self, data, &choice));
    kernel_launch(context, self->kernel);
    cublasStatus_t error = cublasLtMatmul(self->simple.device->cublas, self->desc, &alpha, data[B], self->layout[B], data[A],
                                          self->layout[A], &beta, data[OUTPUT], self->layout[OUTPUT], data[OUTPUT],
                                          self->layout[OUTPUT], &choice->algorithm, (void *)workspace, choice->workspace_bytes,
                                          context->device->compute);
    cudaError_t cause = error == CUBLAS_STATUS_SUCCESS ? cudaSuccess : cudaGetLastError();
    TRY(cuda_launched(&self->simple.head, context, self->kernel, cause));
    return cublas_check(error, "%s", op_name(self->simple.head.call->op));
}

static enum status round_bias(struct product *self, const struct run_context *context)
{
    self->rounded.data = (char *)context->scratch + self->rounded_at;
    LAUNCH(&self->simple.head, context, self->rounding_kernel,
           copy_plan_launch(&self->rounding, &self->simple.on, self->exact->data, self->rounded.data));
    return STATUS_OK;
}

static enum status run(struct op_prepared *prepared, const struct run_context *context)
{
    struct product *self = (struct product *)prepared;
    static const int read[] = {A, B, BIAS};

    if (self->rounds)
        TRY(round_bias(self, context));
    for (size_t i = 0; i < sizeof read / sizeof *read; i++)
        if (self->operand[read[i]].copied)
            TRY(copy(self, context, &self->operand[read[i]], false));
    TRY(multiply(self, context));
    return self->operand[OUTPUT].copied ? copy(self, context, &self->operand[OUTPUT], true) : STATUS_OK;
}

static void destroy(struct op_prepared *prepared)
{
    struct product *self = (struct product *)prepared;

    for (int i = A; i <= OUTPUT; i++)
        if (self->layout[i])
            cublasLtMatrixLayoutDestroy(self->layout[i]);
    if (self->desc)
        cublasLtMatmulDescDestroy(self->desc);
    free(self);
}

/* Of float32 products only float32 is written; of narrower ones their dtype and float32. */
static enum dtype output_dtype(enum dtype computed, enum dtype wanted)
{
    return wanted == computed ? wanted : DTYPE_FLOAT32;
}

static void tell_kernels(struct product *self)
{
    static const int read[] = {A, B, BIAS};
    const struct op_call *call = self->simple.head.call;
    int64_t bytes = 0;

    self->rounding_kernel = self->simple.head.kernels;
    if (self->rounds)
        simple_add_kernel(&self->simple.head, "matmul_cast", ROLE_CAST, tensor_bytes(self->exact), tensor_bytes(&self->rounded), 0);
    for (size_t i = 0; i < sizeof read / sizeof *read; i++) {
        if (self->operand[read[i]].copied)
            tell_copy(self, read[i]);
        bytes += self->operand[read[i]].caller ? tensor_bytes(&self->operand[read[i]].tensor) : 0;
    }
    self->kernel = self->simple.head.kernels;
    simple_add_kernel(&self->simple.head, "cublasLt_matmul", ROLE_COMPUTE, bytes, tensor_bytes(&self->operand[OUTPUT].tensor),
                      op_flops(call));
    if (self->operand[OUTPUT].copied)
        tell_copy(self, OUTPUT);
}

static enum status build(struct product *self, const struct matmul *matmul)
{
    enum dtype written;

    self->dtype = dtype_bytes(matmul->a->dtype) <= dtype_bytes(matmul->b->dtype) ? matmul->a->dtype : matmul->b->dtype;
    written = output_dtype(self->dtype, matmul->output->dtype);
    plan_operand(self, A, matmul->a, self->dtype);
    plan_operand(self, B, matmul->b, self->dtype);
    plan_operand(self, OUTPUT, matmul->output, written);
    if (matmul->bias)
        plan_bias(self, matmul, written);
    TRY(make_desc(self));
    TRY(choose(self, 16, WORKSPACE_MOST, &self->aligned));
    self->workspace = simple_reserve(&self->simple.head, self->aligned.workspace_bytes + WORKSPACE_ALIGN);
    tell_kernels(self);
    return STATUS_OK;
}

enum status matmul_prepare(struct device *device, const struct op_call *call, const struct matmul *matmul, struct op_prepared **out)
{
    const struct tensor *const tensors[] = {matmul->a, matmul->b, matmul->output, matmul->bias};
    struct op_prepared *made;

    *out = NULL;
    TRY(simple_check_float(call, tensors, OPERANDS));
    TRY(simple_create(device, call, sizeof(struct product), run, &made));
    made->destroy = destroy;
    enum status status = build((struct product *)made, matmul);
    if (status == STATUS_OK)
        *out = made;
    else
        destroy(made);
    return status;
}
