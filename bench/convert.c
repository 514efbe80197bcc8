/*
 * Layout conversion: ours against memcpy split over the same threads and against oneDNN's reorder, on the same buffers,
 * at the shapes of resnet50, batch 16.
 * Usage: bench_convert [threads [repetitions [wall|cpu [avx512|avx2|sse4]]]]. GB/s count bytes read and bytes written.
 *
 * Each run takes the next stretch of two 192 MB pools, so that it finds its data in memory and not in a cache; the
 * three contenders take turns, each repetition in another order; medians. `cpu` counts processor time per thread, not
 * elapsed time: the choice on a machine that does other work, and only with OMP_WAIT_POLICY=passive.
 */
#include <oneapi/dnnl/dnnl.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/clock.h"
#include "base/stats.h"
#include "kernels/cpu/device.h"

#define POOL_BYTES ((size_t)192 << 20)
#define POOL_ALIGNMENT ((size_t)2 << 20)
#define MAX_REPETITIONS 101

enum contender { OURS, MEMCPY, ONEDNN, CONTENDERS };

static const int64_t shapes[][4] = {
    {16, 64, 112, 112}, {16, 256, 56, 56}, {16, 512, 28, 28}, {16, 1024, 14, 14}, {16, 2048, 7, 7}, {16, 3, 224, 224},
};

struct bench {
    const struct vector_kernels *vector;
    int threads, repetitions;
    bool cpu_time;
    char *from, *to;
    size_t at; /* where in the pools the next run goes */
    dnnl_engine_t engine;
    dnnl_stream_t stream;
};

struct reorder {
    dnnl_memory_t from, to;
    dnnl_primitive_t primitive;
};

static void must(enum status status)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "bench_convert: %s\n", status_message());
    exit(1);
}

static const struct vector_kernels *find_level(const char *name)
{
    static const struct vector_kernels *const tables[] = {&vector_kernels_v4, &vector_kernels_v3, &vector_kernels_v2};
    const bool runs[] = {__builtin_cpu_supports("x86-64-v4") != 0, __builtin_cpu_supports("x86-64-v3") != 0, true};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (runs[i] && (!name || strcmp(name, tables[i]->level) == 0))
            return tables[i];
    fprintf(stderr, "bench_convert: %s is not an instruction set of this CPU; take avx512, avx2 or sse4\n", name);
    exit(2);
}

static char *pool_create(void)
{
    char *pool = aligned_alloc(POOL_ALIGNMENT, POOL_BYTES);
    if (!pool)
        abort();
    madvise(pool, POOL_BYTES, MADV_HUGEPAGE); /* as the CPU back end's own memory */
    memset(pool, 1, POOL_BYTES);
    return pool;
}

static void reorder_create(struct bench *bench, struct reorder *out, const struct tensor *from, const struct tensor *to)
{
    dnnl_memory_desc_t from_desc, to_desc;
    dnnl_primitive_desc_t desc;
    must(cpu_memory_desc(from, &from_desc));
    must(cpu_memory_desc(to, &to_desc));
    must(cpu_check(dnnl_memory_create(&out->from, from_desc, bench->engine, DNNL_MEMORY_NONE), "memory"));
    must(cpu_check(dnnl_memory_create(&out->to, to_desc, bench->engine, DNNL_MEMORY_NONE), "memory"));
    must(cpu_check(dnnl_reorder_primitive_desc_create(&desc, from_desc, bench->engine, to_desc, bench->engine, NULL),
                   "reorder"));
    must(cpu_check(dnnl_primitive_create(&out->primitive, desc), "reorder"));
    dnnl_primitive_desc_destroy(desc);
    dnnl_memory_desc_destroy(from_desc);
    dnnl_memory_desc_destroy(to_desc);
}

static void reorder_destroy(struct reorder *reorder)
{
    dnnl_primitive_destroy(reorder->primitive);
    dnnl_memory_destroy(reorder->from);
    dnnl_memory_destroy(reorder->to);
}

static void reorder_run(struct bench *bench, const struct reorder *reorder)
{
    dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, reorder->from}, {DNNL_ARG_TO, reorder->to}};
    must(cpu_check(dnnl_primitive_execute(reorder->primitive, bench->stream, 2, arguments), "reorder"));
    must(cpu_check(dnnl_stream_wait(bench->stream), "reorder"));
}

static void copy_split(char *to, const char *from, size_t bytes, int threads)
{
#pragma omp parallel num_threads(threads)
    {
        size_t parts = (size_t)omp_get_num_threads(), index = (size_t)omp_get_thread_num();
        size_t begin = bytes / 64 * index / parts * 64, end = bytes / 64 * (index + 1) / parts * 64;
        memcpy(to + begin, from + begin, index + 1 == parts ? bytes - begin : end - begin);
    }
}

static double now_ns(const struct bench *bench)
{
    struct timespec time;
    if (!bench->cpu_time)
        return (double)clock_ns();
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (1e9 * (double)time.tv_sec + (double)time.tv_nsec) / bench->threads;
}

static double time_one(struct bench *bench, enum contender who, const struct reorder *reorder, struct tensor *from,
                       struct tensor *to)
{
    size_t bytes = (size_t)tensor_bytes(from);
    bench->at = bench->at + 2 * bytes > POOL_BYTES ? 0 : bench->at + bytes;
    from->data = bench->from + bench->at;
    to->data = bench->to + bench->at;
    must(cpu_check(dnnl_memory_set_data_handle(reorder->from, from->data), "memory"));
    must(cpu_check(dnnl_memory_set_data_handle(reorder->to, to->data), "memory"));
    double start = now_ns(bench);
    if (who == OURS)
        bench->vector->convert(from, to, bench->threads);
    else if (who == MEMCPY)
        copy_split(to->data, from->data, bytes, bench->threads);
    else
        reorder_run(bench, reorder);
    return now_ns(bench) - start;
}

static void run_case(struct bench *bench, const int64_t *size, enum dtype dtype, enum memory_format from_format)
{
    enum memory_format to_format = from_format == FORMAT_CONTIGUOUS ? FORMAT_CHANNELS_LAST : FORMAT_CONTIGUOUS;
    struct tensor from = tensor_make(dtype, 4, size, from_format), to = tensor_make(dtype, 4, size, to_format);
    double ns[CONTENDERS][MAX_REPETITIONS], rate[CONTENDERS];
    struct reorder reorder;
    reorder_create(bench, &reorder, &from, &to);
    for (int i = -1; i < bench->repetitions; i++) /* the first round warms up */
        for (int turn = 0; turn < CONTENDERS; turn++) {
            int who = (i + 1 + turn) % CONTENDERS;
            ns[who][i < 0 ? 0 : i] = time_one(bench, (enum contender)who, &reorder, &from, &to);
        }
    for (int who = 0; who < CONTENDERS; who++)
        rate[who] = 2 * (double)tensor_bytes(&from) / stats_median(ns[who], (size_t)bench->repetitions);
    printf("%lldx%lldx%lldx%lld\t%s\t%s\t%.1f\t%.1f\t%.1f\t%.2f\t%.2f\n", (long long)size[0], (long long)size[1],
           (long long)size[2], (long long)size[3], dtype_name(dtype),
           from_format == FORMAT_CONTIGUOUS ? "NCHW->NHWC" : "NHWC->NCHW", rate[OURS], rate[MEMCPY], rate[ONEDNN],
           rate[OURS] / rate[MEMCPY], rate[OURS] / rate[ONEDNN]);
    reorder_destroy(&reorder);
}

int main(int argc, char **argv)
{
    struct bench bench = {.threads = argc > 1 ? atoi(argv[1]) : omp_get_num_procs(),
                          .repetitions = argc > 2 ? atoi(argv[2]) : 21,
                          .cpu_time = argc > 3 && strcmp(argv[3], "cpu") == 0};
    if (bench.threads < 1 || bench.repetitions < 1 || bench.repetitions > MAX_REPETITIONS) {
        fprintf(stderr, "usage: bench_convert [threads [repetitions (1..%d) [wall|cpu [avx512|avx2|sse4]]]]\n",
                MAX_REPETITIONS);
        return 2;
    }
    omp_set_num_threads(bench.threads);
    bench.vector = find_level(argc > 4 ? argv[4] : NULL);
    bench.from = pool_create();
    bench.to = pool_create();
    must(cpu_check(dnnl_engine_create(&bench.engine, dnnl_cpu, 0), "engine"));
    must(cpu_check(dnnl_stream_create(&bench.stream, bench.engine, dnnl_stream_in_order), "stream"));
    printf("# %s, %d threads, %s time, median of %d, GB/s\n", bench.vector->level, bench.threads,
           bench.cpu_time ? "cpu" : "wall", bench.repetitions);
    printf("shape\tdtype\tdirection\tclprof\tmemcpy\toneDNN\tvs_memcpy\tvs_oneDNN\n");
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int dtype = DTYPE_FLOAT32; dtype <= DTYPE_BFLOAT16; dtype++) {
            run_case(&bench, shapes[s], (enum dtype)dtype, FORMAT_CONTIGUOUS);
            run_case(&bench, shapes[s], (enum dtype)dtype, FORMAT_CHANNELS_LAST);
        }
    dnnl_stream_destroy(bench.stream);
    dnnl_engine_destroy(bench.engine);
    free(bench.from);
    free(bench.to);
    return 0;
}
