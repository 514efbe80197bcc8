/* torchvision's DenseNet: every layer of a block takes all maps before it, concatenated, and adds 32 channels. */
#include <stdio.h>

#include "trainer/build.h"

int densenet121_build(struct build *build, int x);

#define GROWTH 32
#define BOTTLENECK 128 /* bn_size 4 * growth */

static int dense_layer(struct build *b, int number, const int *maps, int count)
{
    char name[32];
    snprintf(name, sizeof name, "denselayer%d", number);
    build_enter(b, name, "_DenseLayer");
    int x = build_cat(b, maps, count, 1);
    x = build_relu(b, "relu1", build_batch_norm2d(b, "norm1", x));
    x = build_conv2d(b, "conv1", x, (struct conv2d){BOTTLENECK, 1});
    x = build_relu(b, "relu2", build_batch_norm2d(b, "norm2", x));
    x = build_conv2d(b, "conv2", x, (struct conv2d){GROWTH, 3, 1, 1});
    build_leave(b);
    return x;
}

static int dense_block(struct build *b, int number, int x, int layers)
{
    char name[32];
    int maps[OP_MAX_IN];
    snprintf(name, sizeof name, "denseblock%d", number);
    build_enter(b, name, "_DenseBlock");
    maps[0] = x;
    for (int i = 1; i <= layers; i++)
        maps[i] = dense_layer(b, i, maps, i);
    x = build_cat(b, maps, layers + 1, 1);
    build_leave(b);
    return x;
}

static int transition(struct build *b, int number, int x)
{
    char name[32];
    snprintf(name, sizeof name, "transition%d", number);
    build_enter(b, name, "_Transition");
    x = build_relu(b, "relu", build_batch_norm2d(b, "norm", x));
    x = build_conv2d(b, "conv", x, (struct conv2d){build_channels(b, x) / 2, 1});
    x = build_avg_pool2d(b, "pool", x, (struct average_attrs){.kernel = {1, 2, 2}, .stride = {1, 2, 2}});
    build_leave(b);
    return x;
}

int densenet121_build(struct build *b, int x)
{
    static const int layers[4] = {6, 12, 24, 16};
    b->conv_init = WEIGHT_KAIMING_FAN_IN;
    b->linear_init = WEIGHT_DEFAULT_BIAS_0;
    build_enter(b, "features", "Sequential");
    x = build_conv2d(b, "conv0", x, (struct conv2d){64, 7, 2, 3});
    x = build_relu(b, "relu0", build_batch_norm2d(b, "norm0", x));
    x = build_max_pool2d(b, "pool0", x, 3, 2, 1);
    for (int i = 0; i < 4; i++) {
        x = dense_block(b, i + 1, x, layers[i]);
        if (i < 3)
            x = transition(b, i + 1, x);
    }
    x = build_batch_norm2d(b, "norm5", x);
    build_leave(b);
    x = build_adaptive_avg_pool2d_1(b, NULL, build_relu(b, NULL, x));
    return build_linear(b, "classifier", build_flatten(b, x), b->classes);
}
