/* Runs the sides of one comparison in turn and takes their times. */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "trainer/probe_int.h"

#define MOST_TENSORS ((1 + NODE_MAX_CONVERSIONS) * (OP_MAX_IN + OP_MAX_OUT))

/* A side made ready. */
struct bench {
    struct probe_side *side;
    void *memory[MOST_TENSORS]; /* one block for each value that owns memory */
    int owner[MOST_TENSORS], blocks;
    void *scratch;
};

/* What the kernels of a call tell while it runs. On a device with a clock of its own they set marks, which are read afterwards. */
struct listener {
    const struct op_prepared *now;
    struct probe_time time;
    const struct backend *backend;
    struct device *device;
    int launches;
    struct launch {
        const struct op_prepared *call;
        int kernel;
    } launch[BACKEND_MARKS / 2 - 1];
    enum status status;
};

enum { MARK_START, MARK_END, MARK_LAUNCHES }; /* then two for each launch */

static bool is_library_conversion(const struct op_prepared *prepared, int kernel)
{
    for (int c = 0; c < prepared->conversions; c++) {
        if (prepared->conversion_kernel[c] == kernel && prepared->conversion[c].cause == CAUSE_LIBRARY)
            return true;
    }
    return false;
}

void probe_count(struct probe_time *time, const struct op_prepared *call, int kernel, int64_t dur_ns)
{
    if (call->kernel[kernel].role != ROLE_CONVERSION)
        time->kernel_ns += dur_ns;
    if (is_library_conversion(call, kernel))
        time->library_ns += dur_ns;
}

static void on_kernel(void *self, int kernel, int64_t start_ns, int64_t end_ns)
{
    struct listener *listener = self;
    probe_count(&listener->time, listener->now, kernel, end_ns - start_ns);
}

static void set_mark(struct listener *listener, int mark)
{
    enum status status = listener->status == STATUS_OK ? listener->backend->mark(listener->device, mark) : STATUS_OK;
    if (status != STATUS_OK)
        listener->status = status;
}

static void on_launch(void *self, int kernel, int64_t launch_ns)
{
    struct listener *listener = self;
    (void)launch_ns;
    if (listener->launches >= (int)(sizeof listener->launch / sizeof listener->launch[0])) {
        listener->status = FAIL(UNSUPPORTED, "an operator launches more kernels than can be timed");
        return;
    }
    listener->launch[listener->launches] = (struct launch){listener->now, kernel};
    set_mark(listener, MARK_LAUNCHES + 2 * listener->launches);
}

static void on_launched(void *self, int kernel)
{
    struct listener *listener = self;
    (void)kernel;
    if (listener->status == STATUS_OK)
        set_mark(listener, MARK_LAUNCHES + 2 * listener->launches++ + 1);
}

/* After the device was waited for. */
static enum status read_marks(struct listener *listener)
{
    TRY(listener->status);
    for (int i = 0; i < listener->launches; i++) {
        int64_t dur_ns;
        TRY(listener->backend->elapsed(listener->device, MARK_LAUNCHES + 2 * i, MARK_LAUNCHES + 2 * i + 1, &dur_ns));
        probe_count(&listener->time, listener->launch[i].call, listener->launch[i].kernel, dur_ns);
    }
    return listener->backend->elapsed(listener->device, MARK_START, MARK_END, &listener->time.dur_ns);
}

#define PATTERN 4096

/* Random numbers, that no kernel is slower or faster than in a step; integers (labels, indices) stay zero. */
static enum status fill(const struct bench *bench, struct device *device, const struct tensor *tensor, char *memory, int64_t bytes)
{
    char pattern[PATTERN * sizeof(float)];
    int64_t whole = PATTERN * (int64_t)dtype_bytes(tensor->dtype);

    if (tensor->dtype != DTYPE_FLOAT32 && tensor->dtype != DTYPE_BFLOAT16 && tensor->dtype != DTYPE_FLOAT16)
        return STATUS_OK;
    for (int64_t i = 0; i < PATTERN; i++)
        dtype_store(pattern, tensor->dtype, i, random_normal(1, (uint64_t)i));
    for (int64_t done = 0; done < bytes; done += whole)
        TRY(bench->side->backend->copy_in(device, memory + done, pattern, (size_t)(bytes - done < whole ? bytes - done : whole)));
    return STATUS_OK;
}

static int64_t bytes_of_owner(const struct bench *bench, int owner)
{
    const struct probe_side *side = bench->side;
    int64_t most = 64;

    for (int c = 0; c < side->calls; c++) {
        const struct plan_call *call = &side->call[c];
        for (int i = 0; i < OP_MAX_IN + OP_MAX_OUT; i++) {
            int value = i < OP_MAX_IN ? call->in_value[i] : call->out_value[i - OP_MAX_IN];
            const struct tensor *tensor = i < OP_MAX_IN ? &call->in[i] : &call->out[i - OP_MAX_IN];
            if (value < 0 || graph_memory_of(side->graph, value) != owner)
                continue;
            int64_t end = graph_memory_offset(side->graph, value) + tensor_span_bytes(tensor);
            most = end > most ? end : most;
        }
    }
    return most;
}

static enum status give_memory(struct bench *bench, struct device *device, struct tensor *tensor, int value)
{
    if (value < 0)
        return STATUS_OK;
    int owner = graph_memory_of(bench->side->graph, value);
    int64_t offset = graph_memory_offset(bench->side->graph, value);
    for (int b = 0; b < bench->blocks; b++) {
        if (bench->owner[b] == owner) {
            tensor->data = (char *)bench->memory[b] + offset;
            return STATUS_OK;
        }
    }
    int64_t bytes = bytes_of_owner(bench, owner);
    void *memory = bench->side->backend->alloc(device, (size_t)bytes, "measuring an operator");
    if (!memory)
        return STATUS_NO_MEMORY;
    bench->owner[bench->blocks] = owner;
    bench->memory[bench->blocks++] = memory;
    TRY(fill(bench, device, tensor, memory, bytes));
    tensor->data = (char *)memory + offset;
    return STATUS_OK;
}

static enum status open_call(struct bench *bench, struct device *device, struct plan_call *call, size_t *scratch_bytes)
{
    TRY(backend_prepare(bench->side->backend, device, &call->call, &call->prepared));
    if (call->prepared->scratch_bytes > *scratch_bytes)
        *scratch_bytes = call->prepared->scratch_bytes;
    for (int i = 0; i < OP_MAX_IN; i++)
        TRY(give_memory(bench, device, &call->in[i], call->in_value[i]));
    for (int i = 0; i < OP_MAX_OUT; i++)
        TRY(give_memory(bench, device, &call->out[i], call->out_value[i]));
    return STATUS_OK;
}

static enum status open_bench(struct bench *bench, struct device *device, struct probe_side *side)
{
    size_t scratch_bytes = 64;

    bench->side = side;
    for (int c = 0; c < side->calls; c++)
        TRY(open_call(bench, device, &side->call[c], &scratch_bytes));
    bench->scratch = side->backend->alloc(device, scratch_bytes, "measuring an operator (scratch)");
    return bench->scratch ? STATUS_OK : STATUS_NO_MEMORY;
}

static void close_bench(struct bench *bench, struct device *device)
{
    struct probe_side *side = bench->side;

    if (!side)
        return;
    for (int c = 0; c < side->calls; c++) {
        if (side->call[c].prepared)
            side->call[c].prepared->destroy(side->call[c].prepared);
        side->call[c].prepared = NULL;
    }
    for (int b = 0; b < bench->blocks; b++)
        side->backend->free(device, bench->memory[b]);
    if (bench->scratch)
        side->backend->free(device, bench->scratch);
    memset(bench, 0, sizeof *bench);
}

static enum status run_side(struct bench *bench, struct device *device, struct probe_time *out)
{
    const struct backend *backend = bench->side->backend;
    struct listener listener = {.backend = backend, .device = device};
    const struct observer observer = {.self = &listener, .kernel = on_kernel, .launch_begin = on_launch, .launch_end = on_launched};
    int number[OP_MAX_KERNELS];
    struct run_context context = {device, bench->scratch, &observer, number};

    for (int k = 0; k < OP_MAX_KERNELS; k++)
        number[k] = k;
    if (backend->mark)
        set_mark(&listener, MARK_START);
    int64_t start = clock_ns();

    for (int c = 0; c < bench->side->calls; c++) {
        listener.now = bench->side->call[c].prepared;
        TRY(listener.now->run(bench->side->call[c].prepared, &context));
    }
    if (backend->mark)
        set_mark(&listener, MARK_END);
    TRY(backend->synchronize(device));
    if (backend->mark)
        TRY(read_marks(&listener));
    else
        listener.time.dur_ns = clock_ns() - start;
    if (bench->side->calls == 0)
        listener.time.dur_ns = 0; /* another operator's kernel does it */
    *out = listener.time;
    return STATUS_OK;
}

/* A copy (a slice gathered) goes by the strides, which its name and bytes don't tell. */
static bool same_kernel(const struct kernel_info *a, const struct kernel_info *b)
{
    return a->role != ROLE_COPY && strcmp(a->name, b->name) == 0 && a->role == b->role && a->flops == b->flops &&
           a->bytes_read == b->bytes_read && a->bytes_written == b->bytes_written;
}

static bool same_kernels(const struct op_prepared *a, const struct op_prepared *b)
{
    int i = 0, j = 0;

    for (;;) {
        while (i < a->kernels && is_library_conversion(a, i))
            i++;
        while (j < b->kernels && is_library_conversion(b, j))
            j++;
        if (i == a->kernels || j == b->kernels)
            return i == a->kernels && j == b->kernels;
        if (!same_kernel(&a->kernel[i++], &b->kernel[j++]))
            return false;
    }
}

void probe_settle(struct probe_case *one, struct device *device)
{
    struct probe_side *as_run = &one->side[PROBE_AS_RUN], *kept = &one->side[PROBE_CHANNELS_LAST];
    struct op_prepared *ran = NULL, *other = NULL;
    bool same = false;

    if (!one->penalty || as_run->calls != 1 || kept->calls != 1 || as_run->call[0].call.op != kept->call[0].call.op ||
        (kept->call[0].call.op != OP_CONVOLUTION && kept->call[0].call.op != OP_CONVOLUTION_BACKWARD))
        return;
    /* Whatever can't be prepared is told when it is to be measured. */
    if (backend_prepare(as_run->backend, device, &as_run->call[0].call, &ran) == STATUS_OK &&
        backend_prepare(kept->backend, device, &kept->call[0].call, &other) == STATUS_OK)
        same = same_kernels(ran, other);
    if (same) {
        as_run->wanted = false;
        one->penalty = false;
        one->same_as_run = -1;
    }
    if (ran)
        ran->destroy(ran);
    if (other)
        other->destroy(other);
}

/* Opens what can be opened; *left = how many sides there are. */
static enum status open_all(struct bench *bench, struct device *device, struct probe_case *one, int *left)
{
    *left = 0;
    for (int v = 0; v < PROBE_VARIANTS; v++) {
        if (!one->side[v].wanted)
            continue;
        if (v == one->same_as_run) {
            ++*left;
            continue;
        }
        enum status status = open_bench(&bench[v], device, &one->side[v]);
        if (status != STATUS_OK && status != STATUS_UNSUPPORTED && status != STATUS_BACKEND)
            return status;
        if (status == STATUS_OK)
            ++*left;
        else
            close_bench(&bench[v], device);
    }
    return STATUS_OK;
}

static enum status tell(const struct probe_case *one, const struct probe_sink *sink, int measurement, int repetition,
                        const struct probe_time *time, const struct bench *bench)
{
    for (int v = 0; v < PROBE_VARIANTS; v++) {
        const struct probe_time *taken = v == one->same_as_run ? &time[PROBE_AS_RUN] : &time[v];
        if (bench[v].side || (v == one->same_as_run && bench[PROBE_AS_RUN].side))
            TRY(sink->time(sink->self, measurement, (enum probe_variant)v, repetition, taken));
    }
    return STATUS_OK;
}

/* Each thread its own core's; or the device's. */
static enum status sweep_caches(const struct probe_sweep *sweep, int value)
{
    if (sweep->backend->cache_bytes)
        return sweep->backend->zero(sweep->device, sweep->memory, sweep->bytes);
#pragma omp parallel for schedule(static, 1)
    for (int i = 0; i < sweep->threads; i++)
        memset(sweep->memory + (size_t)i * PROBE_SWEEP_BYTES, value, PROBE_SWEEP_BYTES);
    return STATUS_OK;
}

/* Every side once, starting from another one each time. */
static enum status run_round(struct bench *bench, struct device *device, const struct probe_sweep *sweep, int round,
                             struct probe_time *time)
{
    int first = (int)(random_bits(7, (uint64_t)round) % PROBE_VARIANTS);

    for (int i = 0; i < PROBE_VARIANTS; i++) {
        int v = (first + i) % PROBE_VARIANTS;
        if (!bench[v].side)
            continue;
        TRY(sweep_caches(sweep, round));
        TRY(run_side(&bench[v], device, &time[v]));
    }
    return STATUS_OK;
}

static int repetitions_for(int64_t round_ns, double seconds, int most)
{
    double fit = seconds / (1e-9 * (double)round_ns + 1e-9);
    return fit < PROBE_LEAST ? PROBE_LEAST : fit > most ? most : (int)fit;
}

/* Whether channels_last was slower than the same other side in every round so far. */
struct streak {
    bool contiguous, blocked;
};

static void follow(struct streak *streak, const struct bench *bench, const struct probe_time *time)
{
    int64_t kept = time[PROBE_CHANNELS_LAST].dur_ns;
    streak->contiguous &= bench[PROBE_CONTIGUOUS].side && kept > time[PROBE_CONTIGUOUS].dur_ns;
    streak->blocked &= bench[PROBE_BLOCKED].side && kept > time[PROBE_BLOCKED].dur_ns;
}

enum status probe_measure(struct probe_case *one, struct device *device, const struct probe_sweep *sweep, double seconds,
                          int most, int measurement, const struct probe_sink *sink, bool *done)
{
    struct bench bench[PROBE_VARIANTS] = {0};
    struct probe_time time[PROBE_VARIANTS] = {0};
    enum status status;
    int left;

    *done = false;
    TRY_OUT(open_all(bench, device, one, &left));
    if (left < 2 || !bench[PROBE_CHANNELS_LAST].side || (one->penalty && !bench[PROBE_AS_RUN].side))
        goto out;
    int64_t start = clock_ns();
    TRY_OUT(run_round(bench, device, sweep, 0, time));
    int repetitions = repetitions_for(clock_ns() - start, seconds, most);
    struct streak streak = {true, true};
    for (int r = 0; r < repetitions || (r < most && (streak.contiguous || streak.blocked)); r++) {
        TRY_OUT(run_round(bench, device, sweep, r, time));
        TRY_OUT(tell(one, sink, measurement, r, time, bench));
        follow(&streak, bench, time);
    }
    for (int i = 0; i < one->instances_count; i++)
        TRY_OUT(sink->op(sink->self, one->instances[i].op, measurement));
    *done = true;
out:
    for (int v = 0; v < PROBE_VARIANTS; v++)
        close_bench(&bench[v], device);
    return status;
}
