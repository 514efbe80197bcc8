/* The way through memory for operators that look at one element at a time. */
#include "kernels/cpu/vector/element.h"

#include <omp.h>

#include "kernels/cpu/vector/convert.h"
#include "kernels/cpu/vector/data_kernels.h"
#include "kernels/cpu/vector/transpose.h"

#define BOX_LENGTH 512    /* longest run of a box, elements */
#define BOX_ELEMENTS 8192 /* of one operand: 32 KB of float32 at most */

/* The output's dimensions without those of size 1, merged where all tensors allow it, largest output stride first. */
struct element_plan {
    int dims;
    int64_t size[TENSOR_MAX_DIMS];
    int64_t stride[ELEMENT_MAX_TENSORS][TENSOR_MAX_DIMS]; /* elements */
    int64_t length, runs;                                 /* of a box: along the last dimension and the one before */
};

/* Streaming pays when nothing of the output's memory is read: it is large and is not an operand's own. */
static bool should_stream(const struct element_call *call)
{
    if (tensor_bytes(call->tensor[0]) < STREAM_LEAST_BYTES)
        return false;
    for (int i = 1; i < call->tensors; i++)
        if (call->tensor[i]->data == call->tensor[0]->data)
            return false;
    return true;
}

static void run_flat(const struct element_call *call, int threads)
{
    const struct tensor *output = call->tensor[0];
    int64_t lines = (tensor_bytes(output) + LINE_BYTES - 1) / LINE_BYTES, count = tensor_count(output);
    int64_t bytes = (int64_t)dtype_bytes(output->dtype), per_line = LINE_BYTES / bytes;
    bool stream = should_stream(call);
#pragma omp parallel num_threads(threads)
    {
        int64_t begin = lines * omp_get_thread_num() / omp_get_num_threads() * per_line;
        int64_t end = lines * (omp_get_thread_num() + 1) / omp_get_num_threads() * per_line;
        char *data[ELEMENT_MAX_TENSORS];
        for (int i = 0; i < call->tensors; i++)
            data[i] = (char *)call->tensor[i]->data + begin * bytes;
        end = end < count ? end : count;
        if (begin < end)
            call->body(output->dtype, data, end - begin, stream, call->context);
        stream_end(stream);
    }
}

static void plan_insert(struct element_plan *plan, const struct element_call *call, int from)
{
    int d = plan->dims++;
    for (; d > 0 && plan->stride[0][d - 1] < call->tensor[0]->stride[from]; d--) {
        plan->size[d] = plan->size[d - 1];
        for (int i = 0; i < call->tensors; i++)
            plan->stride[i][d] = plan->stride[i][d - 1];
    }
    plan->size[d] = call->tensor[0]->size[from];
    for (int i = 0; i < call->tensors; i++)
        plan->stride[i][d] = call->tensor[i]->stride[from];
}

static void plan_merge(struct element_plan *plan, int tensors)
{
    for (int d = plan->dims - 1; d > 0; d--) {
        bool together = true;
        for (int i = 0; i < tensors; i++)
            together = together && plan->stride[i][d - 1] == plan->stride[i][d] * plan->size[d];
        if (!together)
            continue;
        plan->size[d] *= plan->size[d - 1];
        plan->dims--;
        for (int k = d - 1; k < plan->dims; k++) {
            plan->size[k] = plan->size[k + 1];
            for (int i = 0; i < tensors; i++)
                plan->stride[i][k] = plan->stride[i][k + 1];
        }
    }
}

static void plan_make(struct element_plan *plan, const struct element_call *call)
{
    *plan = (struct element_plan){0};
    for (int d = 0; d < call->tensor[0]->dims; d++)
        if (call->tensor[0]->size[d] != 1)
            plan_insert(plan, call, d);
    plan_merge(plan, call->tensors);
    if (plan->dims == 0) /* one element */
        plan->size[plan->dims++] = 1;
    int last = plan->dims - 1;
    plan->length = plan->size[last] < BOX_LENGTH ? plan->size[last] : BOX_LENGTH;
    plan->runs = 1;
    if (last > 0)
        plan->runs = BOX_ELEMENTS / plan->length < plan->size[last - 1] ? BOX_ELEMENTS / plan->length
                                                                        : plan->size[last - 1];
}

static int64_t box_count(const struct element_plan *plan)
{
    int last = plan->dims - 1;
    int64_t count = (plan->size[last] + plan->length - 1) / plan->length;
    if (last > 0)
        count *= (plan->size[last - 1] + plan->runs - 1) / plan->runs;
    for (int d = 0; d < last - 1; d++)
        count *= plan->size[d];
    return count;
}

/* Where box `index` starts in each tensor (elements), and its size. */
struct box {
    int64_t offset[ELEMENT_MAX_TENSORS], runs, length;
};

static struct box box_find(const struct element_plan *plan, int tensors, int64_t index)
{
    int last = plan->dims - 1;
    int64_t start[TENSOR_MAX_DIMS] = {0};
    int64_t lengths = (plan->size[last] + plan->length - 1) / plan->length;
    struct box box = {.runs = 1};
    start[last] = index % lengths * plan->length;
    index /= lengths;
    box.length = plan->size[last] - start[last] < plan->length ? plan->size[last] - start[last] : plan->length;
    if (last > 0) {
        int64_t runs = (plan->size[last - 1] + plan->runs - 1) / plan->runs;
        start[last - 1] = index % runs * plan->runs;
        index /= runs;
        int64_t left = plan->size[last - 1] - start[last - 1];
        box.runs = left < plan->runs ? left : plan->runs;
    }
    for (int d = last - 2; d >= 0; d--) {
        start[d] = index % plan->size[d];
        index /= plan->size[d];
    }
    for (int i = 0; i < tensors; i++)
        for (int d = 0; d < plan->dims; d++)
            box.offset[i] += start[d] * plan->stride[i][d];
    return box;
}

/* How a box of an operand is reached: where it lies, gathered first, or as one number for each run. */
enum reach { REACH_DIRECT, REACH_FETCH, REACH_SPREAD };

static void find_reaches(const struct element_call *call, const struct element_plan *plan, enum reach *reach)
{
    const struct tensor *output = call->tensor[0];
    int last = plan->dims - 1;
    reach[0] = REACH_DIRECT;
    for (int i = 1; i < call->tensors; i++) {
        int64_t stride = plan->stride[i][last];
        bool direct = call->tensor[i]->dtype == output->dtype && (stride == 1 || plan->size[last] == 1);
        reach[i] = direct ? REACH_DIRECT : stride == 0 ? REACH_SPREAD : REACH_FETCH;
    }
}

static const char *box_start(const struct element_call *call, const struct box *box, int index)
{
    const struct tensor *tensor = call->tensor[index];
    return (const char *)tensor->data + box->offset[index] * (int64_t)dtype_bytes(tensor->dtype);
}

/* The box of operand `index`, converted to runs of the output's dtype that follow each other; `next`: the box after it. */
static void fetch(const struct element_call *call, const struct element_plan *plan, const struct box *box,
                  const struct box *next, int index, char *buffer)
{
    const struct tensor *tensor = call->tensor[index];
    int last = plan->dims - 1;
    int64_t bytes = (int64_t)dtype_bytes(tensor->dtype);
    struct tensor from = {.dtype = tensor->dtype,
                          .dims = 2,
                          .size = {box->runs, box->length},
                          .stride = {last > 0 ? plan->stride[index][last - 1] : 0, plan->stride[index][last]},
                          .data = (void *)box_start(call, box, index)};
    struct tensor to = from;
    to.dtype = call->tensor[0]->dtype;
    to.stride[0] = box->length;
    to.stride[1] = 1;
    to.data = buffer;
    if (from.stride[0] == 1 && from.dtype == to.dtype) { /* an image in the other memory format */
        struct transpose_block block = {
            .from = from.data,
            .to = buffer,
            .from_pitch = from.stride[1] * bytes,
            .to_pitch = box->length * bytes,
            .rows = box->length,
            .columns = box->runs,
            .ahead = (next->offset[index] - box->offset[index]) * bytes,
            .ahead_bytes = next->runs * bytes,
        };
        VECTOR_NAME(transpose_block)(&block, (size_t)bytes, &(struct line_queue){0});
        return;
    }
    VECTOR_NAME(vector_convert)(&from, &to, 1);
}

/* As fetch, where all elements of a run are one. */
static void spread(const struct element_call *call, const struct element_plan *plan, const struct box *box, int index,
                   char *buffer)
{
    enum dtype dtype = call->tensor[0]->dtype, from = call->tensor[index]->dtype;
    int last = plan->dims - 1;
    int64_t step = last > 0 ? plan->stride[index][last - 1] : 0;
    const char *data = box_start(call, box, index);
    for (int64_t run = 0; run < box->runs; run++) {
        uint32_t bits = 0;
        dtype_store(&bits, dtype, 0, dtype_load(data, from, run * step));
        for (int64_t i = 0; i < box->length && dtype == DTYPE_FLOAT32; i++)
            ((uint32_t *)buffer)[run * box->length + i] = bits;
        for (int64_t i = 0; i < box->length && dtype != DTYPE_FLOAT32; i++)
            ((uint16_t *)buffer)[run * box->length + i] = (uint16_t)bits;
    }
}

static void fill_run(enum dtype dtype, char *to, const char *element, int64_t count)
{
    uint16_t half;
    uint32_t word;
    memcpy(&half, element, sizeof half);
    if (dtype != DTYPE_FLOAT32) {
        for (int64_t i = 0; i < count; i++)
            memcpy(to + 2 * i, &half, sizeof half);
        return;
    }
    memcpy(&word, element, sizeof word);
    for (int64_t i = 0; i < count; i++)
        memcpy(to + 4 * i, &word, sizeof word);
}

/* All operands are one number for each run: so is the output. */
static void run_constant_box(const struct element_call *call, const struct element_plan *plan, const struct box *box)
{
    enum dtype dtype = call->tensor[0]->dtype;
    float buffer[ELEMENT_MAX_TENSORS][BOX_ELEMENTS];
    int64_t bytes = (int64_t)dtype_bytes(dtype);
    int last = plan->dims - 1;
    char *data[ELEMENT_MAX_TENSORS];
    for (int i = 0; i < call->tensors; i++) {
        data[i] = (char *)buffer[i];
        int64_t step = last > 0 ? plan->stride[i][last - 1] : 0;
        for (int64_t run = 0; run < box->runs && i > 0; run++)
            dtype_store(data[i], dtype, run, dtype_load(box_start(call, box, i), call->tensor[i]->dtype, run * step));
    }
    call->body(dtype, data, box->runs, false, call->context);
    char *to = (char *)box_start(call, box, 0);
    for (int64_t run = 0; run < box->runs; run++)
        fill_run(dtype, to + run * (last > 0 ? plan->stride[0][last - 1] : 0) * bytes, data[0] + run * bytes, box->length);
}

static void run_box(const struct element_call *call, const struct element_plan *plan, const enum reach *reach,
                    bool stream, const struct box *box, const struct box *next)
{
    char buffer[ELEMENT_MAX_TENSORS - 1][BOX_ELEMENTS * sizeof(float)] __attribute__((aligned(LINE_BYTES)));
    int64_t bytes = (int64_t)dtype_bytes(call->tensor[0]->dtype), step[ELEMENT_MAX_TENSORS];
    int last = plan->dims - 1;
    char *data[ELEMENT_MAX_TENSORS];
    for (int i = 0; i < call->tensors; i++) {
        bool direct = reach[i] == REACH_DIRECT;
        data[i] = direct ? (char *)box_start(call, box, i) : buffer[i - 1];
        step[i] = (!direct || last == 0 ? box->length : plan->stride[i][last - 1]) * bytes;
        if (reach[i] == REACH_FETCH)
            fetch(call, plan, box, next, i, buffer[i - 1]);
        else if (reach[i] == REACH_SPREAD)
            spread(call, plan, box, i, buffer[i - 1]);
    }
    for (int64_t run = 0; run < box->runs; run++) {
        call->body(call->tensor[0]->dtype, data, box->length, stream, call->context);
        for (int i = 0; i < call->tensors; i++)
            data[i] += step[i];
    }
}

static void run_boxes(const struct element_call *call, const struct element_plan *plan, int threads)
{
    int64_t boxes = box_count(plan), run_bytes = plan->length * (int64_t)dtype_bytes(call->tensor[0]->dtype);
    bool stream = should_stream(call) && run_bytes % LINE_BYTES == 0 && line_aligned(call->tensor[0]->data);
    enum reach reach[ELEMENT_MAX_TENSORS];
    find_reaches(call, plan, reach);
    bool constant = true;
    for (int i = 1; i < call->tensors; i++)
        constant = constant && reach[i] == REACH_SPREAD;
#pragma omp parallel num_threads(threads)
    {
        int64_t end = boxes * (omp_get_thread_num() + 1) / omp_get_num_threads();
        for (int64_t i = boxes * omp_get_thread_num() / omp_get_num_threads(); i < end; i++) {
            struct box box = box_find(plan, call->tensors, i);
            struct box next = box_find(plan, call->tensors, i + 1 < end ? i + 1 : i);
            if (constant)
                run_constant_box(call, plan, &box);
            else
                run_box(call, plan, reach, stream, &box, &next);
        }
        stream_end(stream);
    }
}

void VECTOR_NAME(element_run)(const struct element_call *call, int threads)
{
    struct element_plan plan;
    bool alike = true;
    if (tensor_count(call->tensor[0]) == 0)
        return;
    for (int i = 1; i < call->tensors; i++)
        alike = alike && call->tensor[i]->dtype == call->tensor[0]->dtype &&
                tensor_same_layout(call->tensor[i], call->tensor[0]);
    if (alike) {
        run_flat(call, threads);
        return;
    }
    plan_make(&plan, call);
    run_boxes(call, &plan, threads);
}
