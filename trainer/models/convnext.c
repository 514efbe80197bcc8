/*
 * torchvision's ConvNeXt: blocks of a depthwise 7x7 convolution and a perceptron on the image seen as (N,H,W,C), which is
 * free in channels_last; LayerNorm2d between the stages.
 */
#include <stdio.h>

#include "trainer/build.h"

int convnext_tiny_build(struct build *build, int x);

#define EPS 1e-6

struct convnext {
    int blocks[4], channels[4];
    double depth; /* probability of dropping the last block; earlier ones linearly less */
};

/* The Sequential `block` of a CNBlock: numbers 0 to 6, of which 1 and 6 are the permutations. */
static int perceptron(struct build *b, int x)
{
    int channels = build_channels(b, x);
    build_enter(b, "block", "Sequential");
    x = build_conv2d(b, "0", x, (struct conv2d){channels, 7, 1, 3, channels, true});
    build_enter(b, "1", "Permute");
    x = build_permute(b, x, (int[]){0, 2, 3, 1});
    build_leave(b);
    x = build_linear(b, "3", build_layer_norm(b, "2", x, EPS), 4 * channels);
    x = build_linear(b, "5", build_gelu(b, "4", x), channels);
    build_enter(b, "6", "Permute");
    x = build_permute(b, x, (int[]){0, 3, 1, 2});
    build_leave(b);
    build_leave(b);
    return x;
}

/* The parameter stands before the block's, as in PyTorch, which lists a module's own first. */
static int block(struct build *b, int number, int x, double dropped)
{
    int64_t size[] = {build_channels(b, x), 1, 1};
    build_enter_number(b, number, "CNBlock");
    int scale = build_parameter(b, "layer_scale", 3, size, (struct init){INIT_CONSTANT, 1e-6});
    int y = build_mul(b, scale, perceptron(b, x));
    y = build_stochastic_depth(b, "stochastic_depth", y, dropped);
    y = build_add_(b, y, x);
    build_leave(b);
    return y;
}

static int downsample(struct build *b, int number, int x, int channels)
{
    build_enter_number(b, number, "Sequential");
    x = build_layer_norm2d(b, "0", x, EPS);
    x = build_conv2d(b, "1", x, (struct conv2d){channels, 2, 2, 0, 1, true});
    build_leave(b);
    return x;
}

static int features(struct build *b, int x, const struct convnext *net)
{
    int all = net->blocks[0] + net->blocks[1] + net->blocks[2] + net->blocks[3], done = 0;
    build_enter(b, "0", "Conv2dNormActivation");
    x = build_conv2d(b, "0", x, (struct conv2d){net->channels[0], 4, 4, 0, 1, true});
    x = build_layer_norm2d(b, "1", x, EPS);
    build_leave(b);
    for (int stage = 0; stage < 4; stage++) {
        build_enter_number(b, 2 * stage + 1, "Sequential");
        for (int i = 0; i < net->blocks[stage]; i++)
            x = block(b, i, x, net->depth * done++ / (all - 1));
        build_leave(b);
        if (stage < 3)
            x = downsample(b, 2 * stage + 2, x, net->channels[stage + 1]);
    }
    return x;
}

int convnext_tiny_build(struct build *b, int x)
{
    const struct convnext net = {{3, 3, 9, 3}, {96, 192, 384, 768}, 0.1};
    b->conv_init = b->linear_init = WEIGHT_NORMAL_002;
    build_enter(b, "features", "Sequential");
    x = features(b, x, &net);
    build_leave(b);
    x = build_adaptive_avg_pool2d_1(b, "avgpool", x);
    build_enter(b, "classifier", "Sequential");
    x = build_flatten(b, build_layer_norm2d(b, "0", x, EPS));
    x = build_linear(b, "2", x, b->classes);
    build_leave(b);
    return x;
}
