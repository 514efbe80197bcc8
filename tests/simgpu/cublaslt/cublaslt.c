/*
 * The simulated cuBLASLt: matrix products, column by column, batched, with a bias as epilogue. One algorithm. Descriptors keep what
 * is set in them; a preference for more alignment than operands have, or an unknown attribute, is answered as the header says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cublasLt.h>
#include <cupti_driver_cbid.h>

#include "tests/simgpu/driver/driver.h"
#include "tests/simgpu/driver/number.h"

#define ALGORITHM_MARK 0x51a9b0a5u /* in an algorithm of ours */
#define WORKSPACE_BYTES 4096

struct cublasLtContext {
    int unused;
};

/* What the opaque 8 and 32 words hold. */
struct layout {
    uint64_t type, rows, columns;
    int64_t step, batch_step;
    int32_t batches, order;
};
struct desc {
    uint32_t compute, scale_type, transa, transb, epilogue, bias_type;
    void *bias;
    int32_t pointer_mode, bias_type_set;
};
struct preference {
    uint64_t workspace_bytes;
    uint32_t alignment[4];
};
struct algorithm {
    uint32_t mark;
    uint32_t compute;
    uint64_t workspace_bytes;
};
_Static_assert(sizeof(struct layout) <= sizeof(cublasLtMatrixLayoutOpaque_t), "layout");
_Static_assert(sizeof(struct desc) <= sizeof(cublasLtMatmulDescOpaque_t), "desc");
_Static_assert(sizeof(struct preference) <= sizeof(cublasLtMatmulPreferenceOpaque_t), "preference");
_Static_assert(sizeof(struct algorithm) <= sizeof(cublasLtMatmulAlgo_t), "algorithm");

/* ---- handle, version, words ---- */

cublasStatus_t cublasLtCreate(cublasLtHandle_t *out)
{
    *out = simgpu_lost() == cudaSuccess ? calloc(1, sizeof **out) : NULL;
    return *out ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_INITIALIZED;
}

cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle)
{
    free(handle);
    return CUBLAS_STATUS_SUCCESS;
}

size_t cublasLtGetVersion(void)
{
    return CUBLAS_VERSION;
}

size_t cublasLtGetCudartVersion(void)
{
    return CUDART_VERSION;
}

static const struct {
    cublasStatus_t status;
    const char *name, *words;
} statuses[] = {
#define STATUS(name, words) {name, #name, words}
    STATUS(CUBLAS_STATUS_SUCCESS, "success"),
    STATUS(CUBLAS_STATUS_NOT_INITIALIZED, "the library was not initialized"),
    STATUS(CUBLAS_STATUS_ALLOC_FAILED, "the resource allocation failed"),
    STATUS(CUBLAS_STATUS_INVALID_VALUE, "an unsupported value or parameter was passed to the function"),
    STATUS(CUBLAS_STATUS_EXECUTION_FAILED, "the GPU program failed to execute"),
    STATUS(CUBLAS_STATUS_NOT_SUPPORTED, "the functionality requested is not supported"),
#undef STATUS
};

const char *cublasLtGetStatusName(cublasStatus_t status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status)
            return statuses[i].name;
    return "unknown";
}

const char *cublasLtGetStatusString(cublasStatus_t status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status)
            return statuses[i].words;
    return "unknown";
}

/* ---- descriptors: attributes by offset and size ---- */

struct slot {
    int name;
    size_t offset, bytes;
};

static cublasStatus_t set_slot(void *to, const struct slot *slots, size_t count, int name, const void *value, size_t bytes)
{
    for (size_t i = 0; i < count; i++) {
        if (slots[i].name != name)
            continue;
        if (slots[i].bytes != bytes || !value)
            return CUBLAS_STATUS_INVALID_VALUE;
        memcpy((char *)to + slots[i].offset, value, bytes);
        return CUBLAS_STATUS_SUCCESS;
    }
    simgpu_report("cublasLt: attribute %d is not simulated", name);
    return CUBLAS_STATUS_NOT_SUPPORTED;
}
#define SET_SLOT(to, slots, name, value, bytes) set_slot(to, slots, sizeof(slots) / sizeof *(slots), (int)(name), value, bytes)
#define SLOT(name, type, member) {name, offsetof(struct type, member), sizeof(((struct type *)0)->member)}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t *out, cudaDataType type, uint64_t rows, uint64_t columns, int64_t step)
{
    const struct layout layout = {.type = type, .rows = rows, .columns = columns, .step = step, .batches = 1};

    *out = calloc(1, sizeof **out);
    if (!*out)
        return CUBLAS_STATUS_ALLOC_FAILED;
    memcpy(*out, &layout, sizeof layout);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout)
{
    free(layout);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout, cublasLtMatrixLayoutAttribute_t name, const void *value,
                                                size_t bytes)
{
    static const struct slot slots[] = {
        SLOT(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, layout, batches),
        SLOT(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, layout, batch_step),
        SLOT(CUBLASLT_MATRIX_LAYOUT_ROWS, layout, rows),
        SLOT(CUBLASLT_MATRIX_LAYOUT_COLS, layout, columns),
        SLOT(CUBLASLT_MATRIX_LAYOUT_LD, layout, step),
        SLOT(CUBLASLT_MATRIX_LAYOUT_ORDER, layout, order),
    };
    return SET_SLOT(layout, slots, name, value, bytes);
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t *out, cublasComputeType_t compute, cudaDataType_t scale_type)
{
    const struct desc desc = {.compute = compute, .scale_type = scale_type, .transa = CUBLAS_OP_N, .transb = CUBLAS_OP_N,
                              .epilogue = CUBLASLT_EPILOGUE_DEFAULT, .bias_type = CUDA_R_8I /* none: D's type */};

    *out = calloc(1, sizeof **out);
    if (!*out)
        return CUBLAS_STATUS_ALLOC_FAILED;
    memcpy(*out, &desc, sizeof desc);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t desc)
{
    free(desc);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t desc, cublasLtMatmulDescAttributes_t name, const void *value, size_t bytes)
{
    static const struct slot slots[] = {
        SLOT(CUBLASLT_MATMUL_DESC_TRANSA, desc, transa),     SLOT(CUBLASLT_MATMUL_DESC_TRANSB, desc, transb),
        SLOT(CUBLASLT_MATMUL_DESC_EPILOGUE, desc, epilogue), SLOT(CUBLASLT_MATMUL_DESC_BIAS_POINTER, desc, bias),
        SLOT(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, desc, bias_type), SLOT(CUBLASLT_MATMUL_DESC_POINTER_MODE, desc, pointer_mode),
    };
    return SET_SLOT(desc, slots, name, value, bytes);
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t *out)
{
    const struct preference preference = {0, {256, 256, 256, 256}};

    *out = calloc(1, sizeof **out);
    if (!*out)
        return CUBLAS_STATUS_ALLOC_FAILED;
    memcpy(*out, &preference, sizeof preference);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference)
{
    free(preference);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference, cublasLtMatmulPreferenceAttributes_t name,
                                                    const void *value, size_t bytes)
{
    static const struct slot slots[] = {
        SLOT(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, preference, workspace_bytes),
        SLOT(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, preference, alignment[0]),
        SLOT(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, preference, alignment[1]),
        SLOT(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, preference, alignment[2]),
        SLOT(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, preference, alignment[3]),
    };
    return SET_SLOT(preference, slots, name, value, bytes);
}

/* ---- products ---- */

static struct layout read_layout(cublasLtMatrixLayout_t opaque)
{
    struct layout layout;
    memcpy(&layout, opaque, sizeof layout);
    return layout;
}

static int kind_of(uint64_t type)
{
    return type == CUDA_R_32F ? NUMBER_FLOAT : type == CUDA_R_16F ? NUMBER_HALF : type == CUDA_R_16BF ? NUMBER_BFLOAT16 : -1;
}

static size_t type_bytes(uint64_t type)
{
    return type == CUDA_R_32F ? 4 : 2;
}

struct product {
    struct desc desc;
    struct layout a, b, c, d;
    const void *from_a, *from_b, *from_c;
    void *to;
    float alpha, beta;
    uint64_t inner;
};

/* cublasLtMatmul's table of supported types, as far as it is used: A and B alike, D theirs or float; compute in float. */
static cublasStatus_t check(struct product *product)
{
    const struct layout *a = &product->a, *b = &product->b, *d = &product->d;
    uint64_t rows = product->desc.transa == CUBLAS_OP_N ? a->rows : a->columns;
    uint64_t columns = product->desc.transb == CUBLAS_OP_N ? b->columns : b->rows;
    const struct layout *all[] = {a, b, &product->c, d};

    product->inner = product->desc.transa == CUBLAS_OP_N ? a->columns : a->rows;
    if (rows != d->rows || columns != d->columns || product->inner != (product->desc.transb == CUBLAS_OP_N ? b->rows : b->columns))
        return CUBLAS_STATUS_INVALID_VALUE;
    for (int i = 0; i < 4; i++) {
        if (kind_of(all[i]->type) < 0 || all[i]->order != CUBLASLT_ORDER_COL)
            return CUBLAS_STATUS_NOT_SUPPORTED;
        if (all[i]->step < (int64_t)all[i]->rows || all[i]->batches != d->batches)
            return CUBLAS_STATUS_INVALID_VALUE;
    }
    if (a->type != b->type || (d->type != a->type && d->type != CUDA_R_32F) || product->c.type != d->type)
        return CUBLAS_STATUS_NOT_SUPPORTED;
    if (product->desc.compute != CUBLAS_COMPUTE_32F &&
        (product->desc.compute != CUBLAS_COMPUTE_32F_FAST_TF32 || a->type != CUDA_R_32F))
        return CUBLAS_STATUS_NOT_SUPPORTED;
    if (product->desc.epilogue != CUBLASLT_EPILOGUE_DEFAULT && product->desc.epilogue != CUBLASLT_EPILOGUE_BIAS)
        return CUBLAS_STATUS_NOT_SUPPORTED;
    return product->desc.bias_type == CUDA_R_8I || product->desc.bias_type == d->type ? CUBLAS_STATUS_SUCCESS
                                                                                      : CUBLAS_STATUS_NOT_SUPPORTED;
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t handle, cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a,
                                              cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t given, int room, cublasLtMatmulHeuristicResult_t results[],
                                              int *count)
{
    struct product product = {.a = read_layout(a), .b = read_layout(b), .c = read_layout(c), .d = read_layout(d)};
    struct preference preference;

    *count = 0;
    if (!handle || room < 1)
        return CUBLAS_STATUS_INVALID_VALUE;
    memcpy(&product.desc, desc, sizeof product.desc);
    memcpy(&preference, given, sizeof preference);
    cublasStatus_t status = check(&product);
    if (status != CUBLAS_STATUS_SUCCESS)
        return status;
    if (preference.alignment[0] < type_bytes(product.a.type))
        return CUBLAS_STATUS_NOT_SUPPORTED;
    size_t workspace = preference.workspace_bytes < WORKSPACE_BYTES ? 0 : WORKSPACE_BYTES;
    const struct algorithm algorithm = {ALGORITHM_MARK, product.desc.compute, workspace};
    memset(&results[0], 0, sizeof results[0]);
    memcpy(&results[0].algo, &algorithm, sizeof algorithm);
    results[0].workspaceSize = workspace;
    results[0].state = CUBLAS_STATUS_SUCCESS;
    results[0].wavesCount = 1;
    *count = 1;
    return CUBLAS_STATUS_SUCCESS;
}

static void gather(float *dense, const void *from, const struct layout *layout, bool transposed, int64_t batch, bool tf32)
{
    /* dense: rows of the operand as it is multiplied, one behind the other */
    uint64_t rows = transposed ? layout->columns : layout->rows, columns = transposed ? layout->rows : layout->columns;

    for (uint64_t i = 0; i < rows; i++)
        for (uint64_t j = 0; j < columns; j++) {
            int64_t at = batch * layout->batch_step + (int64_t)(transposed ? i * (uint64_t)layout->step + j : j * (uint64_t)layout->step + i);
            float value = number_load(from, (enum number_kind)kind_of(layout->type), at);
            dense[i * columns + j] = tf32 ? number_round_tf32(value) : value;
        }
}

static void multiply_batch(const struct product *product, float *a, float *b, int64_t batch)
{
    const struct layout *d = &product->d;
    bool tf32 = product->desc.compute == CUBLAS_COMPUTE_32F_FAST_TF32;
    enum number_kind kind = (enum number_kind)kind_of(d->type);
    uint64_t inner = product->inner;

    gather(a, product->from_a, &product->a, product->desc.transa != CUBLAS_OP_N, batch, tf32);
    /* b's columns one behind the other: the rows of its transpose */
    gather(b, product->from_b, &product->b, product->desc.transb == CUBLAS_OP_N, batch, tf32);
    for (uint64_t j = 0; j < d->columns; j++)
        for (uint64_t i = 0; i < d->rows; i++) {
            int64_t at = batch * d->batch_step + (int64_t)(j * (uint64_t)d->step + i);
            float sum = 0;
            for (uint64_t k = 0; k < inner; k++)
                sum += a[i * inner + k] * b[j * inner + k];
            sum *= product->alpha;
            if (product->beta != 0)
                sum += product->beta * number_load(product->from_c, kind, batch * product->c.batch_step + (int64_t)(j * (uint64_t)product->c.step + i));
            if (product->desc.epilogue == CUBLASLT_EPILOGUE_BIAS)
                sum += number_load(product->desc.bias, kind, (int64_t)i);
            number_store(product->to, kind, at, sum);
        }
}

static bool run(void *closure)
{
    const struct product *product = closure;
    float *a = malloc((size_t)(product->d.rows * product->inner) * sizeof *a);
    float *b = malloc((size_t)(product->d.columns * product->inner) * sizeof *b);

    if (!a || !b)
        abort();
    for (int64_t batch = 0; batch < product->d.batches; batch++)
        multiply_batch(product, a, b, batch);
    free(a);
    free(b);
    return true;
}

static cublasStatus_t check_operand(const void *memory, const struct layout *layout, const char *what)
{
    enum simgpu_memory_kind kind;
    size_t left, last = (size_t)((layout->batches - 1) * layout->batch_step + (int64_t)(layout->columns - 1) * layout->step + (int64_t)layout->rows);

    if (simgpu_find_memory(memory, &kind, &left) && kind == SIMGPU_DEVICE && left >= last * type_bytes(layout->type))
        return CUBLAS_STATUS_SUCCESS;
    simgpu_report("cublasLtMatmul: %s is no device memory of %zu bytes", what, last * type_bytes(layout->type));
    return CUBLAS_STATUS_INVALID_VALUE;
}

static cublasStatus_t check_memory(const struct product *product)
{
    const struct layout bias = {.type = product->d.type, .rows = product->d.rows, .columns = 1, .batches = 1};

    if (check_operand(product->from_a, &product->a, "A") || check_operand(product->from_b, &product->b, "B") ||
        check_operand(product->to, &product->d, "D"))
        return CUBLAS_STATUS_INVALID_VALUE;
    return product->desc.epilogue == CUBLASLT_EPILOGUE_BIAS ? check_operand(product->desc.bias, &bias, "the bias") : CUBLAS_STATUS_SUCCESS;
}

static void add_accesses(struct simgpu_work *work, const struct product *product)
{
    simgpu_add_access(work, product->from_a, SIMGPU_READS);
    simgpu_add_access(work, product->from_b, SIMGPU_READS);
    if (product->beta != 0)
        simgpu_add_access(work, product->from_c, SIMGPU_READS);
    if (product->desc.epilogue == CUBLASLT_EPILOGUE_BIAS)
        simgpu_add_access(work, product->desc.bias, SIMGPU_READS);
    simgpu_add_access(work, product->to, SIMGPU_WRITES);
}

static cublasStatus_t enqueue(const struct product *given, cudaStream_t handle)
{
    static const char name[] = "sm90_xmma_gemm_f16f16_f16f32_f32_tn_n_tilesize128x128x64_warpgroupsize1x1x1_execute_segment_k_off_kernel__5x_cublas";
    struct simgpu_call call = {.driver = true, .number = CUPTI_DRIVER_TRACE_CBID_cuLaunchKernel, .name = "cuLaunchKernel", .symbol = name};
    struct simgpu_stream *stream;
    struct product *product = malloc(sizeof *product);

    if (!product || simgpu_stream_find(handle, &stream) != cudaSuccess) {
        free(product);
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    *product = *given;
    double flops = 2.0 * (double)(given->d.rows * given->d.columns * given->inner) * given->d.batches;
    struct simgpu_work work = {.kind = SIMGPU_KERNEL, .name = name, .flops = flops, .grid = {1, 1, 1}, .block = {128, 1, 1},
                               .run = run, .destroy = free, .closure = product};
    add_accesses(&work, product);
    simgpu_call_begin(&call);
    cudaError_t error = simgpu_enqueue(stream, &work);
    simgpu_call_end(&call, (int)error);
    return error == cudaSuccess ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t desc, const void *alpha, const void *a,
                              cublasLtMatrixLayout_t layout_a, const void *b, cublasLtMatrixLayout_t layout_b, const void *beta,
                              const void *c, cublasLtMatrixLayout_t layout_c, void *d, cublasLtMatrixLayout_t layout_d,
                              const cublasLtMatmulAlgo_t *algo, void *workspace, size_t workspace_bytes, cudaStream_t stream)
{
    struct product product = {.a = read_layout(layout_a), .b = read_layout(layout_b), .c = read_layout(layout_c),
                              .d = read_layout(layout_d), .from_a = a, .from_b = b, .from_c = c, .to = d};
    struct algorithm algorithm = {ALGORITHM_MARK, 0, 0};
    cublasStatus_t status;

    if (!handle || !alpha || !beta)
        return CUBLAS_STATUS_INVALID_VALUE;
    memcpy(&product.desc, desc, sizeof product.desc);
    memcpy(&product.alpha, alpha, sizeof product.alpha);
    memcpy(&product.beta, beta, sizeof product.beta);
    if (algo)
        memcpy(&algorithm, algo, sizeof algorithm);
    if (algorithm.mark != ALGORITHM_MARK || workspace_bytes < algorithm.workspace_bytes ||
        (algorithm.workspace_bytes && (uintptr_t)workspace % 256 != 0))
        return CUBLAS_STATUS_INVALID_VALUE;
    if ((status = check(&product)) || (status = check_memory(&product)))
        return status;
    return simgpu_fault("cublas_launch") ? CUBLAS_STATUS_EXECUTION_FAILED : enqueue(&product, stream);
}
