/* torchvision's EfficientNet-B0: inverted residuals (MBConv) with squeeze and excite, SiLU and stochastic depth. */
#include "trainer/build.h"

int efficientnet_b0_build(struct build *build, int x);

#define BLOCKS 16               /* of all stages */
#define STOCHASTIC_DEPTH 0.2    /* of the block after the last one; less in proportion before */

/* Conv2dNormActivation number `number`; the last one of a block has no activation. */
static int conv_bn(struct build *b, int number, int x, struct conv2d conv, bool silu)
{
    build_enter_number(b, number, "Conv2dNormActivation");
    x = build_batch_norm2d(b, "1", build_conv2d(b, "0", x, conv));
    if (silu)
        x = build_silu(b, "2", x);
    build_leave(b);
    return x;
}

static int squeeze_excite(struct build *b, int number, int x, int reduced)
{
    int channels = build_channels(b, x);
    build_enter_number(b, number, "SqueezeExcitation");
    int scale = build_adaptive_avg_pool2d_1(b, "avgpool", x);
    scale = build_conv2d(b, "fc1", scale, (struct conv2d){reduced, 1, .bias = true});
    scale = build_silu(b, "activation", scale);
    scale = build_conv2d(b, "fc2", scale, (struct conv2d){channels, 1, .bias = true});
    x = build_mul(b, build_sigmoid(b, "scale_activation", scale), x);
    build_leave(b);
    return x;
}

struct mb_conv {
    int expand, kernel, stride, channels;
};

/* `before`: how many blocks the model has before this one. */
static int mb_conv(struct build *b, int number, int x, struct mb_conv conf, int before)
{
    int in_channels = build_channels(b, x), hidden = in_channels * conf.expand, part = 0, out = x;
    build_enter_number(b, number, "MBConv");
    build_enter(b, "block", "Sequential");
    if (conf.expand != 1)
        out = conv_bn(b, part++, out, (struct conv2d){hidden, 1}, true);
    out = conv_bn(b, part++, out, (struct conv2d){hidden, conf.kernel, conf.stride, conf.kernel / 2, .groups = hidden}, true);
    out = squeeze_excite(b, part++, out, in_channels > 4 ? in_channels / 4 : 1);
    out = conv_bn(b, part, out, (struct conv2d){conf.channels, 1}, false);
    build_leave(b);
    if (conf.stride == 1 && in_channels == conf.channels) {
        out = build_stochastic_depth(b, "stochastic_depth", out, STOCHASTIC_DEPTH * before / BLOCKS);
        out = build_add_(b, out, x);
    }
    build_leave(b);
    return out;
}

int efficientnet_b0_build(struct build *b, int x)
{
    /* expansion, kernel, stride of the first block, channels; and the number of blocks */
    static const struct mb_conv stages[7] = {{1, 3, 1, 16}, {6, 3, 2, 24},  {6, 5, 2, 40}, {6, 3, 2, 80},
                                             {6, 5, 1, 112}, {6, 5, 2, 192}, {6, 3, 1, 320}};
    static const int blocks[7] = {1, 2, 2, 3, 3, 4, 1};
    b->conv_init = WEIGHT_KAIMING_FAN_OUT;
    b->linear_init = WEIGHT_UNIFORM_FAN_OUT;
    int before = 0;
    build_enter(b, "features", "Sequential");
    x = conv_bn(b, 0, x, (struct conv2d){32, 3, 2, 1}, true);
    for (int s = 0; s < 7; s++) {
        build_enter_number(b, s + 1, "Sequential");
        for (int i = 0; i < blocks[s]; i++) {
            struct mb_conv conf = stages[s];
            conf.stride = i == 0 ? conf.stride : 1;
            x = mb_conv(b, i, x, conf, before++);
        }
        build_leave(b);
    }
    x = conv_bn(b, 8, x, (struct conv2d){1280, 1}, true);
    build_leave(b);
    x = build_flatten(b, build_adaptive_avg_pool2d_1(b, "avgpool", x));
    build_enter(b, "classifier", "Sequential");
    x = build_linear(b, "1", build_dropout_(b, "0", x, 0.2), b->classes);
    build_leave(b);
    return x;
}
