/* torchvision's ShuffleNetV2: channels are split, one half goes through a branch, both are concatenated and shuffled. */
#include "trainer/build.h"

int shufflenet_v2_x1_0_build(struct build *build, int x);

/* A convolution, its norm and perhaps a ReLU, numbered from `number` on in the current Sequential. */
static int conv_bn(struct build *b, int number, int x, struct conv2d conv, bool relu)
{
    static const char *const names[] = {"0", "1", "2", "3", "4", "5", "6", "7"};
    x = build_batch_norm2d(b, names[number + 1], build_conv2d(b, names[number], x, conv));
    return relu ? build_relu(b, names[number + 2], x) : x;
}

static int branch1(struct build *b, int x, int channels, int stride)
{
    int in_channels = build_channels(b, x);
    build_enter(b, "branch1", "Sequential");
    x = conv_bn(b, 0, x, (struct conv2d){in_channels, 3, stride, 1, .groups = in_channels}, false);
    x = conv_bn(b, 2, x, (struct conv2d){channels, 1}, true);
    build_leave(b);
    return x;
}

static int branch2(struct build *b, int x, int channels, int stride)
{
    build_enter(b, "branch2", "Sequential");
    x = conv_bn(b, 0, x, (struct conv2d){channels, 1}, true);
    x = conv_bn(b, 3, x, (struct conv2d){channels, 3, stride, 1, .groups = channels}, false);
    x = conv_bn(b, 5, x, (struct conv2d){channels, 1}, true);
    build_leave(b);
    return x;
}

/* Channels in two groups, transposed: view, transpose, contiguous, view. */
static int channel_shuffle(struct build *b, int x)
{
    if (b->status != STATUS_OK)
        return -1;
    const struct tensor like = b->graph->value[x].tensor;
    const int64_t *size = like.size;
    struct view_attrs apart = {.dims = 5, .size = {size[0], 2, size[1] / 2, size[2], size[3]}};
    struct view_attrs together = {.dims = 4, .size = {size[0], size[1], size[2], size[3]}};
    x = build_transpose(b, build_view(b, OP_VIEW, &apart, x), 1, 2);
    return build_view(b, OP_VIEW, &together, build_contiguous(b, x));
}

static int inverted_residual(struct build *b, int number, int x, int channels, int stride)
{
    int halves[2], parts[OP_MAX_OUT];
    build_enter_number(b, number, "InvertedResidual");
    if (stride > 1) {
        halves[0] = branch1(b, x, channels / 2, stride);
        halves[1] = branch2(b, x, channels / 2, stride);
    } else {
        build_split(b, x, channels / 2, 1, parts);
        halves[0] = parts[0];
        halves[1] = branch2(b, parts[1], channels / 2, stride);
    }
    x = channel_shuffle(b, build_cat(b, halves, 2, 1));
    build_leave(b);
    return x;
}

int shufflenet_v2_x1_0_build(struct build *b, int x)
{
    static const struct {
        const char *name;
        int channels, blocks;
    } stages[] = {{"stage2", 116, 4}, {"stage3", 232, 8}, {"stage4", 464, 4}};
    build_enter(b, "conv1", "Sequential");
    x = conv_bn(b, 0, x, (struct conv2d){24, 3, 2, 1}, true);
    build_leave(b);
    x = build_max_pool2d(b, "maxpool", x, 3, 2, 1);
    for (int s = 0; s < 3; s++) {
        build_enter(b, stages[s].name, "Sequential");
        for (int i = 0; i < stages[s].blocks; i++)
            x = inverted_residual(b, i, x, stages[s].channels, i == 0 ? 2 : 1);
        build_leave(b);
    }
    build_enter(b, "conv5", "Sequential");
    x = conv_bn(b, 0, x, (struct conv2d){1024, 1}, true);
    build_leave(b);
    return build_linear(b, "fc", build_mean_hw(b, x), b->classes);
}
