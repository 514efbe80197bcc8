/*
 * fastai's xresnet50(sa=True) with blur pools as fastxtend puts them (tests/parity/zoo.py): a stem of three convolutions,
 * blurred max pooling, a blur in place of average pooling on identity paths, self-attention at the end of the first stage.
 */
#include "trainer/build.h"

int xresnet50_sa_build(struct build *build, int x);

/* ConvLayer: convolution, norm, and ReLU unless the block adds first. `zero`: the norm's weight starts at 0. */
static int conv_layer(struct build *b, int number, int x, struct conv2d conv, bool act, bool zero)
{
    build_enter_number(b, number, "Sequential");
    x = build_conv2d(b, "0", x, conv);
    x = zero ? build_batch_norm2d_zero(b, "1", x) : build_batch_norm2d(b, "1", x);
    if (act)
        x = build_simple(b, "2", "ReLU", OP_RELU, NULL, x);
    build_leave(b);
    return x;
}

static int transposed(struct build *b, int x)
{
    int y = build_permute(b, x, (int[]){0, 2, 1});
    return build_contiguous(b, y);
}

/* gamma x x^T conv(x) + x over pixels; gamma starts at 0. */
static int self_attention(struct build *b, int number, int x)
{
    if (b->status != STATUS_OK)
        return -1;
    const struct tensor image = b->graph->value[x].tensor;
    const int64_t *n = image.size, one = 1;
    struct view_attrs pixels = {.dims = 3, .size = {n[0], n[1], n[2] * n[3]}};
    struct view_attrs back = {.dims = 4, .size = {n[0], n[1], n[2], n[3]}};
    build_enter_number(b, number, "SimpleSelfAttention");
    int gamma = build_parameter(b, "gamma", 1, &one, (struct init){INIT_ZERO, 0});
    x = build_view(b, OP_VIEW, &pixels, x);
    int convolved = build_conv1d(b, "conv", x, (int)n[1]);
    int product = build_bmm(b, build_bmm(b, x, transposed(b, x)), convolved);
    int y = build_add(b, build_mul(b, gamma, product), x);
    y = build_contiguous(b, build_view(b, OP_VIEW, &back, y));
    build_leave(b);
    return y;
}

static int conv_path(struct build *b, int x, int width, int stride, bool attention)
{
    build_enter(b, "convpath", "Sequential");
    x = conv_layer(b, 0, x, (struct conv2d){width, 1}, true, false);
    x = conv_layer(b, 1, x, (struct conv2d){width, 3, stride, 1}, true, false);
    x = conv_layer(b, 2, x, (struct conv2d){4 * width, 1}, false, true);
    if (attention)
        x = self_attention(b, 3, x);
    build_leave(b);
    return x;
}

static int identity_path(struct build *b, int x, int after, int stride)
{
    int number = 0;
    build_enter(b, "idpath", "Sequential");
    if (stride != 1) {
        x = build_blur_pool2d(b, "0", x, stride);
        number++;
    }
    if (build_channels(b, x) != after)
        x = conv_layer(b, number, x, (struct conv2d){after, 1}, false, false);
    build_leave(b);
    return x;
}

static int block(struct build *b, int number, int x, int width, int stride, bool attention)
{
    build_enter_number(b, number, "XResBlock");
    int y = conv_path(b, x, width, stride, attention);
    y = build_add(b, y, identity_path(b, x, 4 * width, stride));
    y = build_relu(b, "act", y);
    build_leave(b);
    return y;
}

static int stem(struct build *b, int x)
{
    x = conv_layer(b, 0, x, (struct conv2d){32, 3, 2, 1}, true, false);
    x = conv_layer(b, 1, x, (struct conv2d){32, 3, 1, 1}, true, false);
    x = conv_layer(b, 2, x, (struct conv2d){64, 3, 1, 1}, true, false);
    build_enter(b, "3", "Sequential");
    x = build_max_pool2d(b, "0", x, 3, 1, 1);
    x = build_blur_pool2d(b, "1", x, 2);
    build_leave(b);
    return x;
}

int xresnet50_sa_build(struct build *b, int x)
{
    static const int blocks[] = {3, 4, 6, 3};
    b->conv_init = b->linear_init = WEIGHT_KAIMING_FAN_IN; /* fastai's init_cnn */
    x = stem(b, x);
    for (int stage = 0; stage < 4; stage++) {
        build_enter_number(b, 4 + stage, "Sequential");
        for (int i = 0; i < blocks[stage]; i++)
            x = block(b, i, x, 64 << stage, stage > 0 && i == 0 ? 2 : 1, stage == 0 && i == blocks[0] - 1);
        build_leave(b);
    }
    x = build_adaptive_avg_pool2d_1(b, "8", x);
    build_enter(b, "9", "Flatten");
    x = build_flatten(b, x);
    build_leave(b);
    return build_linear(b, "11", x, b->classes);
}
