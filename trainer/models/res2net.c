/*
 * timm's Res2Net: a bottleneck's 3x3 convolution as four slices of its channels, of which each but the first takes the
 * slice before it along, and one is handed on (pooled, where the block changes size).
 */
#include "trainer/build.h"

int res2net50_26w_4s_build(struct build *build, int x);

#define SCALE 4

/* One slice's convolution; their modules are convs.N, bns.N, and the block's one relu. */
static int slice(struct build *b, int number, int x, int width, int stride)
{
    static const char *const names[SCALE - 1] = {"0", "1", "2"};
    build_enter(b, "convs", "ModuleList");
    x = build_conv2d(b, names[number], x, (struct conv2d){width, 3, stride, 1});
    build_leave(b);
    build_enter(b, "bns", "ModuleList");
    x = build_batch_norm2d(b, names[number], x);
    build_leave(b);
    return build_relu(b, "relu", x);
}

static int slices(struct build *b, int x, int width, int stride, bool is_first)
{
    int part[OP_MAX_OUT], made[SCALE];
    build_split(b, x, width, 1, part);
    for (int i = 0; i < SCALE - 1; i++) {
        int in = i == 0 || is_first ? part[i] : build_add(b, made[i - 1], part[i]);
        made[i] = slice(b, i, in, width, stride);
    }
    made[SCALE - 1] = part[SCALE - 1];
    if (is_first) {
        struct average_attrs pool = {.kernel = {1, 3, 3}, .stride = {1, stride, stride},
                                     .padding = {0, 1, 1}};
        made[SCALE - 1] = build_avg_pool2d(b, "pool", part[SCALE - 1], pool);
    }
    return build_cat(b, made, SCALE, 1);
}

static int downsample(struct build *b, int x, int channels, int stride)
{
    build_enter(b, "downsample", "Sequential");
    x = build_batch_norm2d(b, "1", build_conv2d(b, "0", x, (struct conv2d){channels, 1, stride}));
    build_leave(b);
    return x;
}

static int block(struct build *b, int number, int x, int planes, int stride)
{
    int width = planes * 26 / 64;
    bool is_first = stride != 1 || build_channels(b, x) != 4 * planes;
    build_enter_number(b, number, "Bottle2neck");
    int out = build_conv2d(b, "conv1", x, (struct conv2d){width * SCALE, 1});
    out = build_relu(b, "relu", build_batch_norm2d(b, "bn1", out));
    out = slices(b, out, width, stride, is_first);
    out = build_conv2d(b, "conv3", out, (struct conv2d){4 * planes, 1});
    out = build_batch_norm2d_zero(b, "bn3", out);
    int shortcut = is_first ? downsample(b, x, 4 * planes, stride) : x;
    out = build_relu(b, "relu", build_add_(b, out, shortcut));
    build_leave(b);
    return out;
}

int res2net50_26w_4s_build(struct build *b, int x)
{
    static const char *const names[4] = {"layer1", "layer2", "layer3", "layer4"};
    static const int blocks[4] = {3, 4, 6, 3};
    b->conv_init = WEIGHT_KAIMING_FAN_OUT;
    x = build_conv2d(b, "conv1", x, (struct conv2d){64, 7, 2, 3});
    x = build_relu(b, "act1", build_batch_norm2d(b, "bn1", x));
    x = build_max_pool2d(b, "maxpool", x, 3, 2, 1);
    for (int s = 0; s < 4; s++) {
        build_enter(b, names[s], "Sequential");
        for (int i = 0; i < blocks[s]; i++)
            x = block(b, i, x, 64 << s, i == 0 && s > 0 ? 2 : 1);
        build_leave(b);
    }
    x = build_adaptive_avg_pool2d_1(b, "global_pool", x);
    return build_linear(b, "fc", build_flatten(b, x), b->classes);
}
