/*
 * The gradients of operators that move data, wired as trainer/gradients does it: a model made of all of them, whose first
 * SGD step (lr 1) moves every parameter by its gradient, against the loss's slope. No kinks: the model is smooth. Two
 * instance norms are among them, as the operator that no model of the zoo has.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/trainer/support_trainer.h"

#define SIDE 8
#define STEP 0.02
#define SAMPLES 7 /* elements of each parameter that are moved */

/* Channels of x selected one by one come back as an image. */
static int first_channel(struct build *b, int x)
{
    struct view_attrs image = {.dims = 4, .size = {b->graph->value[x].tensor.size[0], 1, SIDE, SIDE}};
    return build_view(b, OP_VIEW, &image, build_contiguous(b, build_select(b, x, 1, 0)));
}

static int moves_build(struct build *b, int x)
{
    int part[OP_MAX_OUT], maps[5];
    x = build_conv2d(b, "conv1", x, (struct conv2d){8, 3, 1, 1, .bias = true});
    build_split(b, x, 4, 1, part); /* of which the second goes nowhere */
    int up = build_upsample(b, "up1", part[0], OP_UPSAMPLE_BILINEAR2D, (struct upsample_attrs){.scale = {2, 2}});
    up = build_pad2d(b, "pad1", up, OP_REFLECTION_PAD2D, (const int[4]){1, 1, 2, 0}, 0);
    up = build_pad2d(b, "pad2", up, OP_CONSTANT_PAD_ND, (const int[4]){-1, 1, 0, -2}, 0.5);
    up = build_pad2d(b, "pad3", up, OP_REPLICATION_PAD2D, (const int[4]){0, 2, 2, 2}, 0);
    maps[0] = build_channel_shuffle(b, "shuffle1", build_pixel_unshuffle(b, "down1", up, 2), 2);
    maps[0] = build_slice(b, build_slice(b, maps[0], 2, 1, SIDE), 3, 2, SIDE);
    maps[1] = build_instance_norm2d(b, "norm1", build_slice(b, x, 1, 2, 3), true);
    maps[2] = build_instance_norm2d(b, "norm2", first_channel(b, x), false);
    int wide = build_pixel_shuffle(b, "wide", x, 2);
    maps[3] = build_pixel_unshuffle(b, "down2", wide, 2);
    struct upsample_attrs back = {.size = {SIDE, SIDE}};
    maps[4] = build_upsample(b, "up2", build_upsample(b, "up3", wide, OP_UPSAMPLE_NEAREST2D,
                             (struct upsample_attrs){.size = {5, 6}}), OP_UPSAMPLE_BICUBIC2D, back);
    x = build_conv_transpose2d(b, "conv2", build_cat(b, maps, 5, 1), (struct conv2d){6, 3, 2, 1, .bias = true}, 1);
    return build_linear(b, "fc", build_mean_hw(b, x), b->classes);
}
static const struct model moves_model = {"moves", "tests", "every operator that moves data", SIDE, moves_build};

static double loss_with(struct session *session, const struct batch *batch, int state, float *values, int64_t element,
                        float value)
{
    float old = values[element];
    values[element] = value;
    must(session_write(session, state, values, NULL));
    must(session_forward(session, batch, 0, NULL));
    values[element] = old;
    double loss;
    must(session_loss(session, &loss));
    return loss;
}

/* before - after is the gradient. */
static void check_parameter(struct session *session, const struct batch *batch, int state, const float *after,
                            const char *where)
{
    int64_t count;
    float *before = read_state(session, state, &count);
    double largest = 0;
    for (int64_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)before[i] - after[i]));
    ck_assert_msg(largest > 1e-5, "%s: %s has no gradient", where, session_state(session, state)->name);
    for (int64_t i = 0; i < count; i += count / SAMPLES + 1) {
        double above = loss_with(session, batch, state, before, i, before[i] + (float)STEP);
        double below = loss_with(session, batch, state, before, i, before[i] - (float)STEP);
        double slope = (above - below) / (2 * STEP), gradient = (double)before[i] - after[i];
        ck_assert_msg(fabs(slope - gradient) < 0.01 * largest + 3e-5, "%s: %s element %lld: gradient %g, slope %g",
                      where, session_state(session, state)->name, (long long)i, gradient, slope);
    }
    must(session_write(session, state, before, NULL));
    free(before);
}

static void check_gradients(const char *policy_name_, const char *backend, enum memory_format format)
{
    struct policy policy;
    struct step_result result;
    char where[96];
    must(policy_load(&policy, policy_name_));
    struct session_config config = make_config(&moves_model, &policy, backend, format, SIDE);
    config.optim.sgd.weight_decay = 0;
    snprintf(where, sizeof where, "%s, %s, %s", policy_name_, backend, layout_name(format));
    struct session *stepped = open_session(&config), *session = open_session(&config);
    struct batch batch = make_batch(&config, 0);
    must(session_step(stepped, &batch, 0, 1, NULL, &result));
    for (int s = 0; s < session_states(session); s++) {
        int64_t count;
        if (!session_state(session, s)->parameter)
            continue;
        float *after = read_state(stepped, s, &count);
        check_parameter(session, &batch, s, after, where);
        free(after);
    }
    batch_free(&batch);
    session_destroy(stepped);
    session_destroy(session);
    policy_release(&policy);
}

START_TEST(gradients_are_the_slopes)
{
    for (int p = 0; p < policy_count(); p++) {
        check_gradients(policy_name(p), "cpu", FORMAT_CHANNELS_LAST);
        check_gradients(policy_name(p), "ref", FORMAT_CHANNELS_LAST);
    }
    check_gradients(policy_name(0), "cpu", FORMAT_CONTIGUOUS);
}
END_TEST

int main(void)
{
    return run_tests("movement", (const TTest *const[]){gradients_are_the_slopes, NULL});
}
