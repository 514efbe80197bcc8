/*
 * 64-base U-Net, milesial's names, up-sampling by PixelShuffle as fastai's; the map of class scores is averaged over H and
 * W (tests/parity/zoo.py). Sides must be multiples of 16.
 */
#include "trainer/build.h"

int unet_build(struct build *build, int x);

static int double_conv(struct build *b, const char *name, int x, int channels)
{
    static const char *const names[] = {"0", "1", "2", "3", "4", "5"};
    build_enter(b, name, "DoubleConv");
    build_enter(b, "double_conv", "Sequential");
    for (int i = 0; i < 6; i += 3) {
        x = build_conv2d(b, names[i], x, (struct conv2d){channels, 3, 1, 1});
        x = build_relu(b, names[i + 2], build_batch_norm2d(b, names[i + 1], x));
    }
    build_leave(b);
    build_leave(b);
    return x;
}

static int down(struct build *b, const char *name, int x, int channels)
{
    build_enter(b, name, "Down");
    build_enter(b, "maxpool_conv", "Sequential");
    x = double_conv(b, "1", build_max_pool2d(b, "0", x, 2, 2, 0), channels);
    build_leave(b);
    build_leave(b);
    return x;
}

/* To twice the size and half the channels, beside the skip. */
static int up(struct build *b, const char *name, int x, int skip, int channels)
{
    build_enter(b, name, "Up");
    build_enter(b, "up", "Sequential");
    x = build_conv2d(b, "0", x, (struct conv2d){build_channels(b, x) / 2 * 4, 1, .bias = true});
    x = build_pixel_shuffle(b, "2", build_relu(b, "1", x), 2);
    build_leave(b);
    x = double_conv(b, "conv", build_cat(b, (int[]){x, skip}, 2, 1), channels);
    build_leave(b);
    return x;
}

/* Each of four halvings must leave whole pixels, or a skip does not fit beside what is up-sampled. */
static enum status check_sides(const struct tensor *batch)
{
    for (int i = 2; i < 4; i++) {
        if (batch->size[i] % 16)
            return FAIL(USAGE, "unet takes images whose sides are multiples of 16, not %lld; give --image-size %lld",
                        (long long)batch->size[i], (long long)(batch->size[i] + 15) / 16 * 16);
    }
    return STATUS_OK;
}

int unet_build(struct build *b, int x)
{
    if (b->status == STATUS_OK)
        b->status = check_sides(&b->graph->value[x].tensor);
    if (b->status != STATUS_OK)
        return -1;
    static const char *const downs[] = {"down1", "down2", "down3", "down4"};
    static const char *const ups[] = {"up1", "up2", "up3", "up4"};
    int skip[5];
    skip[0] = double_conv(b, "inc", x, 64);
    for (int i = 0; i < 4; i++)
        skip[i + 1] = down(b, downs[i], skip[i], 128 << i);
    x = skip[4];
    for (int i = 0; i < 4; i++)
        x = up(b, ups[i], x, skip[3 - i], 512 >> i);
    build_enter(b, "outc", "OutConv");
    x = build_conv2d(b, "conv", x, (struct conv2d){b->classes, 1, .bias = true});
    build_leave(b);
    return build_mean_hw(b, x);
}
