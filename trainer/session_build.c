/* From a configuration to a graph with formats, and the memory that outlives steps. */
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "trainer/autograd.h"
#include "trainer/fuse.h"
#include "trainer/session_int.h"

static int input_value(struct graph *graph, enum dtype dtype, int dims, const int64_t *size)
{
    struct tensor tensor = tensor_make(dtype, dims, size, FORMAT_CONTIGUOUS);
    return graph_add_value(graph, &tensor, VALUE_INPUT);
}

/* Several batches to a step: gradients are those of the mean of their losses. */
static void build_loss(struct build *build, int logits, bool soft, const struct session_config *config)
{
    struct graph *graph = build->graph;
    if (soft)
        build_soft_cross_entropy(build, logits, graph->labels);
    else
        build_cross_entropy(build, logits, graph->labels, config->label_smoothing);
    graph->objective = graph->loss;
    if (config->optim.accumulate > 1)
        graph->objective = build_op(build, OP_DIV, &(union op_attrs){.scalar = {config->optim.accumulate}},
                                    (int[]){graph->loss, -1});
}

static enum status build_model(const struct session_config *config, bool training, struct graph *graph)
{
    struct build build = {
        .graph = graph,
        .autocast = {config->autocast, config->autocast_dtype, config->policy->device},
        .training = training,
        .classes = config->classes,
        .seed = config->seed,
        .module = graph_add_module(graph, -1, "", config->model->name),
    };
    int x;
    graph->batch = input_value(graph, DTYPE_FLOAT32, 4, (int64_t[]){config->batch, 3, config->side, config->side});
    bool soft = training && config->soft_targets;
    graph->labels = soft ? input_value(graph, DTYPE_FLOAT32, 2, (int64_t[]){config->batch, config->classes})
                         : input_value(graph, DTYPE_INT64, 1, &config->batch);
    TRY(layouts_batch(graph, &config->layout, graph->batch, &x));
    int logits = config->model->build(&build, x);
    if (training && build.status == STATUS_OK)
        build_loss(&build, logits, soft, config);
    graph->logits = logits;
    return build.status;
}

enum status session_assemble(const struct session_config *config, bool training, struct graph *graph)
{
    TRY(build_model(config, training, graph));
    if (training) {
        optim_loss_scale(graph, &config->optim);
        TRY(autograd_backward(graph));
        TRY(optim_append(graph, &config->optim));
    }
    return layouts_assign(graph, &config->layout, config->policy);
}

enum status session_build(const struct session_config *config, bool training, struct graph *graph)
{
    TRY(session_assemble(config, training, graph));
    fuse_nodes(graph);
    return STATUS_OK;
}

void *session_alloc(struct session *session, int64_t bytes, const char *what)
{
    if (session->owned_count == session->owned_room) {
        session->owned_room = session->owned_room ? 2 * session->owned_room : 64;
        session->owned = realloc(session->owned, (size_t)session->owned_room * sizeof *session->owned);
        if (!session->owned)
            abort();
    }
    void *memory = session->config.backend->alloc(session->device, bytes > 0 ? (size_t)bytes : 1, what);
    if (memory)
        session->owned[session->owned_count++] = memory;
    return memory;
}

/* Memory of one value of the training graph, NULL with *ok unchanged when it lives in the arena. */
static void *memory_for(struct session *session, int v, const int64_t *offset, bool *ok)
{
    struct graph *graph = &session->train.graph;
    const struct value *value = &graph->value[v];
    if (value->alias_of >= 0 || value->stand_in >= 0)
        return NULL;
    if (v == graph->flat_parameter)
        return session->flat_parameter;
    if (v == graph->flat_gradient)
        return session->flat_gradient;
    if (v == graph->flat_buffer)
        return session->flat_buffer;
    if (value->kind == VALUE_PARAMETER)
        return (float *)session->flat_parameter + offset[v];
    if (session->flat_buffer && value->kind == VALUE_BUFFER && offset[v] >= 0)
        return (float *)session->flat_buffer + offset[v];
    if (value->kind != VALUE_BUFFER && value->kind != VALUE_INPUT)
        return NULL;
    void *memory = session_is_constant(value) ? session_constant(session, value)
                                              : session_alloc(session, tensor_bytes(&value->tensor), value->name ? value->name : "the batch");
    *ok = *ok && memory;
    return memory;
}

static enum status place_all(struct session *session, int64_t *offset)
{
    struct session_plan *train = &session->train;
    struct graph *graph = &train->graph;
    int64_t length = optim_flat_offsets(graph, offset);
    session->flat_parameter = session_alloc(session, length * (int64_t)sizeof(float), "the model's parameters");
    session->flat_gradient = session_alloc(session, length * (int64_t)sizeof(float), "the parameters' gradients");
    if (graph->flat_buffer >= 0)
        session->flat_buffer = session_alloc(session, optim_buffer_offsets(graph, offset) * (int64_t)sizeof(float), "the model's buffers");
    bool ok = session->flat_parameter && session->flat_gradient && (graph->flat_buffer < 0 || session->flat_buffer);
    for (int v = 0; v < graph->values && ok; v++) {
        struct value *value = &graph->value[v];
        if (value->kind != VALUE_GRADIENT) /* those were set with their parameter */
            train->outside[v] = memory_for(session, v, offset, &ok);
        if (value->kind == VALUE_PARAMETER && value->alias_of < 0) {
            train->outside[value->gradient] = (float *)session->flat_gradient + offset[v];
            if (tensor_bytes(&value->tensor) > session->staging_bytes)
                session->staging_bytes = tensor_bytes(&value->tensor);
        }
    }
    if (ok)
        session->staging = session_alloc(session, session->staging_bytes, "a parameter on its way");
    return ok && session->staging ? session_list_states(session, offset) : STATUS_NO_MEMORY;
}

enum status session_place(struct session *session)
{
    size_t values = (size_t)session->train.graph.values;
    session->train.outside = calloc(values, sizeof(void *));
    int64_t *offset = malloc(values * sizeof *offset);
    enum status status = session->train.outside && offset
                             ? place_all(session, offset)
                             : FAIL(NO_MEMORY, "no memory for the places of %zu values", values);
    free(offset);
    return status;
}

static void *shared_memory(const struct session *session, const char *prefix, const char *name)
{
    struct strbuf full;
    strbuf_init(&full);
    strbuf_printf(&full, "%s%s", prefix, name);
    int state = session_find(session, full.text);
    strbuf_release(&full);
    return state < 0 ? NULL : session->state[state].tensor.data;
}

enum status session_share(struct session *session, struct session_plan *evaluation, const char *prefix)
{
    struct graph *graph = &evaluation->graph;
    evaluation->outside = calloc((size_t)graph->values, sizeof(void *));
    if (!evaluation->outside)
        return FAIL(NO_MEMORY, "no memory for the places of %d values", graph->values);
    for (int v = 0; v < graph->values; v++) {
        const struct value *value = &graph->value[v];
        if (value->name)
            evaluation->outside[v] = shared_memory(session, prefix, value->name);
        else if (session_is_constant(value))
            evaluation->outside[v] = session_constant(session, value);
        else if (value->kind == VALUE_INPUT)
            evaluation->outside[v] = session_alloc(session, tensor_bytes(&value->tensor), "an evaluation's batch");
        else
            continue;
        if (!evaluation->outside[v])
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}
