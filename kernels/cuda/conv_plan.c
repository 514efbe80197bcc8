/* Choosing an engine for a convolution, and running it. */
#include "kernels/cuda/conv_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "kernels/cuda/conv_graph.h"
#include "kernels/cuda/conv_tune.h"

/* Engines that ask for more are passed over while there are others. */
#define WORKSPACE_MOST ((size_t)1 << 30)
#define ENGINES 32

struct conv_plans {
    struct conv_plan **list; /* one by one on the heap: callers keep pointers */
    int list_count, list_room;
};

static const char *const kind_names[] = {"forward", "backward_data", "backward_weights"};

/*
 * float32 must stay float32 unless TF32 is allowed: tensor cores round its operands to TF32, and engines that "down convert"
 * compute in float16 (as ATen/native/cudnn/Conv_v8.cpp has it).
 */
static bool keeps_precision(const struct device *device, const struct conv_shape *shape, cudnnBackendDescriptor_t config)
{
    if (shape->dtype != DTYPE_FLOAT32)
        return true;
    return !conv_engine_notes(config, CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS) &&
           (device->tf32_convolution || !conv_engine_notes(config, CUDNN_NUMERICAL_NOTE_TENSOR_CORE));
}

/* An execution plan of the configuration; NULL when the engine doesn't take it after all. Destroyed by the caller. */
static cudnnBackendDescriptor_t make_plan(struct device *device, cudnnBackendDescriptor_t config, size_t *workspace_bytes)
{
    struct cudnn_build build = {0};
    int64_t bytes = 0;

    cudnnBackendDescriptor_t plan = cudnn_make(&build, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    cudnn_set(&build, plan, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &device->cudnn);
    cudnn_set(&build, plan, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &config);
    cudnn_finish(&build, plan);
    cudnn_get(&build, plan, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &bytes);
    *workspace_bytes = (size_t)bytes;
    if (build.status == CUDNN_STATUS_SUCCESS)
        build.made_count--; /* the plan, the only one: it goes to the caller */
    else
        plan = NULL;
    cudnn_build_release(&build);
    return plan;
}

/* Plans of the engines that will do, best first, at most `room`. */
static int list_plans(struct device *device, const struct conv_shape *shape, const cudnnBackendDescriptor_t *engines, int count,
                      struct conv_plan *plans, int room)
{
    int made = 0;

    for (int i = 0; i < count && made < room; i++) {
        struct conv_plan *plan = &plans[made];
        if (!keeps_precision(device, shape, engines[i]))
            continue;
        *plan = (struct conv_plan){.shape = *shape};
        plan->plan = make_plan(device, engines[i], &plan->workspace_bytes);
        if (!plan->plan)
            continue;
        if (plan->workspace_bytes > WORKSPACE_MOST) {
            cudnnBackendDestroyDescriptor(plan->plan);
            continue;
        }
        snprintf(plan->name, sizeof plan->name, "cudnn_convolution_%s engine %lld", kind_names[shape->kind],
                 (long long)conv_engine_number(engines[i]));
        made++;
    }
    return made;
}

/* The heuristics' engines, then those that cuDNN calls its fallback. */
static int find_plans(struct device *device, const struct conv_shape *shape, struct cudnn_build *build, struct conv_plan *plans,
                      int room)
{
    static const cudnnBackendHeurMode_t modes[] = {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK};
    cudnnBackendDescriptor_t engines[ENGINES], graph = conv_graph_make(build, device->cudnn, shape);
    int made = 0;

    for (size_t m = 0; m < sizeof modes / sizeof *modes && made == 0 && build->status == CUDNN_STATUS_SUCCESS; m++) {
        int count = conv_graph_engines(build, graph, modes[m], engines, ENGINES);
        made = list_plans(device, shape, engines, count, plans, room);
    }
    return made;
}

static enum status fail_shape(const struct conv_shape *shape, cudnnStatus_t reason)
{
    char text[256];
    const int64_t *x = shape->size[CONV_INPUT], *w = shape->size[CONV_FILTER];

    snprintf(text, sizeof text, "convolution %s of %s, input (%lld,%lld,%lld,%lld), weight (%lld,%lld,%lld,%lld)",
             kind_names[shape->kind], dtype_name(shape->dtype), (long long)x[0], (long long)x[1], (long long)x[2], (long long)x[3],
             (long long)w[0], (long long)w[1], (long long)w[2], (long long)w[3]);
    TRY(cudnn_check(reason, "%s", text));
    return FAIL(UNSUPPORTED, "cuDNN has no engine for this: %s", text);
}

static enum status choose(struct device *device, const struct conv_shape *shape, struct conv_plan *out)
{
    struct conv_plan plans[CONV_TUNE_MOST];
    struct cudnn_build build = {0};
    int most = device->autotune ? CONV_TUNE_MOST : 1;
    int made = find_plans(device, shape, &build, plans, most), best = 0;
    cudnnStatus_t reason = build.status;
    enum status status = STATUS_OK;

    if (made > 1)
        status = conv_tune(device, plans, made, &best);
    for (int i = 0; i < made; i++)
        if (i != best || status != STATUS_OK)
            cudnnBackendDestroyDescriptor(plans[i].plan);
    cudnn_build_release(&build);
    if (made == 0)
        return fail_shape(shape, reason);
    *out = plans[best];
    return status;
}

static enum status remember(struct conv_plans *plans, const struct conv_plan *plan, const struct conv_plan **out)
{
    struct conv_plan *kept = malloc(sizeof *kept);

    if (!kept)
        return FAIL(NO_MEMORY, "no memory for a convolution's plan");
    *kept = *plan;
    *out = kept;
    ARRAY_ADD(plans, list, kept);
    return STATUS_OK;
}

enum status conv_plan_find(struct device *device, const struct conv_shape *shape, const struct conv_plan **out)
{
    struct conv_plans *plans = device->plans;
    struct conv_plan made;

    if (!plans)
        plans = device->plans = calloc(1, sizeof *plans);
    if (!plans)
        return FAIL(NO_MEMORY, "no memory for the convolutions' plans");
    for (int i = 0; i < plans->list_count; i++) {
        if (memcmp(&plans->list[i]->shape, shape, sizeof *shape) == 0) {
            *out = plans->list[i];
            return STATUS_OK;
        }
    }
    TRY(choose(device, shape, &made));
    return remember(plans, &made, out);
}

void conv_plans_destroy(struct device *device)
{
    struct conv_plans *plans = device->plans;

    if (!plans)
        return;
    for (int i = 0; i < plans->list_count; i++) {
        cudnnBackendDestroyDescriptor(plans->list[i]->plan);
        free(plans->list[i]);
    }
    free(plans->list);
    free(plans);
    device->plans = NULL;
}

static bool is_bound(const struct conv_binding *binding, void *const data[CONV_OPERANDS], const void *workspace)
{
    for (int i = 0; i < CONV_OPERANDS; i++)
        if (binding->data[i] != data[i])
            return false;
    return binding->pack && binding->workspace == workspace;
}

static cudnnStatus_t bind(struct conv_binding *binding, void *const data[CONV_OPERANDS], void *workspace)
{
    struct cudnn_build build = {0};
    int64_t uid[CONV_OPERANDS];

    conv_binding_release(binding);
    for (int i = 0; i < CONV_OPERANDS; i++)
        uid[i] = CONV_UID(i);
    cudnnBackendDescriptor_t pack = cudnn_make(&build, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    cudnn_set(&build, pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, CONV_OPERANDS, uid);
    cudnn_set(&build, pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, CONV_OPERANDS, data);
    cudnn_set(&build, pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace);
    cudnn_finish(&build, pack);
    cudnnStatus_t status = build.status;
    if (status == CUDNN_STATUS_SUCCESS) {
        build.made_count--;
        binding->pack = pack;
        memcpy(binding->data, data, sizeof binding->data);
        binding->workspace = workspace;
    }
    cudnn_build_release(&build);
    return status;
}

cudnnStatus_t conv_plan_run(struct device *device, const struct conv_plan *plan, struct conv_binding *binding,
                            void *const data[CONV_OPERANDS], void *workspace)
{
    if (!is_bound(binding, data, workspace)) {
        cudnnStatus_t status = bind(binding, data, workspace);
        if (status != CUDNN_STATUS_SUCCESS)
            return status;
    }
    return cudnnBackendExecute(device->cudnn, plan->plan, binding->pack);
}

void conv_binding_release(struct conv_binding *binding)
{
    if (binding->pack)
        cudnnBackendDestroyDescriptor(binding->pack);
    *binding = (struct conv_binding){0};
}
