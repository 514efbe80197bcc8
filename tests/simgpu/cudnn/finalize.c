/* Finalizing: what a descriptor's attributes mean together, and the rules that they must keep. */
#include <string.h>

#include "tests/simgpu/cudnn/backend.h"

static cudnnStatus_t need(const struct descriptor *descriptor, cudnnBackendAttributeName_t name, void *value, size_t bytes)
{
    int64_t count;
    const void *found = sim_attribute(descriptor, name, &count);

    if (!found)
        return sim_fail(CUDNN_STATUS_BAD_PARAM, "a descriptor of type %d lacks attribute %d", (int)descriptor->type, (int)name);
    memcpy(value, found, bytes);
    return CUDNN_STATUS_SUCCESS;
}

/* `count` values of 64 bits. */
static cudnnStatus_t need_many(const struct descriptor *descriptor, cudnnBackendAttributeName_t name, int64_t *values, int64_t count)
{
    int64_t found;
    const void *at = sim_attribute(descriptor, name, &found);

    if (!at || found != count)
        return sim_fail(CUDNN_STATUS_BAD_PARAM, "attribute %d has %lld values, not %lld", (int)name, (long long)found, (long long)count);
    memcpy(values, at, (size_t)count * sizeof *values);
    return CUDNN_STATUS_SUCCESS;
}

/* A descriptor that the attribute names, of the type, finalized. */
static cudnnStatus_t need_child(const struct descriptor *descriptor, cudnnBackendAttributeName_t name,
                                cudnnBackendDescriptorType_t type, struct descriptor **out)
{
    *out = sim_child(descriptor, name);
    if (!*out)
        return sim_fail(CUDNN_STATUS_BAD_PARAM, "a descriptor of type %d lacks attribute %d", (int)descriptor->type, (int)name);
    if ((*out)->type != type)
        return sim_fail(CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE, "attribute %d is no descriptor of type %d", (int)name, (int)type);
    return (*out)->finalized ? CUDNN_STATUS_SUCCESS
                             : sim_fail(CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED, "attribute %d is not finalized", (int)name);
}

#define DO(call)                                \
    do {                                        \
        cudnnStatus_t status_ = (call);         \
        if (status_ != CUDNN_STATUS_SUCCESS)    \
            return status_;                     \
    } while (0)

static cudnnStatus_t read_tensor(const struct descriptor *descriptor, struct sim_tensor *out)
{
    DO(need(descriptor, CUDNN_ATTR_TENSOR_DATA_TYPE, &out->type, sizeof out->type));
    DO(need(descriptor, CUDNN_ATTR_TENSOR_UNIQUE_ID, &out->uid, sizeof out->uid));
    DO(need(descriptor, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, &out->alignment, sizeof out->alignment));
    DO(need_many(descriptor, CUDNN_ATTR_TENSOR_DIMENSIONS, out->size, 4));
    DO(need_many(descriptor, CUDNN_ATTR_TENSOR_STRIDES, out->step, 4));
    for (int d = 0; d < 4; d++)
        if (out->size[d] < 1 || out->step[d] < 0)
            return sim_fail(CUDNN_STATUS_BAD_PARAM, "tensor %lld: dimension %d has size %lld, stride %lld", (long long)out->uid, d,
                            (long long)out->size[d], (long long)out->step[d]);
    return sim_type_bytes(out->type) ? CUDNN_STATUS_SUCCESS
                                     : sim_fail(CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE, "data type %d", (int)out->type);
}

static cudnnStatus_t read_convolution(const struct descriptor *descriptor, struct problem *out)
{
    int64_t dims = 0, after[2];
    cudnnConvolutionMode_t mode = CUDNN_CONVOLUTION;
    cudnnDataType_t compute = CUDNN_DATA_DOUBLE;

    DO(need(descriptor, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, &dims, sizeof dims));
    DO(need(descriptor, CUDNN_ATTR_CONVOLUTION_CONV_MODE, &mode, sizeof mode));
    DO(need(descriptor, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, &compute, sizeof compute));
    DO(need_many(descriptor, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, out->stride, 2));
    DO(need_many(descriptor, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, out->padding, 2));
    DO(need_many(descriptor, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, after, 2));
    DO(need_many(descriptor, CUDNN_ATTR_CONVOLUTION_DILATIONS, out->dilation, 2));
    if (dims != 2 || mode != CUDNN_CROSS_CORRELATION || compute != CUDNN_DATA_FLOAT || memcmp(after, out->padding, sizeof after) != 0)
        return sim_fail(CUDNN_STATUS_NOT_SUPPORTED, "only 2-D cross-correlations in float with equal paddings are simulated");
    for (int d = 0; d < 2; d++)
        if (out->stride[d] < 1 || out->dilation[d] < 1 || out->padding[d] < 0)
            return sim_fail(CUDNN_STATUS_BAD_PARAM, "a stride, dilation or padding out of range");
    return CUDNN_STATUS_SUCCESS;
}

/* Where one kind of operation keeps its parts. */
static const struct {
    cudnnBackendDescriptorType_t type;
    cudnnBackendAttributeName_t convolution, operand[OPERANDS], alpha, beta;
} operations[] = {
#define OPERATION(type, prefix, x, w, y)                                                                                   \
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_##type##_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_##prefix##_CONV_DESC,       \
     {CUDNN_ATTR_OPERATION_CONVOLUTION_##prefix##_##x, CUDNN_ATTR_OPERATION_CONVOLUTION_##prefix##_##w,                    \
      CUDNN_ATTR_OPERATION_CONVOLUTION_##prefix##_##y},                                                                    \
     CUDNN_ATTR_OPERATION_CONVOLUTION_##prefix##_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_##prefix##_BETA}
    [PROBLEM_FORWARD] = OPERATION(FORWARD, FORWARD, X, W, Y),
    [PROBLEM_DATA] = OPERATION(BACKWARD_DATA, BWD_DATA, DX, W, DY),
    [PROBLEM_WEIGHT] = OPERATION(BACKWARD_FILTER, BWD_FILTER, X, DW, DY),
#undef OPERATION
};

static cudnnStatus_t check_shapes(struct problem *problem)
{
    const struct sim_tensor *x = &problem->tensor[OPERAND_X], *w = &problem->tensor[OPERAND_W], *y = &problem->tensor[OPERAND_Y];

    if (x->size[1] % w->size[1] != 0 || w->size[0] % (x->size[1] / w->size[1]) != 0 || y->size[1] != w->size[0] ||
        y->size[0] != x->size[0])
        return sim_fail(CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH, "channels or images of x, w and y do not fit each other");
    problem->groups = x->size[1] / w->size[1];
    for (int d = 0; d < 2; d++) {
        int64_t span = problem->dilation[d] * (w->size[2 + d] - 1) + 1;
        int64_t out = (x->size[2 + d] + 2 * problem->padding[d] - span) / problem->stride[d] + 1;
        if (out != y->size[2 + d])
            return sim_fail(CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH, "y's size %d is %lld, the convolution makes %lld", 2 + d,
                            (long long)y->size[2 + d], (long long)out);
    }
    return x->type == w->type && x->type == y->type
               ? CUDNN_STATUS_SUCCESS
               : sim_fail(CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE, "x, w and y of different data types are not simulated");
}

static cudnnStatus_t read_operation(struct descriptor *descriptor, enum problem_kind kind)
{
    struct problem *problem = &descriptor->problem;
    struct descriptor *child;

    problem->kind = kind;
    DO(need_child(descriptor, operations[kind].convolution, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, &child));
    DO(read_convolution(child, problem));
    for (int i = 0; i < OPERANDS; i++) {
        DO(need_child(descriptor, operations[kind].operand[i], CUDNN_BACKEND_TENSOR_DESCRIPTOR, &child));
        DO(read_tensor(child, &problem->tensor[i]));
    }
    DO(need(descriptor, operations[kind].alpha, &problem->alpha, sizeof problem->alpha));
    DO(need(descriptor, operations[kind].beta, &problem->beta, sizeof problem->beta));
    if (problem->alpha != 1 || problem->beta != 0)
        return sim_fail(CUDNN_STATUS_NOT_SUPPORTED, "alpha %g and beta %g are not simulated", (double)problem->alpha, (double)problem->beta);
    return check_shapes(problem);
}

static cudnnStatus_t take(struct descriptor *descriptor, cudnnBackendAttributeName_t name, cudnnBackendDescriptorType_t type)
{
    struct descriptor *child;

    DO(need_child(descriptor, name, type, &child));
    descriptor->problem = child->problem;
    descriptor->engine = child->engine;
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t read_graph(struct descriptor *descriptor)
{
    struct descriptor *operation = sim_child(descriptor, CUDNN_ATTR_OPERATIONGRAPH_OPS);
    cudnnHandle_t handle;

    DO(need(descriptor, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, &handle, sizeof handle));
    return take(descriptor, CUDNN_ATTR_OPERATIONGRAPH_OPS, operation ? operation->type : CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
}

static cudnnStatus_t read_heuristics(struct descriptor *descriptor)
{
    cudnnBackendHeurMode_t mode;

    DO(need(descriptor, CUDNN_ATTR_ENGINEHEUR_MODE, &mode, sizeof mode));
    return take(descriptor, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
}

static cudnnStatus_t read_engine(struct descriptor *descriptor)
{
    int64_t number = -1;

    DO(need(descriptor, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, &number, sizeof number));
    DO(take(descriptor, CUDNN_ATTR_ENGINE_OPERATION_GRAPH, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR));
    if (number < 0 || number >= ENGINES)
        return sim_fail(CUDNN_STATUS_BAD_PARAM_OUT_OF_BOUND, "engine %lld", (long long)number);
    descriptor->engine = (enum engine)number;
    return sim_engine_takes(&descriptor->problem, descriptor->engine);
}

static cudnnStatus_t read_pack(const struct descriptor *descriptor)
{
    int64_t ids, pointers;

    if (!sim_attribute(descriptor, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, &ids) ||
        !sim_attribute(descriptor, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, &pointers) || ids != pointers)
        return sim_fail(CUDNN_STATUS_BAD_PARAM, "a variant pack needs as many pointers as ids");
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t read_plan(struct descriptor *descriptor)
{
    cudnnHandle_t handle;

    DO(need(descriptor, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, &handle, sizeof handle));
    DO(take(descriptor, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR));
    return sim_engine_takes(&descriptor->problem, descriptor->engine);
}

static cudnnStatus_t read_any(struct descriptor *descriptor)
{
    for (int kind = 0; kind < 3; kind++)
        if (operations[kind].type == descriptor->type)
            return read_operation(descriptor, (enum problem_kind)kind);
    switch (descriptor->type) {
    case CUDNN_BACKEND_TENSOR_DESCRIPTOR:
        return read_tensor(descriptor, &(struct sim_tensor){.uid = 0});
    case CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR:
        return read_convolution(descriptor, &(struct problem){.groups = 0});
    case CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR:
        return read_graph(descriptor);
    case CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR:
        return read_heuristics(descriptor);
    case CUDNN_BACKEND_ENGINE_DESCRIPTOR:
        return read_engine(descriptor);
    case CUDNN_BACKEND_ENGINECFG_DESCRIPTOR:
        return take(descriptor, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR);
    case CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR:
        return read_plan(descriptor);
    default:
        return read_pack(descriptor);
    }
}

cudnnStatus_t sim_finalize(struct descriptor *descriptor)
{
    if (!descriptor)
        return sim_fail(CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "cudnnBackendFinalize: no descriptor");
    DO(read_any(descriptor));
    descriptor->finalized = true;
    return CUDNN_STATUS_SUCCESS;
}
