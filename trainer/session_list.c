/* The list of a session's state: what has a name in the training graph, and the optimizer's flat memory by parameter. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strbuf.h"
#include "trainer/session_int.h"

/* Appends `prefix``name` with the tensor's shape and strides at `data`. */
static enum status add_state(struct session *session, const char *prefix, const struct value *value, void *data,
                             struct session_state state)
{
    struct strbuf name;
    TRY(array_room(&session->state, &session->state_room, session->states, sizeof *session->state));
    strbuf_init(&name);
    strbuf_printf(&name, "%s%s", prefix, value->name);
    state.name = strbuf_take(&name);
    state.tensor = value->tensor;
    state.tensor.data = data;
    session->state[session->states++] = state;
    return STATUS_OK;
}

static bool is_parameter(const struct value *value)
{
    return value->kind == VALUE_PARAMETER && value->alias_of < 0;
}

/* "optimizer.momentum_buffer" -> "optimizer.momentum_buffer.conv1.weight", ...: in a flat vector the format would matter. */
static enum status split_flat(struct session *session, const struct value *flat, float *data, const int64_t *offset)
{
    const struct graph *graph = &session->train.graph;
    struct strbuf prefix;
    enum status status = STATUS_OK;
    strbuf_init(&prefix);
    strbuf_printf(&prefix, "%s.", flat->name);
    for (int v = 0; v < graph->values && status == STATUS_OK; v++) {
        if (is_parameter(&graph->value[v]))
            status = add_state(session, prefix.text, &graph->value[v], data + offset[v],
                               (struct session_state){.init = flat->init});
    }
    strbuf_release(&prefix);
    return status;
}

/* "ema.conv1.weight", ...: the moving averages of all that is the model's. */
static enum status list_averages(struct session *session, const int64_t *offset)
{
    const struct graph *graph = &session->train.graph;
    float *parameters = session->train.outside[graph->flat_average];
    float *buffers = graph->flat_buffer < 0 ? NULL : session->train.outside[graph->flat_buffer_average];
    for (int v = 0; v < graph->values; v++) {
        const struct value *value = &graph->value[v];
        if (!value->name || value->module < 0)
            continue;
        TRY(add_state(session, "ema.", value, (is_parameter(value) ? parameters : buffers) + offset[v],
                      (struct session_state){.init = value->init}));
    }
    return STATUS_OK;
}

enum status session_list_states(struct session *session, const int64_t *offset)
{
    const struct graph *graph = &session->train.graph;
    for (int v = 0; v < graph->values; v++) {
        const struct value *value = &graph->value[v];
        void *data = session->train.outside[v];
        if (!value->name)
            continue;
        if (value->module < 0 && value->tensor.dims == 1)
            TRY(split_flat(session, value, data, offset));
        else
            TRY(add_state(session, "", value, data, (struct session_state){.parameter = is_parameter(value),
                                                                           .model = value->module >= 0,
                                                                           .init = value->init}));
    }
    return graph->flat_average < 0 ? STATUS_OK : list_averages(session, offset);
}

int session_states(const struct session *session)
{
    return session->states;
}

const struct session_state *session_state(const struct session *session, int index)
{
    return &session->state[index];
}

int session_find(const struct session *session, const char *name)
{
    for (int i = 0; i < session->states; i++) {
        if (strcmp(session->state[i].name, name) == 0)
            return i;
    }
    return -1;
}

void session_set_tracked(struct session *session, int index, int64_t batches)
{
    session->state[index].tracked = batches;
}

int64_t session_drawn(const struct session *session)
{
    return session->drawn;
}
