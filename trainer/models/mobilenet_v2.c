/* torchvision's MobileNetV2: inverted residual blocks around depthwise convolutions, ReLU6. */
#include <stdio.h>

#include "trainer/build.h"

int mobilenet_v2_build(struct build *build, int x);

static int conv_bn(struct build *b, int conv_number, int x, struct conv2d conv)
{
    char name[16], norm[16];
    snprintf(name, sizeof name, "%d", conv_number);
    snprintf(norm, sizeof norm, "%d", conv_number + 1);
    return build_batch_norm2d(b, norm, build_conv2d(b, name, x, conv));
}

/* Conv2dNormActivation number `number` of the current Sequential. */
static int conv_bn_relu6(struct build *b, int number, int x, struct conv2d conv)
{
    build_enter_number(b, number, "Conv2dNormActivation");
    x = build_relu6(b, "2", conv_bn(b, 0, x, conv));
    build_leave(b);
    return x;
}

static int inverted_residual(struct build *b, int number, int x, int expand, int channels, int stride)
{
    int in_channels = build_channels(b, x), hidden = in_channels * expand, part = 0, out = x;
    build_enter_number(b, number, "InvertedResidual");
    build_enter(b, "conv", "Sequential");
    if (expand != 1)
        out = conv_bn_relu6(b, part++, out, (struct conv2d){hidden, 1});
    out = conv_bn_relu6(b, part++, out, (struct conv2d){hidden, 3, stride, 1, .groups = hidden});
    out = conv_bn(b, part, out, (struct conv2d){channels, 1});
    build_leave(b);
    if (stride == 1 && in_channels == channels)
        out = build_add(b, x, out);
    build_leave(b);
    return out;
}

int mobilenet_v2_build(struct build *b, int x)
{
    /* expansion, channels, blocks, stride of the first block */
    static const int stages[7][4] = {{1, 16, 1, 1},  {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                                     {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
    b->conv_init = WEIGHT_KAIMING_FAN_OUT;
    b->linear_init = WEIGHT_NORMAL_001;
    int number = 0;
    build_enter(b, "features", "Sequential");
    x = conv_bn_relu6(b, number++, x, (struct conv2d){32, 3, 2, 1});
    for (int s = 0; s < 7; s++) {
        for (int i = 0; i < stages[s][2]; i++)
            x = inverted_residual(b, number++, x, stages[s][0], stages[s][1], i == 0 ? stages[s][3] : 1);
    }
    x = conv_bn_relu6(b, number, x, (struct conv2d){1280, 1});
    build_leave(b);
    x = build_flatten(b, build_adaptive_avg_pool2d_1(b, NULL, x));
    build_enter(b, "classifier", "Sequential");
    x = build_linear(b, "1", build_dropout(b, "0", x, 0.2), b->classes);
    build_leave(b);
    return x;
}
