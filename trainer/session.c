/* Making a session, running its steps. Graph and memory: session_build.c; parameters' values: session_state.c. */
#include "trainer/session.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "trainer/mixing.h"
#include "trainer/session_int.h"

enum status session_create(const struct session_config *config, struct session **out)
{
    struct session *session = calloc(1, sizeof *session);
    if (!session)
        return FAIL(NO_MEMORY, "no memory for a session");
    session->config = *config;
    graph_init(&session->train.graph);
    graph_init(&session->evaluation.graph);
    graph_init(&session->average.graph);
    enum status status;
    if (config->soft_targets)
        TRY_OUT(array_make(&session->host_targets, (int)(config->batch * config->classes), sizeof(float)));
    TRY_OUT(config->backend->open(&config->device, &session->device));
    TRY_OUT(session_build(config, true, &session->train.graph));
    TRY_OUT(session_place(session));
    TRY_OUT(plan_create(&session->train.graph, config->backend, session->device, session->train.outside,
                        &session->train.plan));
    session->train.made = true;
    session->train.plan.keep_graphs = config->device_graph;
    *out = session;
    return STATUS_OK;
out:
    session_destroy(session);
    return status;
}

static void release_plan(struct session_plan *plan)
{
    if (plan->made)
        plan_release(&plan->plan);
    graph_release(&plan->graph);
    free(plan->outside);
    free(plan->host_logits);
}

void session_destroy(struct session *session)
{
    if (!session)
        return;
    release_plan(&session->train);
    release_plan(&session->evaluation);
    release_plan(&session->average);
    for (int i = 0; i < session->owned_count; i++)
        session->config.backend->free(session->device, session->owned[i]);
    free(session->owned);
    free(session->host_targets);
    for (int i = 0; i < session->states; i++)
        free(session->state[i].name);
    free(session->state);
    if (session->device)
        session->config.backend->close(session->device);
    free(session);
}

static int batches_of_step(const struct session *session)
{
    return session->config.optim.accumulate > 1 ? session->config.optim.accumulate : 1;
}

int64_t session_images(const struct session *session)
{
    return session->config.batch * batches_of_step(session);
}

enum status session_declare(struct session *session, const struct observer *observer)
{
    return plan_declare(&session->train.plan, observer, batches_of_step(session));
}

/* Host to an input value's memory; values the graph does not use are skipped. */
static enum status set_input(struct session *session, const struct session_plan *plan, int value, const void *from,
                      int64_t bytes)
{
    if (value < 0 || plan->graph.value[value].kind != VALUE_INPUT)
        return STATUS_OK;
    return session->config.backend->copy_in(session->device, plan->outside[value], from, (size_t)bytes);
}

/* What a training with soft targets learns from the batch. */
static const float *targets(struct session *session, const struct batch *batch)
{
    const struct session_config *config = &session->config;
    if (!batch->probabilities)
        mixing_targets(1, batch->labels, session->host_targets, config->batch, config->classes, config->label_smoothing);
    return batch->probabilities ? batch->probabilities : session->host_targets;
}

static enum status set_inputs(struct session *session, const struct session_plan *plan, const struct batch *batch)
{
    const struct graph *graph = &plan->graph;
    TRY(set_input(session, plan, graph->batch, batch->images, tensor_bytes(&graph->value[graph->batch].tensor)));
    const struct tensor *labels = &graph->value[graph->labels].tensor;
    return set_input(session, plan, graph->labels,
                     labels->dtype == DTYPE_INT64 ? (const void *)batch->labels : targets(session, batch), tensor_bytes(labels));
}

static enum status read_scalar(struct session *session, int value, double *out)
{
    const struct graph *graph = &session->train.graph;
    float number;
    TRY(session->config.backend->copy_out(session->device, &number, graph->value[graph_memory_of(graph, value)].tensor.data,
                                          sizeof number));
    *out = number;
    return STATUS_OK;
}

enum status session_loss(struct session *session, double *loss)
{
    return read_scalar(session, session->train.graph.loss, loss);
}

enum status session_result(struct session *session, struct step_result *out)
{
    const struct graph *graph = &session->train.graph;
    double found_inf = 0;
    out->grad_scale = -1;
    TRY(read_scalar(session, graph->loss, &out->loss));
    if (session->config.optim.scaler) {
        TRY(read_scalar(session, graph->loss_scale, &out->grad_scale));
        TRY(read_scalar(session, graph->found_inf, &found_inf));
    }
    out->skipped = found_inf != 0;
    return STATUS_OK;
}

enum status session_forward(struct session *session, const struct batch *batch, int64_t drawn,
                            const struct observer *observer)
{
    struct session_plan *train = &session->train;
    TRY(set_inputs(session, train, batch));
    TRY(set_input(session, train, train->graph.step_count, &drawn, sizeof drawn));
    session->drawn++;
    return plan_run(&train->plan, 1u << PHASE_DATA | 1u << PHASE_FORWARD, observer);
}

enum status session_prefetch(struct session *session, const float *images)
{
    const struct graph *graph = &session->train.graph;
    const struct backend *backend = session->config.backend;
    if (!backend->prefetch)
        return STATUS_OK;
    return backend->prefetch(session->device, images, (size_t)tensor_bytes(&graph->value[graph->batch].tensor));
}

enum status session_backward(struct session *session, const struct observer *observer)
{
    struct session_plan *train = &session->train;
    float one = 1;
    TRY(set_input(session, train, train->graph.loss_scale, &one, sizeof one));
    TRY(plan_run(&train->plan, 1u << PHASE_BACKWARD, observer));
    train->plan.pass = (train->plan.pass + 1) % batches_of_step(session);
    return STATUS_OK;
}

enum status session_optimize(struct session *session, int64_t step, double learning_rate, const struct observer *observer)
{
    struct session_plan *train = &session->train;
    float rate = (float)learning_rate, first = step == 0;
    TRY(set_input(session, train, train->graph.learning_rate, &rate, sizeof rate));
    TRY(set_input(session, train, train->graph.first_step, &first, sizeof first));
    train->plan.pass = 0;
    return plan_run(&train->plan, 1u << PHASE_OPTIMIZER, observer);
}

enum status session_step(struct session *session, const struct batch *batch, int64_t step, double learning_rate,
                         const struct observer *observer, struct step_result *out)
{
    int batches = batches_of_step(session);
    for (int i = 0; i < batches; i++) {
        TRY(session_forward(session, batch, step * batches + i, observer));
        TRY(session_backward(session, observer));
    }
    TRY(session_optimize(session, step, learning_rate, observer));
    TRY(session_result(session, out));
    return session_clear_gradients(session);
}

enum status session_rehearse(struct session *session, plan_visit *visit, void *self)
{
    struct session_plan *train = &session->train;
    const float zero = 0, one = 1;
    TRY(set_input(session, train, train->graph.loss_scale, &one, sizeof one));
    TRY(set_input(session, train, train->graph.learning_rate, &zero, sizeof zero));
    TRY(set_input(session, train, train->graph.first_step, &one, sizeof one));
    TRY(plan_visit_calls(&train->plan, visit, self));
    return session_clear_gradients(session);
}

enum status session_clear_gradients(struct session *session)
{
    const struct graph *graph = &session->train.graph;
    if (graph->flat_accumulated < 0)
        return STATUS_OK;
    return session->config.backend->zero(session->device, session->train.outside[graph->flat_accumulated],
                                         (size_t)tensor_bytes(&graph->value[graph->flat_accumulated].tensor));
}

static enum status make_evaluation(struct session *session, struct session_plan *plan, const char *prefix)
{
    if (plan->made)
        return STATUS_OK;
    size_t logits = (size_t)session->config.batch * (size_t)session->config.classes;
    TRY(session_build(&session->config, false, &plan->graph));
    TRY(session_share(session, plan, prefix));
    TRY(plan_create(&plan->graph, session->config.backend, session->device, plan->outside, &plan->plan));
    plan->made = true;
    plan->plan.keep_graphs = session->config.device_graph;
    plan->host_logits = calloc(logits, sizeof(float));
    return plan->host_logits ? STATUS_OK : FAIL(NO_MEMORY, "no memory for %zu logits", logits);
}

static enum status evaluate(struct session *session, struct session_plan *plan, const struct batch *batch, const float **logits)
{
    TRY(set_inputs(session, plan, batch));
    TRY(plan_run(&plan->plan, PLAN_ALL_PHASES, NULL));
    const struct tensor *made = &plan->graph.value[graph_memory_of(&plan->graph, plan->graph.logits)].tensor;
    int64_t count = tensor_count(made);
    char *raw = (char *)plan->host_logits + (sizeof(float) - dtype_bytes(made->dtype)) * (size_t)count;
    TRY(session->config.backend->copy_out(session->device, raw, made->data, (size_t)tensor_bytes(made)));
    /* Widens in place, front to back: the narrow values lie at the end of the buffer. */
    for (int64_t i = 0; i < count && made->dtype != DTYPE_FLOAT32; i++)
        plan->host_logits[i] = (float)dtype_load(raw, made->dtype, i);
    *logits = plan->host_logits;
    return STATUS_OK;
}

enum status session_evaluate(struct session *session, const struct batch *batch, const float **logits)
{
    TRY(make_evaluation(session, &session->evaluation, ""));
    return evaluate(session, &session->evaluation, batch, logits);
}

enum status session_evaluate_average(struct session *session, const struct batch *batch, const float **logits)
{
    TRY(make_evaluation(session, &session->average, "ema."));
    return evaluate(session, &session->average, batch, logits);
}

const char *session_device_name(const struct session *session)
{
    return session->config.backend->device_name(session->device);
}

int session_threads(const struct session *session)
{
    return session->config.backend->threads(session->device);
}

const struct graph *session_graph(const struct session *session)
{
    return &session->train.graph;
}
