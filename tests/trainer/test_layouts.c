/* How many conversions each operator causes, against numbers derived by hand from the policies' rules. */
#include <string.h>

#include "tests/trainer/support_trainer.h"

#define CONVOLUTIONS 53 /* of resnet50: the stem, 16 blocks of 3, 4 downsamples; as many norms */

static int real[OP_COUNT], mixed_count[OP_COUNT], by_cause[CAUSE_COUNT], all_real, all_mixed;

/* Counts a model's conversions by operator, those with a kernel of their own and those without, and by cause. */
static void count(const struct model *model, const char *name, enum memory_format format, enum dtype dtype, int side)
{
    struct policy policy;
    struct graph graph;
    memset(real, 0, sizeof real);
    memset(mixed_count, 0, sizeof mixed_count);
    memset(by_cause, 0, sizeof by_cause);
    all_real = all_mixed = 0;
    must(policy_load(&policy, name));
    struct session_config config = make_config(model, &policy, "ref", format, side);
    config_autocast(&config, dtype);
    make_graph(&config, &graph);
    for (int n = 0; n < graph.nodes; n++) {
        for (int c = 0; c < graph.node[n].conversions; c++) {
            bool own = graph.node[n].conversion[c].dest >= 0;
            if (graph.node[n].conversion[c].copy) /* a slice gathered in its own order */
                continue;
            (own ? real : mixed_count)[graph.node[n].op]++;
            *(own ? &all_real : &all_mixed) += 1;
            by_cause[graph.node[n].conversion[c].cause] += own;
        }
    }
    graph_release(&graph);
    policy_release(&policy);
}

static const struct model *zoo(const char *name)
{
    const struct model *model;
    must(model_find(name, &model));
    return model;
}

static void only_the_input(void)
{
    ck_assert_int_eq(all_real, 1);
    ck_assert_int_eq(real[OP_COPY], 1);
    ck_assert_int_eq(by_cause[CAUSE_INPUT], 1);
}

static const char *const torch_policies[] = {"torch-2.15-cpu", "torch-2.15-cuda", "torch-2.14-cuda"};

/*
 * Batch norm has channels_last everywhere. What remains is mean's gradient, born contiguous: the last relu's backward
 * reads it by its strides (mixed). With side 32 its map is 1x1, which is both formats.
 */
START_TEST(resnet50_converts_its_input_only)
{
    for (int p = 0; p < 3; p++) {
        for (int dtype = DTYPE_FLOAT32; dtype <= DTYPE_FLOAT16; dtype++) {
            count(zoo("resnet50"), torch_policies[p], FORMAT_CHANNELS_LAST, (enum dtype)dtype, 32);
            only_the_input();
            ck_assert_int_eq(all_mixed, 0);
            count(zoo("resnet50"), torch_policies[p], FORMAT_CHANNELS_LAST, (enum dtype)dtype, 64);
            only_the_input();
            ck_assert_int_eq(all_mixed, 1);
            ck_assert_int_eq(mixed_count[OP_THRESHOLD_BACKWARD], 1);
        }
    }
}
END_TEST

/*
 * torch-2.15-cpu, channels_last, side 64 (alexnet_lrn 96). Besides the batch:
 *   vgg16_bn       flatten copies the 7x7 map; its gradient comes back contiguous, to adaptive pooling's channels_last input.
 *   convnext_tiny  mean's gradient is contiguous and stays so on the residual path of the last stage: each of its 3 blocks
 *                  copies the permuted gradient (clone), reads the saved channels_last map by its strides (mul), and adds a
 *                  channels_last gradient to it (add); the convolution before the stage converts it back.
 *   alexnet_lrn    flatten, as vgg16_bn. Each of 2 local response norms: the padded (N,1,C,H,W) view is row-major (silent); the
 *                  quotient reads its divisor by its strides, forward once and backward 3 times; backward pooling copies its
 *                  gradient, a view of a channels_last map; 3 products and 2 sums of both formats follow.
 *   xresnet50_sa   attention: the 1-D convolution copies its input, and what comes out is contiguous: one sum of both formats;
 *                  two convolutions of the next block convert back.
 */
static const struct expected_count {
    const char *model;
    int side;
    enum op_id op;
    int real, mixed;
} expected_counts[] = {
    {"vgg16_bn", 64, OP_COPY, 1, 0},
    {"vgg16_bn", 64, OP_CLONE, 1, 0},
    {"vgg16_bn", 64, OP_ADAPTIVE_AVG_POOL2D_BACKWARD, 1, 0},
    {"vgg16_bn", 64, OP_COUNT, 3, 0},
    {"convnext_tiny", 64, OP_COPY, 1, 0},
    {"convnext_tiny", 64, OP_CLONE, 3, 0},
    {"convnext_tiny", 64, OP_MUL, 0, 3},
    {"convnext_tiny", 64, OP_ADD, 0, 3},
    {"convnext_tiny", 64, OP_CONVOLUTION_BACKWARD, 1, 0},
    {"convnext_tiny", 64, OP_COUNT, 5, 6},
    {"alexnet_lrn", 96, OP_COPY, 1, 0},
    {"alexnet_lrn", 96, OP_CLONE, 1, 0},
    {"alexnet_lrn", 96, OP_ADAPTIVE_AVG_POOL2D_BACKWARD, 1, 0},
    {"alexnet_lrn", 96, OP_CONSTANT_PAD_ND, 0, 2},
    {"alexnet_lrn", 96, OP_AVG_POOL3D_BACKWARD, 2, 0},
    {"alexnet_lrn", 96, OP_DIV, 0, 8},
    {"alexnet_lrn", 96, OP_MUL, 0, 6},
    {"alexnet_lrn", 96, OP_ADD, 0, 4},
    {"alexnet_lrn", 96, OP_COUNT, 5, 20},
    {"xresnet50_sa", 64, OP_CONVOLUTION, 3, 0},
};

START_TEST(models_convert_where_pytorch_does)
{
    for (size_t i = 0; i < sizeof expected_counts / sizeof *expected_counts; i++) {
        const struct expected_count *row = &expected_counts[i];
        count(zoo(row->model), "torch-2.15-cpu", FORMAT_CHANNELS_LAST, DTYPE_BFLOAT16, row->side);
        bool all = row->op == OP_COUNT;
        int own = all ? all_real : real[row->op], without = all ? all_mixed : mixed_count[row->op];
        ck_assert_msg(own == row->real && without == row->mixed, "%s, %s: %d conversions and %d without a kernel",
                      row->model, all ? "all" : op_name(row->op), own, without);
    }
}
END_TEST

/* ConvNeXt asks for (N,H,W,C) itself: its first layer norm makes the model channels_last, as in PyTorch. */
START_TEST(contiguous_models_never_convert)
{
    for (int m = 0; m < model_count(); m++) {
        if (strcmp(model_at(m)->name, "convnext_tiny") == 0)
            continue;
        for (int p = 0; p < policy_count(); p++) {
            count(model_at(m), policy_name(p), FORMAT_CONTIGUOUS, DTYPE_BFLOAT16, 64);
            ck_assert_msg(all_real + all_mixed == 0, "%s under %s: %d conversions", model_at(m)->name, policy_name(p),
                          all_real + all_mixed);
        }
    }
}
END_TEST

/*
 * torch-2.14-cuda, group norm `contiguous` in both directions, maps larger than 1x1 (side 64):
 *   group_norm            its input, a convolution's channels_last output: 53
 *   convolution           every input but the batch comes from a contiguous group norm by way of relu and maxpool, and
 *                         the weight is channels_last: 52
 *   group_norm_backward   the saved input, again; grad_output comes from relu's backward, which follows the saved
 *                         contiguous tensor: 53
 *   convolution_backward  grad_output from a contiguous group norm: 53; the saved input as in forward: 52
 *   max_pool2d_backward   the sum of two convolutions' channels_last gradients, against the saved contiguous input: 1
 * Mixed (read by strides, no copy): relu's backward reads a convolution's channels_last gradient while its saved tensor
 * is contiguous: act1 and act2 of 16 blocks, 32, and the 3 block ends before a downsample, whose gradient is the sum of
 * two convolutions' gradients; the other 12 sums have a contiguous first operand and a channels_last second.
 */
static void group_norm_thrashes(void)
{
    ck_assert_int_eq(real[OP_GROUP_NORM], CONVOLUTIONS);
    ck_assert_int_eq(real[OP_CONVOLUTION], CONVOLUTIONS - 1);
    ck_assert_int_eq(real[OP_GROUP_NORM_BACKWARD], CONVOLUTIONS);
    ck_assert_int_eq(real[OP_CONVOLUTION_BACKWARD], 2 * CONVOLUTIONS - 1);
    ck_assert_int_eq(real[OP_MAX_POOL2D_BACKWARD], 1);
    ck_assert_int_eq(real[OP_COPY], 1);
    ck_assert_int_eq(all_real, 265);
    ck_assert_int_eq(by_cause[CAUSE_INPUT], 1);
    ck_assert_int_eq(by_cause[CAUSE_GRADIENT], 53 + 1);
    ck_assert_int_eq(by_cause[CAUSE_OPERATOR], 53 + 52 + 53 + 52);
    ck_assert_int_eq(mixed_count[OP_THRESHOLD_BACKWARD], 35);
    ck_assert_int_eq(mixed_count[OP_ADD], 12);
    ck_assert_int_eq(all_mixed, 47);
}

START_TEST(group_norm_of_torch_2_14_on_cuda)
{
    count(zoo("resnet50_gn"), "torch-2.14-cuda", FORMAT_CHANNELS_LAST, DTYPE_FLOAT32, 64);
    group_norm_thrashes();
    /* Autocast's casts preserve the format, so that the numbers stay. */
    count(zoo("resnet50_gn"), "torch-2.14-cuda", FORMAT_CHANNELS_LAST, DTYPE_FLOAT16, 64);
    group_norm_thrashes();
}
END_TEST

/* Side 32: in layer4 all but the first norm and the first convolution's and downsample's inputs are 1x1. */
START_TEST(one_pixel_maps_are_never_converted)
{
    count(zoo("resnet50_gn"), "torch-2.14-cuda", FORMAT_CHANNELS_LAST, DTYPE_FLOAT32, 32);
    ck_assert_int_eq(real[OP_GROUP_NORM], CONVOLUTIONS - 9);          /* 3 blocks of 3 and the downsample, less one */
    ck_assert_int_eq(real[OP_GROUP_NORM_BACKWARD], CONVOLUTIONS - 9);
    ck_assert_int_eq(real[OP_CONVOLUTION], CONVOLUTIONS - 1 - 7);     /* conv3 of block 0, three each of 1 and 2 */
    /* grad_output is 1x1 for the nine convolutions before those norms, the input for the seven. */
    ck_assert_int_eq(real[OP_CONVOLUTION_BACKWARD], CONVOLUTIONS - 9 + CONVOLUTIONS - 1 - 7);
}
END_TEST

START_TEST(group_norm_of_torch_2_15_on_cuda)
{
    count(zoo("resnet50_gn"), "torch-2.15-cuda", FORMAT_CHANNELS_LAST, DTYPE_FLOAT16, 64);
    only_the_input();
    ck_assert_int_eq(all_mixed, 1); /* mean's gradient, as in resnet50 */
}
END_TEST

/* Instance norm before a relu and before a convolution. */
static int instance_build(struct build *b, int x)
{
    x = build_instance_norm2d(b, "in1", build_conv2d(b, "conv1", x, (struct conv2d){8, 3, 1, 1}), true);
    x = build_conv2d(b, "conv2", build_relu(b, "relu", x), (struct conv2d){8, 3, 1, 1});
    x = build_conv2d(b, "conv3", build_instance_norm2d(b, "in2", x, false), (struct conv2d){8, 3, 1, 1});
    x = build_adaptive_avg_pool2d_1(b, "avgpool", x);
    return build_linear(b, "fc", build_flatten(b, x), b->classes);
}
static const struct model instance_model = {"instance", "tests", "instance norm", 4, instance_build};

/*
 * PyTorch 2.15 on the same net (a TorchDispatchMode's view): aten::clone to contiguous before each batch norm that instance
 * norm is made of, 2; in backward one, of conv3's channels_last gradient, as the view after in2 is undone. No clone of the saved
 * input, which is the contiguous one; in1's gradient comes from relu's, which lies as its saved result. The convolutions: two inputs
 * and, in backward, those again, both norms' gradients, and mean's, which is born contiguous.
 */
START_TEST(instance_norm_thrashes_everywhere)
{
    for (int p = 0; p < 3; p++) {
        count(&instance_model, torch_policies[p], FORMAT_CHANNELS_LAST, DTYPE_BFLOAT16, 8);
        ck_assert_int_eq(real[OP_INSTANCE_NORM], 2);
        ck_assert_int_eq(real[OP_INSTANCE_NORM_BACKWARD], 1);
        ck_assert_int_eq(real[OP_CONVOLUTION], 2);
        ck_assert_int_eq(real[OP_CONVOLUTION_BACKWARD], 2 + 2 + 1);
        ck_assert_int_eq(mixed_count[OP_THRESHOLD_BACKWARD], 1);
        ck_assert_int_eq(all_real, 1 + 2 + 1 + 2 + 5);
    }
    count(&instance_model, "native", FORMAT_CHANNELS_LAST, DTYPE_BFLOAT16, 8);
    ck_assert_int_eq(real[OP_INSTANCE_NORM] + real[OP_INSTANCE_NORM_BACKWARD] + real[OP_CONVOLUTION], 0);
}
END_TEST

/* Group norm on a map of one channel, and on one of one pixel. */
static int either_build(struct build *b, int x)
{
    x = build_group_norm(b, "gn1", build_conv2d(b, "conv1", x, (struct conv2d){1, 3, 1, 1}), 1, false);
    x = build_adaptive_avg_pool2d_1(b, "avgpool", build_conv2d(b, "conv2", x, (struct conv2d){8, 3, 1, 1}));
    x = build_group_norm(b, "gn2", x, 2, false);
    return build_linear(b, "fc", build_flatten(b, x), b->classes);
}
static const struct model either_model = {"either", "tests", "maps that are both formats", 4, either_build};

START_TEST(one_channel_and_one_pixel_are_both_formats)
{
    count(&either_model, "torch-2.14-cuda", FORMAT_CHANNELS_LAST, DTYPE_FLOAT32, 8);
    ck_assert_int_eq(real[OP_GROUP_NORM] + real[OP_GROUP_NORM_BACKWARD], 0);
    ck_assert_int_eq(real[OP_CONVOLUTION], 0);
    ck_assert_int_eq(mixed_count[OP_GROUP_NORM] + mixed_count[OP_GROUP_NORM_BACKWARD], 0);
    ck_assert_int_eq(by_cause[CAUSE_INPUT], 1);
    ck_assert_int_eq(by_cause[CAUSE_OPERATOR], 0);
}
END_TEST

/*
 * ShuffleNetV2, derived from PyTorch's strides (tests/parity): the first shuffle of each of three stages makes the map
 * contiguous (3, and 3 gradients); the other 13 find it so, since cat of a contiguous slice and a channels_last map is
 * contiguous (13 mixed). Convolutions convert what comes from a shuffle: 13 second halves, both branches of stage3.0 and
 * stage4.0, conv5: 18, and as many saved inputs.
 */
START_TEST(shufflenet_converts_at_every_stage)
{
    for (int p = 0; p < 3; p++) {
        count(zoo("shufflenet_v2_x1_0"), torch_policies[p], FORMAT_CHANNELS_LAST, DTYPE_BFLOAT16, 64);
        ck_assert_int_eq(by_cause[CAUSE_EXPLICIT], 3);
        ck_assert_int_eq(real[OP_CLONE], 3 + 3);
        ck_assert_int_eq(real[OP_CONVOLUTION], 18);
        ck_assert_int_eq(real[OP_CONVOLUTION_BACKWARD], 18);
        ck_assert_int_eq(mixed_count[OP_CAT], 13 + 13);
    }
}
END_TEST

/* The two PyTorchs: concatenations and slices stay channels_last; only mean's gradient is born contiguous. */
static void concatenations_stay(const char *model, int reads)
{
    for (int p = 0; p < 3; p++) {
        count(zoo(model), torch_policies[p], FORMAT_CHANNELS_LAST, DTYPE_BFLOAT16, 64);
        only_the_input();
        ck_assert_int_eq(all_mixed, reads);
    }
}

START_TEST(densenet_and_res2net_convert_their_input_only)
{
    concatenations_stay("densenet121", 1);
    concatenations_stay("res2net50_26w_4s", 1);
}
END_TEST

/*
 * PixelShuffle keeps channels_last on a CPU. On CUDA it makes the map contiguous (4, without a copy of its own beside the
 * shuffling one), cat with the channels_last skip follows (mixed: the skip), and the convolution behind converts back (4);
 * backward, pixel_unshuffle makes the gradient contiguous and relu's backward reads it by its strides. The gradient of
 * outc's 1x1 convolution is mean's, born contiguous: converted once.
 */
START_TEST(unet_loses_its_format_on_cuda)
{
    count(zoo("unet"), "torch-2.15-cpu", FORMAT_CHANNELS_LAST, DTYPE_BFLOAT16, 64);
    ck_assert_int_eq(all_real, 2);
    ck_assert_int_eq(mixed_count[OP_PIXEL_SHUFFLE] + mixed_count[OP_PIXEL_UNSHUFFLE] + mixed_count[OP_CAT], 0);
    count(zoo("unet"), "torch-2.15-cuda", FORMAT_CHANNELS_LAST, DTYPE_FLOAT16, 64);
    ck_assert_int_eq(mixed_count[OP_PIXEL_SHUFFLE], 4);
    ck_assert_int_eq(mixed_count[OP_PIXEL_UNSHUFFLE], 4);
    ck_assert_int_eq(mixed_count[OP_CAT], 4);
    ck_assert_int_eq(real[OP_CONVOLUTION], 4);
    ck_assert_int_eq(real[OP_CONVOLUTION_BACKWARD], 4 + 1);
    ck_assert_int_eq(mixed_count[OP_THRESHOLD_BACKWARD], 4);
}
END_TEST

int main(void)
{
    return run_tests("layouts", (const TTest *const[]){
                                    resnet50_converts_its_input_only, contiguous_models_never_convert,
                                    group_norm_of_torch_2_14_on_cuda, one_pixel_maps_are_never_converted,
                                    group_norm_of_torch_2_15_on_cuda, instance_norm_thrashes_everywhere, one_channel_and_one_pixel_are_both_formats,
                                    shufflenet_converts_at_every_stage, models_convert_where_pytorch_does,
                                    densenet_and_res2net_convert_their_input_only, unet_loses_its_format_on_cuda, NULL});
}
