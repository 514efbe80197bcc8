/* torchvision's vgg16_bn: configuration D with batch norm. 0 stands for a max pool. */
#include <stdio.h>

#include "trainer/build.h"

int vgg16_bn_build(struct build *build, int x);

static const int layers[] = {64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0};

static int features(struct build *b, int x)
{
    char name[16];
    int number = 0;
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        snprintf(name, sizeof name, "%d", number++);
        if (layers[i] == 0) {
            x = build_max_pool2d(b, name, x, 2, 2, 0);
            continue;
        }
        x = build_conv2d(b, name, x, (struct conv2d){layers[i], 3, 1, 1, 1, true});
        snprintf(name, sizeof name, "%d", number++);
        x = build_batch_norm2d(b, name, x);
        snprintf(name, sizeof name, "%d", number++);
        x = build_relu(b, name, x);
    }
    return x;
}

int vgg16_bn_build(struct build *b, int x)
{
    b->conv_init = WEIGHT_KAIMING_FAN_OUT;
    b->linear_init = WEIGHT_NORMAL_001;
    build_enter(b, "features", "Sequential");
    x = features(b, x);
    build_leave(b);
    x = build_flatten(b, build_adaptive_avg_pool2d(b, "avgpool", x, 7));
    build_enter(b, "classifier", "Sequential");
    x = build_relu(b, "1", build_linear(b, "0", x, 4096));
    x = build_dropout(b, "2", x, 0.5);
    x = build_relu(b, "4", build_linear(b, "3", x, 4096));
    x = build_dropout(b, "5", x, 0.5);
    x = build_linear(b, "6", x, b->classes);
    build_leave(b);
    return x;
}
