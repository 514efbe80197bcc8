/* Descriptors and their attributes: who may have which, of what type, how many. */
#include <stdlib.h>
#include <string.h>

#include "tests/simgpu/cudnn/backend.h"

/* cudnn_graph.h's attributes that a convolution's graph uses. settable: by the user; the others are answers. */
static const struct rule {
    cudnnBackendAttributeName_t name;
    cudnnBackendDescriptorType_t owner;
    cudnnBackendAttributeType_t type;
    int64_t least, most;
    bool settable;
} rules[] = {
#define SET(name, owner, type, least, most) {CUDNN_ATTR_##name, CUDNN_BACKEND_##owner##_DESCRIPTOR, CUDNN_TYPE_##type, least, most, true}
#define ANSWER(name, owner, type) {CUDNN_ATTR_##name, CUDNN_BACKEND_##owner##_DESCRIPTOR, CUDNN_TYPE_##type, 0, 0, false}
    SET(TENSOR_BYTE_ALIGNMENT, TENSOR, INT64, 1, 1),
    SET(TENSOR_DATA_TYPE, TENSOR, DATA_TYPE, 1, 1),
    SET(TENSOR_DIMENSIONS, TENSOR, INT64, 1, CUDNN_DIM_MAX),
    SET(TENSOR_STRIDES, TENSOR, INT64, 1, CUDNN_DIM_MAX),
    SET(TENSOR_UNIQUE_ID, TENSOR, INT64, 1, 1),
    SET(TENSOR_IS_VIRTUAL, TENSOR, BOOLEAN, 1, 1),
    SET(CONVOLUTION_COMP_TYPE, CONVOLUTION, DATA_TYPE, 1, 1),
    SET(CONVOLUTION_CONV_MODE, CONVOLUTION, CONVOLUTION_MODE, 1, 1),
    SET(CONVOLUTION_SPATIAL_DIMS, CONVOLUTION, INT64, 1, 1),
    SET(CONVOLUTION_FILTER_STRIDES, CONVOLUTION, INT64, 1, CUDNN_DIM_MAX),
    SET(CONVOLUTION_PRE_PADDINGS, CONVOLUTION, INT64, 1, CUDNN_DIM_MAX),
    SET(CONVOLUTION_POST_PADDINGS, CONVOLUTION, INT64, 1, CUDNN_DIM_MAX),
    SET(CONVOLUTION_DILATIONS, CONVOLUTION, INT64, 1, CUDNN_DIM_MAX),
#define OPERATION(prefix, owner, x, w, y)                          \
    SET(prefix##_CONV_DESC, owner, BACKEND_DESCRIPTOR, 1, 1),      \
    SET(prefix##_##x, owner, BACKEND_DESCRIPTOR, 1, 1),            \
    SET(prefix##_##w, owner, BACKEND_DESCRIPTOR, 1, 1),            \
    SET(prefix##_##y, owner, BACKEND_DESCRIPTOR, 1, 1),            \
    SET(prefix##_ALPHA, owner, FLOAT, 1, 1),                       \
    SET(prefix##_BETA, owner, FLOAT, 1, 1)
    OPERATION(OPERATION_CONVOLUTION_FORWARD, OPERATION_CONVOLUTION_FORWARD, X, W, Y),
    OPERATION(OPERATION_CONVOLUTION_BWD_DATA, OPERATION_CONVOLUTION_BACKWARD_DATA, DX, W, DY),
    OPERATION(OPERATION_CONVOLUTION_BWD_FILTER, OPERATION_CONVOLUTION_BACKWARD_FILTER, X, DW, DY),
#undef OPERATION
    SET(OPERATIONGRAPH_HANDLE, OPERATIONGRAPH, HANDLE, 1, 1),
    SET(OPERATIONGRAPH_OPS, OPERATIONGRAPH, BACKEND_DESCRIPTOR, 1, 1),
    ANSWER(OPERATIONGRAPH_ENGINE_GLOBAL_COUNT, OPERATIONGRAPH, INT64),
    SET(ENGINEHEUR_OPERATION_GRAPH, ENGINEHEUR, BACKEND_DESCRIPTOR, 1, 1),
    SET(ENGINEHEUR_MODE, ENGINEHEUR, HEUR_MODE, 1, 1),
    ANSWER(ENGINEHEUR_RESULTS, ENGINEHEUR, BACKEND_DESCRIPTOR),
    SET(ENGINE_OPERATION_GRAPH, ENGINE, BACKEND_DESCRIPTOR, 1, 1),
    SET(ENGINE_GLOBAL_INDEX, ENGINE, INT64, 1, 1),
    ANSWER(ENGINE_NUMERICAL_NOTE, ENGINE, NUMERICAL_NOTE),
    SET(ENGINECFG_ENGINE, ENGINECFG, BACKEND_DESCRIPTOR, 1, 1),
    SET(EXECUTION_PLAN_HANDLE, EXECUTION_PLAN, HANDLE, 1, 1),
    SET(EXECUTION_PLAN_ENGINE_CONFIG, EXECUTION_PLAN, BACKEND_DESCRIPTOR, 1, 1),
    ANSWER(EXECUTION_PLAN_WORKSPACE_SIZE, EXECUTION_PLAN, INT64),
    SET(VARIANT_PACK_UNIQUE_IDS, VARIANT_PACK, INT64, 1, 64),
    SET(VARIANT_PACK_DATA_POINTERS, VARIANT_PACK, VOID_PTR, 1, 64),
    SET(VARIANT_PACK_WORKSPACE, VARIANT_PACK, VOID_PTR, 1, 1),
#undef SET
#undef ANSWER
};

static const struct rule *find_rule(cudnnBackendAttributeName_t name)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].name == name)
            return &rules[i];
    return NULL;
}

static size_t value_bytes(cudnnBackendAttributeType_t type)
{
    switch (type) {
    case CUDNN_TYPE_INT64:
    case CUDNN_TYPE_HANDLE:
    case CUDNN_TYPE_VOID_PTR:
    case CUDNN_TYPE_BACKEND_DESCRIPTOR:
    case CUDNN_TYPE_DOUBLE:
        return 8;
    case CUDNN_TYPE_BOOLEAN:
        return sizeof(bool);
    default:
        return 4; /* float and enums */
    }
}

cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t *out)
{
    if (!out)
        return sim_fail(CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "cudnnBackendCreateDescriptor: no place for the descriptor");
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (rules[i].owner != type)
            continue;
        struct descriptor *made = calloc(1, sizeof *made);
        if (!made)
            return CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED;
        made->type = type;
        *out = made;
        return CUDNN_STATUS_SUCCESS;
    }
    return sim_fail(CUDNN_STATUS_NOT_SUPPORTED, "descriptors of type %d are not simulated", (int)type);
}

cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t handle)
{
    struct descriptor *descriptor = handle;

    if (!descriptor)
        return sim_fail(CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "cudnnBackendDestroyDescriptor: no descriptor");
    for (int i = 0; i < descriptor->attributes; i++)
        free(descriptor->attribute[i].more);
    free(descriptor);
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t check(const struct descriptor *descriptor, const struct rule *rule, cudnnBackendAttributeName_t name,
                           cudnnBackendAttributeType_t type)
{
    if (!descriptor)
        return sim_fail(CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "no descriptor");
    if (!rule)
        return sim_fail(CUDNN_STATUS_NOT_SUPPORTED, "attribute %d is not simulated", (int)name);
    if (rule->owner != descriptor->type)
        return sim_fail(CUDNN_STATUS_BAD_PARAM, "attribute %d belongs to descriptors of type %d, not %d", (int)name, (int)rule->owner,
                        (int)descriptor->type);
    if (rule->type != type)
        return sim_fail(CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE, "attribute %d has type %d, not %d", (int)name, (int)rule->type, (int)type);
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t handle, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                                       int64_t count, const void *values)
{
    struct descriptor *descriptor = handle;
    const struct rule *rule = find_rule(name);
    cudnnStatus_t status = check(descriptor, rule, name, type);

    if (status != CUDNN_STATUS_SUCCESS)
        return status;
    if (descriptor->finalized)
        return sim_fail(CUDNN_STATUS_BAD_PARAM, "attribute %d of a descriptor that is finalized", (int)name);
    if (!rule->settable || count < rule->least || count > rule->most || !values)
        return sim_fail(CUDNN_STATUS_BAD_PARAM_OUT_OF_BOUND, "attribute %d with %lld values", (int)name, (long long)count);
    int at = 0;
    while (at < descriptor->attributes && descriptor->attribute[at].name != name)
        at++;
    if (at == MOST_ATTRIBUTES)
        return CUDNN_STATUS_INTERNAL_ERROR;
    size_t bytes = value_bytes(type) * (size_t)count;
    if (at < descriptor->attributes)
        free(descriptor->attribute[at].more);
    descriptor->attribute[at].name = name;
    descriptor->attribute[at].count = count;
    descriptor->attribute[at].more = bytes > sizeof descriptor->attribute[at].bytes ? malloc(bytes) : NULL;
    memcpy(descriptor->attribute[at].more ? descriptor->attribute[at].more : descriptor->attribute[at].bytes, values, bytes);
    descriptor->attributes += at == descriptor->attributes;
    return CUDNN_STATUS_SUCCESS;
}

const void *sim_attribute(const struct descriptor *descriptor, cudnnBackendAttributeName_t name, int64_t *count)
{
    for (int i = 0; i < descriptor->attributes; i++) {
        if (descriptor->attribute[i].name != name)
            continue;
        *count = descriptor->attribute[i].count;
        return descriptor->attribute[i].more ? descriptor->attribute[i].more : descriptor->attribute[i].bytes;
    }
    *count = 0;
    return NULL;
}

struct descriptor *sim_child(const struct descriptor *descriptor, cudnnBackendAttributeName_t name)
{
    struct descriptor *child = NULL;
    int64_t count;
    const void *value = sim_attribute(descriptor, name, &count);

    if (value)
        memcpy(&child, value, sizeof child);
    return child;
}

/* ---- answers ---- */

static cudnnStatus_t give(const void *from, int64_t count, size_t each, int64_t room, int64_t *given, void *to)
{
    if (given)
        *given = count;
    if (to && from)
        memcpy(to, from, (size_t)(count < room ? count : room) * each);
    return CUDNN_STATUS_SUCCESS;
}

/* Copies into a descriptor that the caller made of the right type. */
static cudnnStatus_t give_descriptor(struct descriptor *to, cudnnBackendDescriptorType_t type, const struct problem *problem,
                                     enum engine engine)
{
    if (!to || to->type != type)
        return sim_fail(CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE, "the descriptor to be filled is not of type %d", (int)type);
    to->problem = *problem;
    to->engine = engine;
    to->finalized = true;
    return CUDNN_STATUS_SUCCESS;
}

/* Best first: tensor cores, then what computes where the operands lie. The fallback has the latter alone; other modes, nothing. */
static cudnnStatus_t give_results(const struct descriptor *heuristics, int64_t room, int64_t *given, void *to)
{
    int64_t count, made = 0;
    cudnnBackendHeurMode_t mode;
    memcpy(&mode, sim_attribute(heuristics, CUDNN_ATTR_ENGINEHEUR_MODE, &count), sizeof mode);
    static const enum engine order[] = {ENGINE_TENSOR_CORE, ENGINE_DIRECT};

    for (int i = mode == CUDNN_HEUR_MODE_FALLBACK; i < 2; i++) {
        if (sim_engine_takes(&heuristics->problem, order[i]) != CUDNN_STATUS_SUCCESS)
            continue;
        if (to && made < room) {
            cudnnStatus_t status = give_descriptor(((struct descriptor **)to)[made], CUDNN_BACKEND_ENGINECFG_DESCRIPTOR,
                                                   &heuristics->problem, order[i]);
            if (status != CUDNN_STATUS_SUCCESS)
                return status;
        }
        made++;
    }
    if (given)
        *given = to && made > room ? room : made;
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t give_notes(const struct descriptor *engine, int64_t room, int64_t *given, void *to)
{
    static const cudnnBackendNumericalNote_t notes[] = {CUDNN_NUMERICAL_NOTE_TENSOR_CORE};
    return give(notes, engine->engine == ENGINE_TENSOR_CORE, sizeof notes[0], room, given, to);
}

cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t const handle, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t room, int64_t *given, void *to)
{
    const struct descriptor *descriptor = handle;
    const struct rule *rule = find_rule(name);
    cudnnStatus_t status = check(descriptor, rule, name, type);
    int64_t count;

    if (status != CUDNN_STATUS_SUCCESS)
        return status;
    if (!descriptor->finalized)
        return sim_fail(CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED, "attribute %d of a descriptor that is not finalized", (int)name);
    if (name == CUDNN_ATTR_ENGINEHEUR_RESULTS)
        return give_results(descriptor, room, given, to);
    if (name == CUDNN_ATTR_ENGINE_NUMERICAL_NOTE)
        return give_notes(descriptor, room, given, to);
    if (name == CUDNN_ATTR_ENGINECFG_ENGINE) {
        if (given)
            *given = 1;
        return to && room > 0 ? give_descriptor(*(struct descriptor **)to, CUDNN_BACKEND_ENGINE_DESCRIPTOR, &descriptor->problem,
                                                descriptor->engine)
                              : CUDNN_STATUS_SUCCESS;
    }
    int64_t number = name == CUDNN_ATTR_ENGINE_GLOBAL_INDEX ? descriptor->engine
                     : name == CUDNN_ATTR_OPERATIONGRAPH_ENGINE_GLOBAL_COUNT ? ENGINES
                     : name == CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE ? sim_workspace_bytes(&descriptor->problem, descriptor->engine)
                                                                       : -1;
    if (number >= 0)
        return give(&number, 1, sizeof number, room, given, to);
    const void *value = sim_attribute(descriptor, name, &count);
    return give(value, count, value_bytes(type), room, given, to);
}
