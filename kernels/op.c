/* The list of operators as tables, all expanded from ops.def. */
#include "kernels/op.h"

#include <assert.h>

#include "kernels/ops/facts.h"

struct op_row {
    const char *name, *inputs, *outputs;
    int flags;
};

static const struct op_row op_rows[OP_COUNT] = {
#define OP(id, object, name, inputs, outputs, flags) [OP_##id] = {name, inputs, outputs, flags},
#include "kernels/ops.def"
#undef OP
};

#define OP(id, object, name, inputs, outputs, flags) extern const struct op_facts facts_##object;
#include "kernels/ops.def"
#undef OP

static const struct op_facts *const op_facts[OP_COUNT] = {
#define OP(id, object, name, inputs, outputs, flags) [OP_##id] = &facts_##object,
#include "kernels/ops.def"
#undef OP
};

const char *op_name(enum op_id op)
{
    assert((unsigned)op < OP_COUNT);
    return op_rows[op].name;
}

int op_flags(enum op_id op)
{
    assert((unsigned)op < OP_COUNT);
    return op_rows[op].flags;
}

const char *op_input_names(enum op_id op)
{
    assert((unsigned)op < OP_COUNT);
    return op_rows[op].inputs;
}

const char *op_output_names(enum op_id op)
{
    assert((unsigned)op < OP_COUNT);
    return op_rows[op].outputs;
}

enum op_id op_find(const char *name)
{
    int op = 0;
    while (op < OP_COUNT && strcmp(op_rows[op].name, name) != 0)
        op++;
    return (enum op_id)op;
}

enum status op_infer(enum op_id op, const union op_attrs *attrs, const struct tensor *const *in,
                     struct tensor out[OP_MAX_OUT])
{
    assert((unsigned)op < OP_COUNT);
    const struct op_query query = {op, attrs, in};
    for (int i = 0; i < OP_MAX_OUT; i++)
        out[i] = (struct tensor){.dims = -1};
    return op_facts[op]->infer(&query, out);
}

int64_t op_flops(const struct op_call *call)
{
    const struct op_facts *facts = op_facts[call->op];
    return facts->flops ? facts->flops(call) : 0;
}

/* A broadcast tensor is read once, however often its elements are used. */
static int64_t traffic_bytes(const struct tensor *tensor)
{
    int64_t bytes = tensor_bytes(tensor), span = tensor_span_bytes(tensor);
    return span < bytes ? span : bytes;
}

bool op_reads(enum op_id op, int position)
{
    return !(op_facts[op]->unread >> position & 1);
}

int64_t op_bytes_read(const struct op_call *call)
{
    int64_t bytes = 0;
    if (op_flags(call->op) & OP_ALIAS)
        return 0;
    for (int i = 0; i < OP_MAX_IN; i++)
        if (call->in[i] && op_reads(call->op, i))
            bytes += traffic_bytes(call->in[i]);
    return bytes;
}

int64_t op_bytes_written(const struct op_call *call)
{
    int64_t bytes = 0;
    if (op_flags(call->op) & OP_ALIAS)
        return 0;
    for (int i = 0; i < OP_MAX_OUT; i++)
        if (call->out[i])
            bytes += traffic_bytes(call->out[i]);
    return bytes;
}
