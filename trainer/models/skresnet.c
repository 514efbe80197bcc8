/*
 * timm's skresnet34: a resnet34 whose first 3x3 of a block is a selective kernel. Half of the channels each go through a 3x3
 * and a dilated 3x3; what comes out is stacked, weighed by a softmax over the paths, and summed.
 */
#include "trainer/build.h"

int skresnet34_build(struct build *build, int x);

#define PATHS 2

/* timm's ConvNormAct: the activation belongs to the norm. */
static int conv_norm_act(struct build *b, int x, struct conv2d conv, bool relu)
{
    x = build_conv2d(b, "conv", x, conv);
    x = build_batch_norm2d(b, "bn", x);
    if (relu) {
        build_enter(b, "bn", "BatchNormAct2d");
        x = build_relu(b, "act", x);
        build_leave(b);
    }
    return x;
}

/* What of the paths' sum decides about them: (N, PATHS, C, 1, 1). Channels / 8, a multiple of 16, in the middle. */
static int attention(struct build *b, int paths, int channels)
{
    int reduced = (channels / 8 + 8) / 16 * 16;
    build_enter(b, "attn", "SelectiveKernelAttn");
    int x = build_adaptive_avg_pool2d_1(b, NULL, build_sum(b, paths, 1 << 1, false));
    x = build_conv2d(b, "fc_reduce", x, (struct conv2d){reduced > 16 ? reduced : 16, 1});
    x = build_relu(b, "act", build_batch_norm2d(b, "bn", x));
    x = build_conv2d(b, "fc_select", x, (struct conv2d){PATHS * channels, 1});
    if (x >= 0) {
        int64_t size[5] = {b->graph->value[x].tensor.size[0], PATHS, channels, 1, 1};
        x = build_softmax(b, NULL, build_reshape(b, x, 5, size), 1);
    }
    build_leave(b);
    return x;
}

static int selective_kernel(struct build *b, int x, int channels, int stride)
{
    int parts[OP_MAX_OUT], paths[PATHS];
    build_enter(b, "conv1", "SelectiveKernel");
    build_split(b, x, build_channels(b, x) / PATHS, 1, parts);
    build_enter(b, "paths", "ModuleList");
    for (int i = 0; i < PATHS; i++) {
        build_enter_number(b, i, "ConvNormAct");
        paths[i] = conv_norm_act(b, parts[i], (struct conv2d){channels, 3, stride, i + 1, .dilation = i + 1}, true);
        build_leave(b);
    }
    build_leave(b);
    int all = build_stack(b, paths, PATHS, 1);
    x = build_sum(b, build_mul(b, all, attention(b, all, channels)), 1 << 1, false);
    build_leave(b);
    return x;
}

static int block(struct build *b, int x, int channels, int stride)
{
    int out = selective_kernel(b, x, channels, stride), shortcut = x;
    build_enter(b, "conv2", "ConvNormAct");
    out = conv_norm_act(b, out, (struct conv2d){channels, 3, 1, 1}, false);
    build_leave(b);
    if (stride != 1 || build_channels(b, x) != channels) {
        build_enter(b, "downsample", "Sequential");
        shortcut = build_batch_norm2d(b, "1", build_conv2d(b, "0", x, (struct conv2d){channels, 1, stride}));
        build_leave(b);
    }
    return build_relu(b, "act", build_add_(b, out, shortcut));
}

int skresnet34_build(struct build *b, int x)
{
    static const struct {
        const char *name;
        int channels, blocks;
    } stages[4] = {{"layer1", 64, 3}, {"layer2", 128, 4}, {"layer3", 256, 6}, {"layer4", 512, 3}};
    b->conv_init = WEIGHT_KAIMING_ONLY;
    x = build_conv2d(b, "conv1", x, (struct conv2d){64, 7, 2, 3});
    x = build_relu(b, "act1", build_batch_norm2d(b, "bn1", x));
    x = build_max_pool2d(b, "maxpool", x, 3, 2, 1);
    for (int s = 0; s < 4; s++) {
        build_enter(b, stages[s].name, "Sequential");
        for (int i = 0; i < stages[s].blocks; i++) {
            build_enter_number(b, i, "SelectiveKernelBasic");
            x = block(b, x, stages[s].channels, s > 0 && i == 0 ? 2 : 1);
            build_leave(b);
        }
        build_leave(b);
    }
    x = build_adaptive_avg_pool2d_1(b, "global_pool", x);
    return build_linear(b, "fc", build_flatten(b, x), b->classes);
}
