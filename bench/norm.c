/*
 * Batch norm, ours against oneDNN's in the same process: bf16, training, fused relu, batch 16, the shapes of resnet50.
 * Usage: bench_norm [channels_last|contiguous] [avx512|avx2|sse4] [threads]. Prints best-of-N milliseconds; the two are
 * timed in turns, so that a busy machine disturbs both alike.
 */
#include <oneapi/dnnl/dnnl.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "kernels/cpu/vector/norm.h"
#include "kernels/cpu/vector/vector.h"

#define BATCH 16
#define ROUNDS 15
#define MAX_ARGS 10

static const struct shape {
    int channels, size;
} shapes[] = {{64, 112}, {64, 56}, {256, 56}, {128, 28}, {512, 28}, {256, 14}, {1024, 14}, {512, 7}, {2048, 7}};

static void *memory_take(size_t bytes)
{
    void *memory = aligned_alloc(64, (bytes + 63) / 64 * 64 + 64);
    if (!memory)
        abort();
    memset(memory, 0, bytes);
    return memory;
}

static void must(dnnl_status_t status, const char *what)
{
    if (status == dnnl_success)
        return;
    fprintf(stderr, "bench_norm: oneDNN refused %s (status %d)\n", what, (int)status);
    exit(1);
}

/* The tensors of one shape, shared by both sides. */
struct problem {
    struct tensor x, y, dy, dx;
    struct tensor weight, bias, running_mean, running_var, save_mean, save_invstd, grad_weight, grad_bias;
    void *scratch, *workspace;
    int threads;
};

static void tensor_fill(struct tensor *t, float mean, float width)
{
    t->data = memory_take((size_t)tensor_bytes(t));
    for (int64_t i = 0; i < tensor_count(t); i++)
        dtype_store(t->data, t->dtype, i, mean + width * ((float)rand() / (float)RAND_MAX - 0.5f));
}

static void problem_init(struct problem *p, const struct shape *shape, enum memory_format format, int threads)
{
    int64_t channels = shape->channels;
    struct tensor map = tensor_make_4d(DTYPE_BFLOAT16, BATCH, channels, shape->size, shape->size, format);
    struct tensor vector = tensor_make(DTYPE_FLOAT32, 1, &channels, FORMAT_CONTIGUOUS);
    struct tensor *maps[] = {&p->x, &p->y, &p->dy, &p->dx};
    struct tensor *vectors[] = {&p->weight,    &p->bias,        &p->running_mean, &p->running_var,
                                &p->save_mean, &p->save_invstd, &p->grad_weight,  &p->grad_bias};
    for (int i = 0; i < 4; i++) {
        *maps[i] = map;
        tensor_fill(maps[i], 0.25f, 2);
    }
    for (int i = 0; i < 8; i++) {
        *vectors[i] = vector;
        tensor_fill(vectors[i], 0.5f, 0.5f);
    }
    p->threads = threads;
    p->scratch = memory_take(norm_rows_scratch_bytes(channels, threads));
}

static void problem_release(struct problem *p)
{
    struct tensor *all[] = {&p->x,         &p->y,           &p->dy,           &p->dx,
                            &p->weight,    &p->bias,        &p->running_mean, &p->running_var,
                            &p->save_mean, &p->save_invstd, &p->grad_weight,  &p->grad_bias};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]->data);
    free(p->scratch);
    free(p->workspace);
}

struct onednn {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_t primitive[2]; /* forward, backward */
    dnnl_exec_arg_t args[2][MAX_ARGS];
    int arg_count[2];
    dnnl_memory_t owned[2 * MAX_ARGS];
    int owned_count;
};

static void onednn_bind(struct onednn *o, int direction, int arg, const_dnnl_memory_desc_t desc, void *data)
{
    dnnl_memory_t memory;
    must(dnnl_memory_create(&memory, desc, o->engine, data), "a memory");
    o->owned[o->owned_count++] = memory;
    o->args[direction][o->arg_count[direction]++] = (dnnl_exec_arg_t){arg, memory};
}

static void onednn_bind_all(struct onednn *o, struct problem *p, const_dnnl_memory_desc_t map,
                            const_dnnl_memory_desc_t vector, const_dnnl_memory_desc_t workspace)
{
    const struct {
        int direction, arg;
        const_dnnl_memory_desc_t desc;
        void *data;
    } rows[] = {
        {0, DNNL_ARG_SRC, map, p->x.data},
        {0, DNNL_ARG_DST, map, p->y.data},
        {0, DNNL_ARG_SCALE, vector, p->weight.data},
        {0, DNNL_ARG_SHIFT, vector, p->bias.data},
        {0, DNNL_ARG_MEAN, vector, p->save_mean.data},
        {0, DNNL_ARG_VARIANCE, vector, p->save_invstd.data},
        {0, DNNL_ARG_WORKSPACE, workspace, p->workspace},
        {1, DNNL_ARG_SRC, map, p->x.data},
        {1, DNNL_ARG_DIFF_DST, map, p->dy.data},
        {1, DNNL_ARG_DIFF_SRC, map, p->dx.data},
        {1, DNNL_ARG_SCALE, vector, p->weight.data},
        {1, DNNL_ARG_MEAN, vector, p->save_mean.data},
        {1, DNNL_ARG_VARIANCE, vector, p->save_invstd.data},
        {1, DNNL_ARG_DIFF_SCALE, vector, p->grad_weight.data},
        {1, DNNL_ARG_DIFF_SHIFT, vector, p->grad_bias.data},
        {1, DNNL_ARG_WORKSPACE, workspace, p->workspace},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        onednn_bind(o, rows[i].direction, rows[i].arg, rows[i].desc, rows[i].data);
}

static dnnl_status_t onednn_desc(dnnl_memory_desc_t *out, const struct tensor *tensor, dnnl_data_type_t type)
{
    dnnl_dims_t size = {0}, stride = {0};
    memcpy(size, tensor->size, sizeof tensor->size);
    memcpy(stride, tensor->stride, sizeof tensor->stride);
    return dnnl_memory_desc_create_with_strides(out, tensor->dims, size, type, stride);
}

static void onednn_init(struct onednn *o, struct problem *p)
{
    dnnl_memory_desc_t map, vector;
    dnnl_primitive_desc_t forward, backward;
    unsigned flags = dnnl_use_scale | dnnl_use_shift | dnnl_fuse_norm_relu;
    must(dnnl_engine_create(&o->engine, dnnl_cpu, 0), "an engine");
    must(dnnl_stream_create(&o->stream, o->engine, dnnl_stream_default_flags), "a stream");
    must(onednn_desc(&map, &p->x, dnnl_bf16), "the map");
    must(onednn_desc(&vector, &p->weight, dnnl_f32), "the vector");
    must(dnnl_batch_normalization_forward_primitive_desc_create(&forward, o->engine, dnnl_forward_training, map, map,
                                                                1e-5f, flags, NULL),
         "forward");
    must(dnnl_batch_normalization_backward_primitive_desc_create(&backward, o->engine, dnnl_backward, map, map, map,
                                                                 1e-5f, flags, forward, NULL),
         "backward");
    const_dnnl_memory_desc_t workspace = dnnl_primitive_desc_query_md(forward, dnnl_query_workspace_md, 0);
    p->workspace = memory_take(dnnl_memory_desc_get_size(workspace));
    must(dnnl_primitive_create(&o->primitive[0], forward), "forward");
    must(dnnl_primitive_create(&o->primitive[1], backward), "backward");
    onednn_bind_all(o, p, map, vector, workspace);
    dnnl_memory_desc_destroy(map);
    dnnl_memory_desc_destroy(vector);
    dnnl_primitive_desc_destroy(forward);
    dnnl_primitive_desc_destroy(backward);
}

static void onednn_release(struct onednn *o)
{
    for (int i = 0; i < o->owned_count; i++)
        dnnl_memory_destroy(o->owned[i]);
    for (int i = 0; i < 2; i++)
        dnnl_primitive_destroy(o->primitive[i]);
    dnnl_stream_destroy(o->stream);
    dnnl_engine_destroy(o->engine);
}

typedef void norm_kernel(const struct op_call *call, void *scratch, int threads);

static double time_ours(norm_kernel *kernel, const struct op_call *call, const struct problem *p)
{
    int64_t start = clock_ns();
    kernel(call, p->scratch, p->threads);
    return (double)(clock_ns() - start) / 1e6;
}

static double time_onednn(struct onednn *o, int direction)
{
    int64_t start = clock_ns();
    must(dnnl_primitive_execute(o->primitive[direction], o->stream, o->arg_count[direction], o->args[direction]),
         "to run");
    dnnl_stream_wait(o->stream);
    return (double)(clock_ns() - start) / 1e6;
}

static void shape_measure(const struct shape *shape, enum memory_format format, norm_kernel *const kernel[2],
                          int threads)
{
    struct problem p = {0};
    struct onednn o = {0};
    double best[2][2] = {{1e9, 1e9}, {1e9, 1e9}};
    problem_init(&p, shape, format, threads);
    onednn_init(&o, &p);
    union op_attrs attrs = {.norm = {.eps = 1e-5, .momentum = 0.1, .training = true, .relu = true}};
    const struct op_call call[2] = {{OP_BATCH_NORM,
                                     attrs,
                                     {&p.x, &p.weight, &p.bias, &p.running_mean, &p.running_var},
                                     {&p.y, &p.save_mean, &p.save_invstd}},
                                    {OP_BATCH_NORM_BACKWARD,
                                     attrs,
                                     {&p.dy, &p.x, &p.weight, &p.bias, &p.save_mean, &p.save_invstd},
                                     {&p.dx, &p.grad_weight, &p.grad_bias}}};
    for (int round = 0; round < ROUNDS; round++) {
        for (int d = 0; d < 2; d++) {
            double theirs = time_onednn(&o, d), ours = time_ours(kernel[d], &call[d], &p);
            best[d][0] = ours < best[d][0] ? ours : best[d][0];
            best[d][1] = theirs < best[d][1] ? theirs : best[d][1];
        }
    }
    printf("%4dx%dx%d\t%.3f\t%.3f\t%.2f\t%.3f\t%.3f\t%.2f\n", shape->channels, shape->size, shape->size, best[0][0],
           best[0][1], best[0][1] / best[0][0], best[1][0], best[1][1], best[1][1] / best[1][0]);
    onednn_release(&o);
    problem_release(&p);
}

int main(int argc, char **argv)
{
    const struct vector_kernels *const levels[] = {&vector_kernels_v4, &vector_kernels_v3, &vector_kernels_v2};
    bool rows = argc < 2 || strcmp(argv[1], "contiguous") != 0;
    const struct vector_kernels *level = NULL;
    for (int i = 0; i < 3; i++) {
        bool runs = i == 2 || (i == 1 ? __builtin_cpu_supports("avx2") : __builtin_cpu_supports("avx512bw"));
        if (!level && runs && (argc < 3 || strcmp(argv[2], levels[i]->level) == 0))
            level = levels[i];
    }
    if (!level) {
        fprintf(stderr, "bench_norm: this machine or build has no level \"%s\"; avx512, avx2 or sse4\n", argv[2]);
        return 2;
    }
    int threads = argc > 3 ? atoi(argv[3]) : omp_get_max_threads();
    norm_kernel *const kernel[2] = {rows ? level->batch_norm_rows : level->batch_norm_planes,
                                    rows ? level->batch_norm_backward_rows : level->batch_norm_backward_planes};
    printf("# bf16, %s, batch %d, %d threads, %s\n", rows ? "channels_last" : "contiguous", BATCH, threads,
           level->level);
    printf("# shape\tforward ms\toneDNN\tratio\tbackward ms\toneDNN\tratio\n");
    omp_set_num_threads(threads);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        shape_measure(&shapes[i], rows ? FORMAT_CHANNELS_LAST : FORMAT_CONTIGUOUS, kernel, threads);
    return 0;
}
