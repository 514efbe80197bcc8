/* A convolution in cuDNN's graph API. */
#include "kernels/cuda/conv_graph.h"

#include <stdlib.h>

#include "base/array.h"

static enum status keep(struct cudnn_build *build, cudnnBackendDescriptor_t made)
{
    ARRAY_ADD(build, made, made);
    return STATUS_OK;
}

cudnnBackendDescriptor_t cudnn_make(struct cudnn_build *build, cudnnBackendDescriptorType_t type)
{
    cudnnBackendDescriptor_t made = NULL;

    if (build->status != CUDNN_STATUS_SUCCESS)
        return NULL;
    build->status = cudnnBackendCreateDescriptor(type, &made);
    if (build->status != CUDNN_STATUS_SUCCESS)
        return NULL;
    if (keep(build, made) == STATUS_OK)
        return made;
    cudnnBackendDestroyDescriptor(made);
    build->status = CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED;
    return NULL;
}

void cudnn_set(struct cudnn_build *build, cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
               cudnnBackendAttributeType_t type, int64_t count, const void *values)
{
    if (build->status == CUDNN_STATUS_SUCCESS)
        build->status = cudnnBackendSetAttribute(descriptor, name, type, count, values);
}

void cudnn_finish(struct cudnn_build *build, cudnnBackendDescriptor_t descriptor)
{
    if (build->status == CUDNN_STATUS_SUCCESS)
        build->status = cudnnBackendFinalize(descriptor);
}

int64_t cudnn_get(struct cudnn_build *build, cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                  cudnnBackendAttributeType_t type, int64_t room, void *values)
{
    int64_t count = 0;

    if (build->status == CUDNN_STATUS_SUCCESS)
        build->status = cudnnBackendGetAttribute(descriptor, name, type, room, &count, values);
    return build->status != CUDNN_STATUS_SUCCESS ? 0 : count < room ? count : room;
}

void cudnn_build_release(struct cudnn_build *build)
{
    while (build->made_count > 0)
        cudnnBackendDestroyDescriptor(build->made[--build->made_count]);
    free(build->made);
    *build = (struct cudnn_build){0};
}

static cudnnDataType_t data_type(enum dtype dtype)
{
    return dtype == DTYPE_FLOAT16 ? CUDNN_DATA_HALF : dtype == DTYPE_BFLOAT16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
}

static cudnnBackendDescriptor_t make_tensor(struct cudnn_build *build, const struct conv_shape *shape, int operand)
{
    cudnnBackendDescriptor_t tensor = cudnn_make(build, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    cudnnDataType_t type = data_type(shape->dtype);
    int64_t uid = CONV_UID(operand);

    cudnn_set(build, tensor, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &type);
    cudnn_set(build, tensor, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4, shape->size[operand]);
    cudnn_set(build, tensor, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4, shape->step[operand]);
    cudnn_set(build, tensor, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, &uid);
    cudnn_set(build, tensor, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, 1, &shape->alignment);
    cudnn_finish(build, tensor);
    return tensor;
}

static cudnnBackendDescriptor_t make_convolution(struct cudnn_build *build, const struct conv_shape *shape)
{
    cudnnBackendDescriptor_t convolution = cudnn_make(build, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
    cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
    cudnnDataType_t compute = CUDNN_DATA_FLOAT;
    int64_t dims = 2;

    cudnn_set(build, convolution, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &compute);
    cudnn_set(build, convolution, CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode);
    cudnn_set(build, convolution, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, 1, &dims);
    cudnn_set(build, convolution, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, 2, shape->stride);
    cudnn_set(build, convolution, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, 2, shape->padding);
    cudnn_set(build, convolution, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, 2, shape->padding);
    cudnn_set(build, convolution, CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, 2, shape->dilation);
    cudnn_finish(build, convolution);
    return convolution;
}

/* The names of one operation's attributes. */
struct operation {
    cudnnBackendDescriptorType_t type;
    cudnnBackendAttributeName_t convolution, operand[CONV_OPERANDS], alpha, beta;
};

static const struct operation operations[] = {
    [CONV_FORWARD] = {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                      CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                      {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                       CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y},
                      CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA},
    [CONV_DATA] = {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
                   CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
                   {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
                    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY},
                   CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA},
    [CONV_WEIGHT] = {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
                     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
                     {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
                      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY},
                     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA},
};

cudnnBackendDescriptor_t conv_graph_make(struct cudnn_build *build, cudnnHandle_t handle, const struct conv_shape *shape)
{
    const struct operation *names = &operations[shape->kind];
    cudnnBackendDescriptor_t convolution = make_convolution(build, shape);
    cudnnBackendDescriptor_t operation = cudnn_make(build, names->type);
    float alpha = 1, beta = 0;

    for (int i = 0; i < CONV_OPERANDS; i++) {
        cudnnBackendDescriptor_t tensor = make_tensor(build, shape, i);
        cudnn_set(build, operation, names->operand[i], CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &tensor);
    }
    cudnn_set(build, operation, names->convolution, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &convolution);
    cudnn_set(build, operation, names->alpha, CUDNN_TYPE_FLOAT, 1, &alpha);
    cudnn_set(build, operation, names->beta, CUDNN_TYPE_FLOAT, 1, &beta);
    cudnn_finish(build, operation);

    cudnnBackendDescriptor_t graph = cudnn_make(build, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    cudnn_set(build, graph, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle);
    cudnn_set(build, graph, CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &operation);
    cudnn_finish(build, graph);
    return graph;
}

int conv_graph_engines(struct cudnn_build *build, cudnnBackendDescriptor_t graph, cudnnBackendHeurMode_t mode,
                       cudnnBackendDescriptor_t *engines, int room)
{
    struct cudnn_build asked = {0}; /* a mode that has nothing for this graph is no failure of the whole */
    cudnnBackendDescriptor_t heuristics = cudnn_make(&asked, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    int64_t count = 0;

    cudnn_set(&asked, heuristics, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &graph);
    cudnn_set(&asked, heuristics, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode);
    cudnn_finish(&asked, heuristics);
    if (asked.status == CUDNN_STATUS_SUCCESS)
        asked.status = cudnnBackendGetAttribute(heuristics, CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0,
                                                &count, NULL);
    count = asked.status != CUDNN_STATUS_SUCCESS ? 0 : count < room ? count : room;
    for (int i = 0; i < count; i++)
        engines[i] = cudnn_make(build, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    if (count > 0 && build->status == CUDNN_STATUS_SUCCESS)
        count = cudnn_get(&asked, heuristics, CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, count, engines);
    cudnn_build_release(&asked);
    return build->status == CUDNN_STATUS_SUCCESS ? (int)count : 0;
}

static cudnnBackendDescriptor_t engine_of(struct cudnn_build *build, cudnnBackendDescriptor_t config)
{
    cudnnBackendDescriptor_t engine = cudnn_make(build, CUDNN_BACKEND_ENGINE_DESCRIPTOR);
    cudnn_get(build, config, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &engine);
    return engine;
}

int64_t conv_engine_number(cudnnBackendDescriptor_t config)
{
    struct cudnn_build build = {0};
    int64_t number = -1;

    cudnnBackendDescriptor_t engine = engine_of(&build, config);
    if (cudnn_get(&build, engine, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, &number) < 1)
        number = -1;
    cudnn_build_release(&build);
    return number;
}

bool conv_engine_notes(cudnnBackendDescriptor_t config, cudnnBackendNumericalNote_t note)
{
    struct cudnn_build build = {0};
    cudnnBackendNumericalNote_t notes[CUDNN_NUMERICAL_NOTE_TYPE_COUNT];
    bool found = false;

    cudnnBackendDescriptor_t engine = engine_of(&build, config);
    int64_t count = cudnn_get(&build, engine, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE,
                              CUDNN_NUMERICAL_NOTE_TYPE_COUNT, notes);
    for (int64_t i = 0; i < count; i++)
        found = found || notes[i] == note;
    cudnn_build_release(&build);
    return found;
}
