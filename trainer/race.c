/* Rounds of steps in random order. */
#include "trainer/race.h"

#include "base/clock.h"
#include "base/random.h"

/* Fisher-Yates on the numbers of one round. */
static void draw_order(int *order, int count, uint64_t key, uint64_t round)
{
    for (int i = 0; i < count; i++)
        order[i] = i;
    for (int i = count - 1; i > 0; i--) {
        int other = (int)(random_bits(key, round * RACE_MOST + (uint64_t)i) % (uint64_t)(i + 1));
        int kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

static enum status timed_step(const struct race_config *config, int which, struct loader *loader, int64_t step,
                              const struct observer *observer, double *dur_ns)
{
    struct step_result result;
    struct batch batch;
    bool more;
    int64_t start = clock_ns();

    if (observer)
        observer->step_begin(observer->self, step, start);
    TRY(loader_next(loader, &batch, &more));
    if (!more)
        return FAIL(IO, "the data ended before step %lld", (long long)step);
    TRY(session_step(config->session[which], &batch, step, config->learning_rate, observer, &result));
    *dur_ns = (double)(clock_ns() - start);
    if (observer) {
        const struct step_info info = {step, start, start + (int64_t)*dur_ns, batch.count, result.loss, result.grad_scale, result.skipped};
        observer->step_end(observer->self, &info);
    }
    return STATUS_OK;
}

static struct loader_config loader_for(const struct race_config *config)
{
    return (struct loader_config){.dataset = config->dataset, .split = SPLIT_TRAIN, .batch = config->batch,
                                  .side = config->side, .seed = config->seed};
}

enum status race_watch(const struct race_config *config, int which, const struct observer *observer, int steps)
{
    const struct loader_config data = loader_for(config);
    struct loader *loader = NULL;
    enum status status;
    double taken;

    TRY_OUT(loader_create(&data, &loader));
    for (int step = 0; step < steps; step++)
        TRY_OUT(timed_step(config, which, loader, step, observer, &taken));
out:
    loader_destroy(loader);
    return status;
}

enum status race_run(const struct race_config *config, double *dur_ns)
{
    const struct loader_config data = loader_for(config);
    uint64_t key = random_key(config->seed, "race");
    struct loader *loader = NULL;
    enum status status;
    int order[RACE_MOST];

    TRY_OUT(loader_create(&data, &loader));
    for (int round = 0; round < config->warmup + config->rounds; round++) {
        draw_order(order, config->sessions, key, (uint64_t)round);
        for (int i = 0; i < config->sessions; i++) {
            double taken = 0;
            TRY_OUT(timed_step(config, order[i], loader, round, NULL, &taken));
            if (round >= config->warmup)
                dur_ns[(round - config->warmup) * config->sessions + order[i]] = taken;
        }
    }
out:
    loader_destroy(loader);
    return status;
}

static bool same_conversions(const struct node *a, const struct node *b)
{
    if (a->op != b->op || a->conversions != b->conversions)
        return false;
    for (int i = 0; i < a->conversions; i++) {
        if (a->conversion[i].position != b->conversion[i].position || a->conversion[i].source != b->conversion[i].source)
            return false;
    }
    return true;
}

bool race_is_even(const struct session *a, const struct session *b)
{
    const struct graph *x = session_graph(a), *y = session_graph(b);

    if (x->nodes != y->nodes || x->values != y->values || x->orders != y->orders)
        return false;
    for (int n = 0; n < x->nodes; n++) {
        if (!same_conversions(&x->node[n], &y->node[n]))
            return false;
    }
    for (int v = 0; v < x->values; v++) {
        if (!tensor_same_layout(&x->value[v].tensor, &y->value[v].tensor))
            return false;
    }
    return true;
}
