/* Parameters' first values, and state between host and device in logical order. */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "trainer/session_int.h"

static void fill(float *values, int64_t count, struct init init, uint64_t key)
{
    float scale = (float)init.scale;
    switch (init.kind) {
    case INIT_ZERO:
        memset(values, 0, (size_t)count * sizeof *values);
        break;
    case INIT_ONE:
        for (int64_t i = 0; i < count; i++)
            values[i] = 1;
        break;
    case INIT_CONSTANT:
        for (int64_t i = 0; i < count; i++)
            values[i] = scale;
        break;
    case INIT_BLUR:
        for (int64_t i = 0; i < count; i++)
            values[i] = (float)((2 - (i % 9 / 3 != 1)) * (2 - (i % 3 != 1))) / 16;
        break;
    case INIT_NORMAL:
#pragma omp parallel for
        for (int64_t i = 0; i < count; i++)
            values[i] = scale * random_normal(key, (uint64_t)i);
        break;
    case INIT_UNIFORM:
#pragma omp parallel for
        for (int64_t i = 0; i < count; i++)
            values[i] = scale * (2 * random_uniform(key, (uint64_t)i) - 1);
        break;
    }
}

bool session_is_constant(const struct value *value)
{
    return value->kind == VALUE_BUFFER && !value->name && value->init.kind == INIT_BLUR;
}

void *session_constant(struct session *session, const struct value *value)
{
    size_t bytes = (size_t)tensor_bytes(&value->tensor);
    float *values = malloc(bytes);
    void *memory = values ? session_alloc(session, (int64_t)bytes, "a filter") : NULL;
    if (memory) {
        fill(values, tensor_count(&value->tensor), value->init, 0);
        if (session->config.backend->copy_in(session->device, memory, values, bytes) != STATUS_OK)
            memory = NULL; /* the session's all the same */
    }
    free(values);
    return memory;
}

/* A copy between two device tensors, watched like an operator of no step when it converts. */
struct state_copy {
    struct op_call call;
    struct tensor from, to;
};

static enum status declare_copy(const struct observer *observer, const struct state_copy *copy,
                                const struct op_prepared *prepared, int *op, int *kernel)
{
    struct tensor_info in = {copy->from, -1, false}, out = {copy->to, -1, true};
    int position = 0;
    struct op_info info = {.name = op_name(OP_COPY), .phase = PHASE_DATA, .module = -1, .forward_op = -1,
                           .fused_into = -1, .inputs = 1, .outputs = 1, .input = &in, .output = &out,
                           .input_position = &position, .output_position = &position};
    TRY(observer->declare_op(observer->self, &info, op));
    TRY(observer->declare_kernel(observer->self, *op, &prepared->kernel[0], kernel));
    struct conversion_info conversion = {
        .cause = CAUSE_WEIGHT, .from = tensor_format(&copy->from), .to = tensor_format(&copy->to),
        .tensor = copy->from, .dest_dtype = copy->to.dtype, .bytes_read = tensor_bytes(&copy->from),
        .bytes_written = tensor_bytes(&copy->to), .source_id = -1, .dest_id = -1, .cached = true};
    if (prepared->kernel[0].role != ROLE_CONVERSION)
        return STATUS_OK;
    return observer->declare_conversion(observer->self, *op, *kernel, &conversion);
}

static enum status run_copy(struct session *session, struct state_copy *copy, const struct observer *observer)
{
    const struct backend *backend = session->config.backend;
    struct op_prepared *prepared = NULL;
    int op = -1, kernel = -1;
    void *scratch = NULL;
    enum status status;
    copy->call = (struct op_call){.op = OP_COPY, .in = {&copy->from}, .out = {&copy->to}};
    TRY_OUT(backend_prepare(backend, session->device, &copy->call, &prepared));
    if (prepared->kernel[0].role != ROLE_CONVERSION)
        observer = NULL;
    if (observer)
        TRY_OUT(declare_copy(observer, copy, prepared, &op, &kernel));
    if (prepared->scratch_bytes > 0)
        scratch = backend->alloc(session->device, prepared->scratch_bytes, op_name(OP_COPY));
    if (prepared->scratch_bytes > 0 && !scratch) {
        status = STATUS_NO_MEMORY;
        goto out;
    }
    struct run_context context = {session->device, scratch, observer, &kernel};
    int64_t start = clock_ns();
    TRY_OUT(prepared->run(prepared, &context));
    if (observer)
        observer->op(observer->self, op, start, clock_ns());
    TRY_OUT(backend->synchronize(session->device));
out:
    if (scratch)
        backend->free(session->device, scratch);
    if (prepared)
        prepared->destroy(prepared);
    return status;
}

enum status session_write(struct session *session, int index, const float *values, const struct observer *observer)
{
    const struct session_state *state = &session->state[index];
    const struct backend *backend = session->config.backend;
    if (state->tensor.dims != 4)
        return backend->copy_in(session->device, state->tensor.data, values, (size_t)tensor_bytes(&state->tensor));
    struct state_copy copy = {.from = tensor_with_format(&state->tensor, FORMAT_CONTIGUOUS), .to = state->tensor};
    copy.from.data = session->staging;
    TRY(backend->copy_in(session->device, session->staging, values, (size_t)tensor_bytes(&copy.from)));
    return run_copy(session, &copy, observer);
}

enum status session_read(struct session *session, int index, float *values)
{
    const struct session_state *state = &session->state[index];
    const struct backend *backend = session->config.backend;
    if (state->tensor.dims != 4)
        return backend->copy_out(session->device, values, state->tensor.data, (size_t)tensor_bytes(&state->tensor));
    struct state_copy copy = {.from = state->tensor, .to = tensor_with_format(&state->tensor, FORMAT_CONTIGUOUS)};
    copy.to.data = session->staging;
    TRY(run_copy(session, &copy, NULL));
    return backend->copy_out(session->device, values, session->staging, (size_t)tensor_bytes(&copy.to));
}

/* What a named scalar starts with beyond its init rule. */
static void set_scaler(const struct session *session, const struct session_state *state, float *values)
{
    if (strcmp(state->name, "scaler.scale") == 0)
        values[0] = (float)session->config.optim.init_scale;
}

enum status session_initialise(struct session *session, const struct observer *observer)
{
    int64_t most = 0;
    for (int i = 0; i < session->states; i++) {
        int64_t count = tensor_count(&session->state[i].tensor);
        most = count > most ? count : most;
    }
    float *values = malloc((size_t)most * sizeof *values);
    if (!values)
        return FAIL(NO_MEMORY, "no memory for %lld first values", (long long)most);
    enum status status = STATUS_OK;
    for (int i = 0; i < session->states && status == STATUS_OK; i++) {
        const struct session_state *state = &session->state[i];
        /* A moving average begins as what it averages. */
        const char *name = strncmp(state->name, "ema.", 4) == 0 && !state->model ? state->name + 4 : state->name;
        fill(values, tensor_count(&state->tensor), state->init, random_key(session->config.seed, name));
        set_scaler(session, state, values);
        status = session_write(session, i, values, observer);
    }
    free(values);
    return status;
}
