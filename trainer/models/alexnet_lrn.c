/*
 * AlexNet of 2012 on one device: grouped convolutions as its two halves had them, local response normalisation after the
 * first two; torchvision's names, and its padding of 2 for 224 pixels.
 */
#include <stdio.h>

#include "trainer/build.h"

int alexnet_lrn_build(struct build *build, int x);

struct layer {
    struct conv2d conv;
    bool normalize, pool;
};

static const struct layer layers[] = {
    {{96, 11, 4, 2, 1, true}, true, true},    {{256, 5, 1, 2, 2, true}, true, true},
    {{384, 3, 1, 1, 1, true}, false, false},  {{384, 3, 1, 1, 2, true}, false, false},
    {{256, 3, 1, 1, 2, true}, false, true},
};

static int features(struct build *b, int x)
{
    char name[16];
    int number = 0;
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        snprintf(name, sizeof name, "%d", number++);
        x = build_conv2d(b, name, x, layers[i].conv);
        snprintf(name, sizeof name, "%d", number++);
        x = build_relu(b, name, x);
        if (layers[i].normalize) {
            snprintf(name, sizeof name, "%d", number++);
            x = build_local_response_norm(b, name, x, 5, 1e-4, 0.75, 2);
        }
        if (layers[i].pool) {
            snprintf(name, sizeof name, "%d", number++);
            x = build_max_pool2d(b, name, x, 3, 2, 0);
        }
    }
    return x;
}

int alexnet_lrn_build(struct build *b, int x)
{
    build_enter(b, "features", "Sequential");
    x = features(b, x);
    build_leave(b);
    x = build_flatten(b, build_adaptive_avg_pool2d(b, "avgpool", x, 6));
    build_enter(b, "classifier", "Sequential");
    x = build_dropout(b, "0", x, 0.5);
    x = build_relu(b, "2", build_linear(b, "1", x, 4096));
    x = build_dropout(b, "3", x, 0.5);
    x = build_relu(b, "5", build_linear(b, "4", x, 4096));
    x = build_linear(b, "6", x, b->classes);
    build_leave(b);
    return x;
}
