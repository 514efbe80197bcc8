/*
 * Penalties where the host's clock is the device's: whole steps of the graph that ran and of the one that keeps channels_last, in turn,
 * each call timed where it stands. So operands lie where their makers left them: in this core's cache, in another's, in
 * memory. An operator run by itself finds them near, and better so in one format than in the other.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "trainer/probe_int.h"
#include "trainer/session_int.h"

enum { SIDES = PROBE_PENALTY_SIDES };

/* A session whose steps are timed. */
struct runner {
    struct session *session;
    struct probe_time *time; /* [round][call] */
    int *first;              /* by node: number of its first call, -1 = none */
    struct probe_time *now;  /* of the round at hand */
    const struct op_prepared *prepared; /* of the call at hand, which `at` is */
    int at;
};

static void on_kernel(void *self, int kernel, int64_t start_ns, int64_t end_ns)
{
    struct runner *runner = self;
    probe_count(&runner->now[runner->at], runner->prepared, kernel, end_ns - start_ns);
}

static enum status time_call(void *self, const struct plan_call *call, int index, struct run_context *context)
{
    static const int number[OP_MAX_KERNELS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    struct runner *runner = self;
    const struct observer observer = {.self = runner, .kernel = on_kernel};
    _Static_assert(OP_MAX_KERNELS == 16, "every kernel has its own number");

    runner->at = index;
    runner->prepared = call->prepared;
    runner->now[index] = (struct probe_time){0};
    context->observer = &observer;
    context->kernel_number = number;
    int64_t start = clock_ns();
    TRY(call->prepared->run(call->prepared, context));
    runner->now[index].dur_ns = clock_ns() - start;
    return STATUS_OK;
}

static enum status open_runner(struct runner *runner, struct session *session, int rounds)
{
    const struct plan *plan = &session->train.plan;

    runner->session = session;
    TRY(array_make(&runner->time, rounds * plan->calls, sizeof *runner->time));
    TRY(array_make(&runner->first, plan->graph->nodes, sizeof *runner->first));
    for (int n = 0; n < plan->graph->nodes; n++)
        runner->first[n] = -1;
    for (int c = plan->calls - 1; c >= 0; c--)
        runner->first[plan->call[c].node] = c;
    return STATUS_OK;
}

static void close_runner(struct runner *runner)
{
    free(runner->time);
    free(runner->first);
}

/* Both steps once, the one or the other first. `round` of the times. */
static enum status run_round(struct runner *runner, int round, int key)
{
    int first = (int)(random_bits(11, (uint64_t)key) % SIDES);

    for (int i = 0; i < SIDES; i++) {
        struct runner *one = &runner[(first + i) % SIDES];
        one->now = one->time + (size_t)round * (size_t)one->session->train.plan.calls;
        TRY(session_rehearse(one->session, time_call, one));
    }
    return STATUS_OK;
}

/* The calls of one instance on one side, added to `sum`. */
static void add_instance(const struct runner *runner, const struct probe_instance *instance, int side, int round, struct probe_time *sum)
{
    const struct plan *plan = &runner->session->train.plan;
    const struct probe_time *time = runner->time + (size_t)round * (size_t)plan->calls;
    int node = instance->node[side], first = runner->first[node];

    for (int i = 0; i < instance->calls[side]; i++) {
        for (int c = first; c >= 0 && c < plan->calls && plan->call[c].node == node; c++) {
            if (plan->call[c].conversion != instance->conversion[side][i])
                continue;
            sum->dur_ns += time[c].dur_ns;
            sum->library_ns += time[c].library_ns;
            sum->kernel_ns += time[c].kernel_ns;
        }
    }
}

/* What one of the instances takes in the middle. */
static struct probe_time mean_of(const struct runner *runner, const struct probe_case *one, int side, int round)
{
    struct probe_time sum = {0};

    for (int i = 0; i < one->instances_count; i++)
        add_instance(runner, &one->instances[i], side, round, &sum);
    return (struct probe_time){sum.dur_ns / one->instances_count, sum.library_ns / one->instances_count, sum.kernel_ns / one->instances_count};
}

static enum status tell(const struct runner *runner, const struct probe_case *one, int measurement, int rounds, const struct probe_sink *sink)
{
    for (int round = 0; round < rounds; round++) {
        for (int side = 0; side < SIDES; side++) {
            const struct probe_time time = mean_of(&runner[side], one, side, round);
            TRY(sink->time(sink->self, measurement, (enum probe_variant)side, round, &time));
        }
    }
    for (int i = 0; i < one->instances_count; i++)
        TRY(sink->op(sink->self, one->instances[i].op, measurement));
    return STATUS_OK;
}

/* Bytes that the system could give to a program now; -1 = it does not say. */
static int64_t available_bytes(void)
{
    FILE *file = fopen("/proc/meminfo", "re");
    char line[256];
    long long kilobytes = -1;

    while (file && kilobytes < 0 && fgets(line, sizeof line, file)) {
        if (sscanf(line, "MemAvailable: %lld kB", &kilobytes) != 1)
            kilobytes = -1;
    }
    if (file)
        fclose(file);
    return kilobytes < 0 ? -1 : 1024 * kilobytes;
}

bool probe_has_room(const struct session *session)
{
    const struct plan *plan = &session->train.plan;
    int64_t available = available_bytes(), need = (int64_t)(plan->arena_bytes + plan->scratch_bytes);

    for (int i = 0; i < session->states; i++)
        need += 2 * tensor_bytes(&session->state[i].tensor); /* its gradient, and the library's own weights */
    return available < 0 || need < available / 4 * 3;
}

/* The other session learns the same batch: numbers as they are in a step, none of them denormal. */
static enum status hand_on_batch(struct session *from, struct session *to)
{
    const struct graph *graph = &from->train.graph;
    const struct backend *backend = from->config.backend;
    size_t bytes = (size_t)tensor_bytes(&graph->value[graph->batch].tensor);
    char *host = malloc(bytes);

    if (!host)
        return FAIL(NO_MEMORY, "no memory for a batch of %zu bytes", bytes);
    enum status status;
    TRY_OUT(backend->copy_out(from->device, host, from->train.outside[graph->batch], bytes));
    TRY_OUT(backend->copy_in(to->device, to->train.outside[to->train.graph.batch], host, bytes));
out:
    free(host);
    return status;
}

enum status probe_steps_open(const struct session_config *config, struct session *ran, struct session **out)
{
    TRY(session_create(config, out));
    TRY(session_initialise(*out, NULL));
    return hand_on_batch(ran, *out);
}

static double total_ms(const struct runner *runner, int round)
{
    const struct plan *plan = &runner->session->train.plan;
    int64_t sum = 0;
    for (int c = 0; c < plan->calls; c++)
        sum += runner->time[(size_t)round * (size_t)plan->calls + (size_t)c].dur_ns;
    return 1e-6 * (double)sum;
}

enum status probe_steps(struct session *ran, struct session *kept, double seconds, struct probe_case *const *cases, int count,
                        const struct probe_sink *sink)
{
    struct runner runner[SIDES] = {0};
    enum status status;

    TRY_OUT(open_runner(&runner[PROBE_AS_RUN], ran, PROBE_MOST));
    TRY_OUT(open_runner(&runner[PROBE_CHANNELS_LAST], kept, PROBE_MOST));
    TRY_OUT(run_round(runner, 0, 0)); /* what calls make at their first run */
    int64_t born = clock_ns();
    int rounds = 0;
    while (rounds < PROBE_LEAST || (rounds < PROBE_MOST && 1e-9 * (double)(clock_ns() - born) < seconds)) {
        TRY_OUT(run_round(runner, rounds, rounds + 1));
        log_debug("trainer", "probe: a step as it ran %.2f ms, in channels_last %.2f ms", total_ms(&runner[PROBE_AS_RUN], rounds),
                  total_ms(&runner[PROBE_CHANNELS_LAST], rounds));
        rounds++;
    }
    for (int i = 0; i < count; i++)
        TRY_OUT(tell(runner, cases[i], i + 1, rounds, sink));
out:
    close_runner(&runner[PROBE_AS_RUN]);
    close_runner(&runner[PROBE_CHANNELS_LAST]);
    return status;
}
