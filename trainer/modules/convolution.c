/* Convolutions. */
#include "trainer/build.h"

int build_conv2d(struct build *build, const char *name, int x, struct conv2d conv)
{
    if (build->status != STATUS_OK)
        return -1;
    int groups = conv.groups ? conv.groups : 1, stride = conv.stride ? conv.stride : 1;
    int dilation = conv.dilation ? conv.dilation : 1;
    int64_t in_channels = build_channels(build, x);
    int64_t size[4] = {conv.out_channels, in_channels / groups, conv.kernel, conv.kernel};
    double area = (double)conv.kernel * conv.kernel, fan_in = (double)size[1] * area, fan_out = conv.out_channels * area;
    build_enter(build, name, "Conv2d");
    int weight = build_parameter(build, "weight", 4, size, build_weight_init(build->conv_init, fan_in, fan_out));
    int bias = conv.bias ? build_parameter(build, "bias", 1, size, build_bias_init(build->conv_init, fan_in)) : -1;
    union op_attrs attrs = {.conv = {.stride = {stride, stride}, .padding = {conv.padding, conv.padding},
                                     .dilation = {dilation, dilation}, .groups = groups}};
    int y = build_op(build, OP_CONVOLUTION, &attrs, (int[]){x, weight, bias, -1});
    build_leave(build);
    return y;
}

int build_conv_transpose2d(struct build *build, const char *name, int x, struct conv2d conv, int output_padding)
{
    if (build->status != STATUS_OK)
        return -1;
    int groups = conv.groups ? conv.groups : 1, stride = conv.stride ? conv.stride : 1;
    int64_t size[4] = {build_channels(build, x), conv.out_channels / groups, conv.kernel, conv.kernel};
    int64_t bias_size = conv.out_channels;
    double area = (double)conv.kernel * conv.kernel, fan_in = (double)size[1] * area, fan_out = (double)size[0] * area;
    build_enter(build, name, "ConvTranspose2d");
    int weight = build_parameter(build, "weight", 4, size, build_weight_init(build->conv_init, fan_in, fan_out));
    int bias = conv.bias ? build_parameter(build, "bias", 1, &bias_size, build_bias_init(build->conv_init, fan_in)) : -2;
    union op_attrs attrs = {.conv = {.stride = {stride, stride}, .padding = {conv.padding, conv.padding},
                                     .dilation = {1, 1}, .groups = groups, .transposed = true,
                                     .output_padding = {output_padding, output_padding}}};
    int y = build_op(build, OP_CONVOLUTION, &attrs, (int[]){x, weight, bias, -1});
    build_leave(build);
    return y;
}
