/*
 * torchvision's ResNet (v1.5: the stride stands in the 3x3) and ResNeXt (its 3x3 in groups); timm's resnet50_gn, which only
 * swaps the norm layer, and seresnet50, whose blocks end in squeeze and excite.
 */
#include "trainer/build.h"

int resnet18_build(struct build *build, int x);
int resnet34_build(struct build *build, int x);
int resnet50_build(struct build *build, int x);
int resnet50_gn_build(struct build *build, int x);
int seresnet50_build(struct build *build, int x);
int resnext50_32x4d_build(struct build *build, int x);

struct resnet {
    bool bottleneck;
    int blocks[4];
    bool timm;       /* timm's names of modules; the last norm of a block starts at zero (zero_init_last) */
    bool group_norm; /* GroupNorm(32) */
    bool squeeze;    /* SEModule */
    int groups, width_per_group; /* of a bottleneck's 3x3; groups 0: one of width 64, the plain block */
};

static int norm(struct build *b, const struct resnet *net, const char *name, int x, bool last)
{
    if (net->group_norm)
        return build_group_norm(b, name, x, 32, last);
    return last && net->timm ? build_batch_norm2d_zero(b, name, x) : build_batch_norm2d(b, name, x);
}

static int downsample(struct build *b, const struct resnet *net, int x, int channels, int stride)
{
    build_enter(b, "downsample", "Sequential");
    x = build_conv2d(b, "0", x, (struct conv2d){channels, 1, stride, .bias = false});
    x = norm(b, net, "1", x, false);
    build_leave(b);
    return x;
}

/* timm's SEModule: channels / 16, a multiple of 8, in the middle. */
static int squeeze_excite(struct build *b, int x)
{
    int channels = build_channels(b, x), reduced = (channels / 16 + 4) / 8 * 8;
    build_enter(b, "se", "SEModule");
    int gate = build_adaptive_avg_pool2d_1(b, NULL, x);
    gate = build_conv2d(b, "fc1", gate, (struct conv2d){reduced > 8 ? reduced : 8, 1, .bias = true});
    gate = build_relu(b, "act", gate);
    gate = build_conv2d(b, "fc2", gate, (struct conv2d){channels, 1, .bias = true});
    x = build_mul(b, x, build_sigmoid(b, "gate", gate));
    build_leave(b);
    return x;
}

static int basic_block(struct build *b, const struct resnet *net, int x, int planes, int stride)
{
    int out = build_conv2d(b, "conv1", x, (struct conv2d){planes, 3, stride, 1});
    out = norm(b, net, "bn1", out, false);
    out = build_relu(b, "relu", out);
    out = build_conv2d(b, "conv2", out, (struct conv2d){planes, 3, 1, 1});
    out = norm(b, net, "bn2", out, true);
    int identity = stride != 1 || build_channels(b, x) != planes ? downsample(b, net, x, planes, stride) : x;
    return build_relu(b, "relu", build_add_(b, out, identity));
}

static int bottleneck(struct build *b, const struct resnet *net, int x, int planes, int stride)
{
    int width = net->groups ? planes * net->width_per_group / 64 * net->groups : planes;
    int out = build_conv2d(b, "conv1", x, (struct conv2d){width, 1});
    out = norm(b, net, "bn1", out, false);
    out = build_relu(b, net->timm ? "act1" : "relu", out);
    out = build_conv2d(b, "conv2", out, (struct conv2d){width, 3, stride, 1, .groups = net->groups});
    out = norm(b, net, "bn2", out, false);
    out = build_relu(b, net->timm ? "act2" : "relu", out);
    out = build_conv2d(b, "conv3", out, (struct conv2d){4 * planes, 1});
    out = norm(b, net, "bn3", out, true);
    if (net->squeeze)
        out = squeeze_excite(b, out);
    int identity = stride != 1 || build_channels(b, x) != 4 * planes ? downsample(b, net, x, 4 * planes, stride) : x;
    return build_relu(b, net->timm ? "act3" : "relu", build_add_(b, out, identity));
}

static int stage(struct build *b, const struct resnet *net, const char *name, int x, int planes, int blocks, int stride)
{
    build_enter(b, name, "Sequential");
    for (int i = 0; i < blocks; i++) {
        build_enter_number(b, i, net->bottleneck ? "Bottleneck" : "BasicBlock");
        x = (net->bottleneck ? bottleneck : basic_block)(b, net, x, planes, i == 0 ? stride : 1);
        build_leave(b);
    }
    build_leave(b);
    return x;
}

static int resnet(struct build *b, int x, struct resnet net)
{
    b->conv_init = net.timm ? WEIGHT_KAIMING_ONLY : WEIGHT_KAIMING_FAN_OUT;
    x = build_conv2d(b, "conv1", x, (struct conv2d){64, 7, 2, 3});
    x = norm(b, &net, "bn1", x, false);
    x = build_relu(b, net.timm ? "act1" : "relu", x);
    x = build_max_pool2d(b, "maxpool", x, 3, 2, 1);
    x = stage(b, &net, "layer1", x, 64, net.blocks[0], 1);
    x = stage(b, &net, "layer2", x, 128, net.blocks[1], 2);
    x = stage(b, &net, "layer3", x, 256, net.blocks[2], 2);
    x = stage(b, &net, "layer4", x, 512, net.blocks[3], 2);
    x = build_adaptive_avg_pool2d_1(b, net.timm ? "global_pool" : "avgpool", x);
    return build_linear(b, "fc", build_flatten(b, x), b->classes);
}

int resnet18_build(struct build *build, int x)
{
    return resnet(build, x, (struct resnet){.blocks = {2, 2, 2, 2}});
}

int resnet34_build(struct build *build, int x)
{
    return resnet(build, x, (struct resnet){.blocks = {3, 4, 6, 3}});
}

int resnet50_build(struct build *build, int x)
{
    return resnet(build, x, (struct resnet){.bottleneck = true, .blocks = {3, 4, 6, 3}});
}

int resnet50_gn_build(struct build *build, int x)
{
    return resnet(build, x, (struct resnet){.bottleneck = true, .blocks = {3, 4, 6, 3}, .timm = true, .group_norm = true});
}

int seresnet50_build(struct build *build, int x)
{
    struct resnet net = {.bottleneck = true, .blocks = {3, 4, 6, 3}, .timm = true, .squeeze = true};
    return resnet(build, x, net);
}

int resnext50_32x4d_build(struct build *build, int x)
{
    struct resnet net = {.bottleneck = true, .blocks = {3, 4, 6, 3}, .groups = 32, .width_per_group = 4};
    return resnet(build, x, net);
}
