/* Pooling. */
#include "trainer/build.h"

int build_max_pool2d(struct build *build, const char *name, int x, int kernel, int stride, int padding)
{
    union op_attrs attrs = {.pool = {.kernel = {kernel, kernel}, .stride = {stride, stride},
                                     .padding = {padding, padding}, .dilation = {1, 1}}};
    return build_simple(build, name, "MaxPool2d", OP_MAX_POOL2D, &attrs, x);
}

int build_adaptive_avg_pool2d_1(struct build *build, const char *name, int x)
{
    return build_simple(build, name, "AdaptiveAvgPool2d", OP_MEAN, NULL, x);
}

int build_avg_pool2d(struct build *build, const char *name, int x, struct average_attrs attrs)
{
    return build_simple(build, name, "AvgPool2d", OP_AVG_POOL2D, &(union op_attrs){.average = attrs}, x);
}

int build_adaptive_avg_pool2d(struct build *build, const char *name, int x, int size)
{
    if (size == 1)
        return build_adaptive_avg_pool2d_1(build, name, x);
    union op_attrs attrs = {.average = {.output = {size, size}}};
    return build_simple(build, name, "AdaptiveAvgPool2d", OP_ADAPTIVE_AVG_POOL2D, &attrs, x);
}

int build_adaptive_max_pool2d(struct build *build, const char *name, int x, int size)
{
    union op_attrs attrs = {.average = {.output = {size, size}}};
    return build_simple(build, name, "AdaptiveMaxPool2d", OP_ADAPTIVE_MAX_POOL2D, &attrs, x);
}
