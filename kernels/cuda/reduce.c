/* aten::mean over H and W, aten::sum over any dimensions: any strides, float32 accumulation. */
#include "kernels/cuda/reduce_kernel.h"
#include "kernels/cuda/simple.h"

struct prepared {
    struct simple simple;
    struct reduce_args plain, vectors; /* vectors.width > 1: where the input is aligned */
};

static bool is_aligned(const void *pointer)
{
    return (uintptr_t)pointer % 16 == 0;
}

static enum status run(struct op_prepared *base, const struct run_context *context)
{
    const struct prepared *self = (const struct prepared *)base;
    struct reduce_args args =
        self->vectors.width > 1 && is_aligned(base->call->in[0]->data) ? self->vectors : self->plain;
    args.input = base->call->in[0]->data;
    args.output = base->call->out[0]->data;
    args.part = context->scratch;
    LAUNCH(base, context, 0, cuda_launch_reduce(&self->simple.on, &args));
    return STATUS_OK;
}

/* The tensor with only the dimensions of the mask; strides of `from`, whose dimension d is from_dim[d]. */
static struct tensor part_of(const struct tensor *shape, unsigned mask, const struct tensor *from, bool dropped)
{
    struct tensor part = {.dtype = from->dtype};
    for (int d = 0, own = 0; d < shape->dims; d++) {
        if (mask >> d & 1) {
            part.size[part.dims] = shape->size[d];
            part.stride[part.dims++] = from->stride[dropped ? own : d];
            own++;
        }
    }
    return part;
}

/* Whether vectors of `width` elements may be taken when one walk steps by vectors and the other by elements. */
static bool steps_by(const struct iteration *walk, int operand, int width)
{
    for (int d = 0; d < walk->dims; d++)
        if (walk->stride[operand][d] % width != 0)
            return false;
    return true;
}

static void split(struct reduce_args *args, int multiprocessors)
{
    int64_t across = (args->kept.count + 31) / 32, wanted = (int64_t)multiprocessors * 4 / (across ? across : 1);
    int64_t most = args->reduced.count / 64; /* each of 8 threads adds at least 8 elements */
    args->splits = wanted < most ? wanted : most;
    args->splits = args->splits < 1 ? 1 : args->splits;
    args->chunk = (args->reduced.count + args->splits - 1) / args->splits;
    args->splits = args->chunk ? (args->reduced.count + args->chunk - 1) / args->chunk : 1;
}

static void plan_vectors(struct prepared *self, int multiprocessors)
{
    struct reduce_args *fast = &self->vectors;
    int width = (int)(16 / dtype_bytes((enum dtype)fast->input_dtype));
    int64_t tail = 0;
    bool takes = fast->inner ? steps_by(&fast->kept, 1, width) && iteration_vectorize(&fast->reduced, 1, width, &tail)
                             : steps_by(&fast->reduced, 0, width) && fast->kept.stride[1][0] == 1 &&
                                   fast->kept.stride[0][0] == 1 && iteration_vectorize(&fast->kept, 2, width, &tail);
    fast->width = takes && tail == 0 ? width : 1;
    if (!fast->inner)
        split(fast, multiprocessors);
}

static void plan(struct prepared *self, unsigned mask, float scale)
{
    const struct op_call *call = self->simple.head.call;
    const struct tensor *input = call->in[0], *output = call->out[0];
    struct tensor in_kept = part_of(input, ~mask, input, false), in_reduced = part_of(input, mask, input, false);
    struct tensor out_kept = part_of(input, ~mask, output, output->dims != input->dims);
    struct reduce_args *args = &self->plain;
    *args = (struct reduce_args){.input_dtype = input->dtype, .output_dtype = output->dtype, .width = 1, .scale = scale};
    const struct tensor *const kept[] = {&out_kept, &in_kept}, *const reduced[] = {&in_reduced};
    iteration_init(&args->kept, kept, 2);
    iteration_init(&args->reduced, reduced, 1);
    args->inner = args->kept.count == 1 || args->reduced.stride[0][0] == 1;
    args->lanes = args->reduced.count > 2048 ? REDUCE_BLOCK : 32;
    if (!args->inner)
        split(args, self->simple.on.multiprocessors);
    self->vectors = *args;
    plan_vectors(self, self->simple.on.multiprocessors);
}

static enum status prepare(struct device *device, const struct op_call *call, unsigned mask, bool mean, struct op_prepared **out)
{
    const struct tensor *const tensors[] = {call->in[0], call->out[0]};
    *out = NULL;
    TRY(simple_check_float(call, tensors, 2));
    TRY(simple_create(device, call, sizeof(struct prepared), run, out));
    struct prepared *self = (struct prepared *)*out;
    int64_t count = tensor_count(call->in[0]), sums = tensor_count(call->out[0]);
    plan(self, mask, mean && count ? (float)sums / (float)count : 1);
    int64_t splits = self->plain.splits > self->vectors.splits ? self->plain.splits : self->vectors.splits;
    if (splits > 1)
        simple_reserve(*out, (size_t)(splits * sums) * sizeof(float));
    simple_add_main_kernel(*out, self->plain.inner ? "reduce_inner" : "reduce_outer", 0);
    return STATUS_OK;
}

static enum status prepare_mean(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    *out = NULL;
    if (call->in[0]->dims != 4)
        return FAIL(UNSUPPORTED, "%s of a %d-D tensor: the cuda back end has the mean over H and W of 4-D ones",
                    op_name(call->op), call->in[0]->dims);
    return prepare(device, call, 1 << 2 | 1 << 3, true, out);
}

static enum status prepare_sum(struct device *device, const struct op_call *call, struct op_prepared **out)
{
    return prepare(device, call, call->attrs.reduce.dims, false, out);
}

extern const struct op_impl cuda_mean, cuda_sum;
const struct op_impl cuda_mean = {prepare_mean};
const struct op_impl cuda_sum = {prepare_sum};
