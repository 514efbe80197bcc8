/* Shuffles, upsampling and pads. */
#include "trainer/build.h"

int build_pixel_shuffle(struct build *build, const char *name, int x, int factor)
{
    return build_simple(build, name, "PixelShuffle", OP_PIXEL_SHUFFLE, &(union op_attrs){.shuffle = {factor}}, x);
}

int build_pixel_unshuffle(struct build *build, const char *name, int x, int factor)
{
    return build_simple(build, name, "PixelUnshuffle", OP_PIXEL_UNSHUFFLE, &(union op_attrs){.shuffle = {factor}}, x);
}

int build_channel_shuffle(struct build *build, const char *name, int x, int groups)
{
    return build_simple(build, name, "ChannelShuffle", OP_CHANNEL_SHUFFLE, &(union op_attrs){.shuffle = {groups}}, x);
}

int build_upsample(struct build *build, const char *name, int x, enum op_id op, struct upsample_attrs attrs)
{
    if (build->status != STATUS_OK)
        return -1;
    const struct tensor *in = &build->graph->value[x].tensor;
    for (int i = 0; i < 2; i++) {
        if (attrs.size[i] == 0)
            attrs.size[i] = (int64_t)((double)in->size[2 + i] * attrs.scale[i]);
    }
    return build_simple(build, name, "Upsample", op, &(union op_attrs){.upsample = attrs}, x);
}

int build_pad2d(struct build *build, const char *name, int x, enum op_id op, const int padding[4], double value)
{
    union op_attrs attrs = {.pad = {.before = {0, 0, padding[2], padding[0]}, .after = {0, 0, padding[3], padding[1]},
                                    .value = value}};
    const char *class_name = op == OP_REFLECTION_PAD2D    ? "ReflectionPad2d"
                             : op == OP_REPLICATION_PAD2D ? "ReplicationPad2d"
                                                          : "ConstantPad2d";
    return build_simple(build, name, class_name, op, &attrs, x);
}
