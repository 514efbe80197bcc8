/*
 * What model files are written with: PyTorch's modules as functions. Each adds operators under a module path and returns
 * the output's value number. After a failure (a shape that can't be) every further call returns -1 and does nothing;
 * build_status tells. A model file holds no memory, device or layout words.
 */
#ifndef TRAINER_BUILD_H
#define TRAINER_BUILD_H

#include "trainer/autocast.h"
#include "trainer/graph.h"

/* torch.nn.init rules for weights of convolutions and linear layers. */
enum weight_init {
    WEIGHT_DEFAULT,        /* kaiming_uniform_(a=sqrt(5)): U(-b, b), b = 1/sqrt(fan_in); bias likewise */
    WEIGHT_NORMAL_002,     /* trunc_normal_(std=0.02) between -2 and 2, 100 deviations away: normal; bias 0 (ConvNeXt) */
    WEIGHT_KAIMING_FAN_OUT, /* kaiming_normal_(mode="fan_out", nonlinearity="relu"): std = sqrt(2 / fan_out); bias 0 */
    WEIGHT_NORMAL_001,     /* normal_(0, 0.01); bias 0 */
    WEIGHT_KAIMING_ONLY,   /* as kaiming_fan_out, bias as default: what timm's ResNet leaves alone */
    WEIGHT_KAIMING_FAN_IN, /* kaiming_normal_(): std = sqrt(2 / fan_in); bias 0 */
    WEIGHT_DEFAULT_BIAS_0, /* as default, bias 0 */
    WEIGHT_UNIFORM_FAN_OUT /* uniform_(-b, b), b = 1/sqrt(fan_out); bias 0 (torchvision's EfficientNet) */
};

struct build {
    struct graph *graph;
    struct autocast autocast;
    bool training;       /* false: evaluation (running statistics, no dropout) */
    int classes;         /* of the last linear layer */
    enum weight_init conv_init, linear_init;
    uint64_t seed;       /* of dropout masks */
    int module;          /* current module */
    enum status status;
};

struct conv2d {
    int out_channels, kernel, stride, padding, groups; /* groups 0 = 1, stride 0 = 1 */
    bool bias;
    int dilation; /* 0 = 1 */
};

/* Opens a child module; what follows is under its path, until build_leave. */
void build_enter(struct build *build, const char *name, const char *class_name);
void build_enter_number(struct build *build, int number, const char *class_name);
void build_leave(struct build *build);

/* Modules of PyTorch. `name` is the attribute's name in the parent; NULL where the model calls a function instead. */
int build_conv2d(struct build *build, const char *name, int x, struct conv2d conv);
int build_conv_transpose2d(struct build *build, const char *name, int x, struct conv2d conv, int output_padding);
int build_batch_norm2d(struct build *build, const char *name, int x);
/* The last norm of a residual block, whose weight starts at 0 (timm's zero_init_last). */
int build_batch_norm2d_zero(struct build *build, const char *name, int x);
/* timm's GroupNorm under a norm's name; zero_weight: zero_init_last. */
int build_group_norm(struct build *build, const char *name, int x, int groups, bool zero_weight);
/* torch.nn.InstanceNorm2d without running statistics; affine: with weight and bias. */
int build_instance_norm2d(struct build *build, const char *name, int x, bool affine);
/* LayerNorm over the last dimension; torchvision's LayerNorm2d, which permutes to (N,H,W,C) for it and back. */
int build_layer_norm(struct build *build, const char *name, int x, double eps);
int build_layer_norm2d(struct build *build, const char *name, int x, double eps);
int build_gelu(struct build *build, const char *name, int x);
/* torch.nn.LocalResponseNorm(size, alpha, beta, k); timm's BlurPool2d of 3x3; Conv1d of one tap without bias. */
int build_local_response_norm(struct build *build, const char *name, int x, int size, double alpha, double beta, double k);
int build_blur_pool2d(struct build *build, const char *name, int x, int stride);
int build_conv1d(struct build *build, const char *name, int x, int out_channels);
int build_relu(struct build *build, const char *name, int x);
int build_relu6(struct build *build, const char *name, int x);
int build_max_pool2d(struct build *build, const char *name, int x, int kernel, int stride, int padding);
int build_adaptive_avg_pool2d_1(struct build *build, const char *name, int x);
/* torch.nn.AvgPool2d; AdaptiveAvgPool2d to `size` x `size` (1: build_adaptive_avg_pool2d_1, as PyTorch does). */
int build_avg_pool2d(struct build *build, const char *name, int x, struct average_attrs attrs);
int build_adaptive_max_pool2d(struct build *build, const char *name, int x, int size);
int build_adaptive_avg_pool2d(struct build *build, const char *name, int x, int size);
int build_silu(struct build *build, const char *name, int x);
int build_sigmoid(struct build *build, const char *name, int x);
int build_softmax(struct build *build, const char *name, int x, int dim);
/* torchvision's StochasticDepth(p, "row"): whole images of x are dropped. */
int build_stochastic_depth(struct build *build, const char *name, int x, double p);
int build_pixel_shuffle(struct build *build, const char *name, int x, int factor);
int build_pixel_unshuffle(struct build *build, const char *name, int x, int factor);
int build_channel_shuffle(struct build *build, const char *name, int x, int groups);
/* torch.nn.Upsample: op is OP_UPSAMPLE_*2D; scale_factor as given, or 0 and a size (H, W). */
int build_upsample(struct build *build, const char *name, int x, enum op_id op, struct upsample_attrs attrs);
/* torch.nn.ConstantPad2d, ReflectionPad2d, ReplicationPad2d by op; left, right, top, bottom. */
int build_pad2d(struct build *build, const char *name, int x, enum op_id op, const int padding[4], double value);
int build_dropout(struct build *build, const char *name, int x, double p);
int build_dropout_(struct build *build, const char *name, int x, double p); /* inplace=True */
int build_linear(struct build *build, const char *name, int x, int out_features);

/* Functions: x += other (residual connection), x + other; operands may be broadcast. */
int build_add_(struct build *build, int x, int other);
int build_add(struct build *build, int x, int other);

/* x * other, broadcast; torch.sum over the dimensions whose bits are set; torch.stack of `count` tensors. */
int build_mul(struct build *build, int x, int other);
int build_sum(struct build *build, int x, unsigned dims, bool keep);
int build_stack(struct build *build, const int *x, int count, int dim);
/* torch.bmm. */
int build_bmm(struct build *build, int a, int b);

/* Views: Tensor.permute, transpose(a, b), split(length, dim), which gives up to OP_MAX_OUT parts (-1 = no part). */
int build_permute(struct build *build, int x, const int *order);
int build_transpose(struct build *build, int x, int a, int b);
void build_split(struct build *build, int x, int64_t length, int dim, int parts[OP_MAX_OUT]);

/* x[:, start:start + length] along `dim`; x.select(dim, index). */
int build_slice(struct build *build, int x, int dim, int64_t start, int64_t length);
int build_select(struct build *build, int x, int dim, int64_t index);

/* x.mean((2, 3)): (N, C). */
int build_mean_hw(struct build *build, int x);

/* torch.cat of `count` tensors along `dim`. */
int build_cat(struct build *build, const int *x, int count, int dim);

/* Tensor.reshape and torch.flatten(x, 1), which copy where no view is possible; Tensor.contiguous(). */
int build_reshape(struct build *build, int x, int dims, const int64_t *size);
int build_flatten(struct build *build, int x);
int build_contiguous(struct build *build, int x);

/* Channels of a value. */
int build_channels(const struct build *build, int x);

/* torch.nn.functional.cross_entropy of logits (N, classes) and labels (N): sets graph->logits, loss. */
void build_cross_entropy(struct build *build, int logits, int labels, double label_smoothing);

/* The same of class probabilities (N, classes), float32. */
void build_soft_cross_entropy(struct build *build, int logits, int probabilities);

/* One operator with autocast's casts; the way every function above goes. in[] ends with -1; -2 = absent. */
int build_op(struct build *build, enum op_id op, const union op_attrs *attrs, const int *in);

/* What modules/ is written with. A parameter or buffer of the current module, under its state_dict name; float32. */
int build_parameter(struct build *build, const char *name, int dims, const int64_t *size, struct init init);
int build_buffer(struct build *build, const char *name, int64_t size, enum init_kind kind);

/* torch.nn.init for weights and biases with the given fans. */
struct init build_weight_init(enum weight_init rule, double fan_in, double fan_out);
struct init build_bias_init(enum weight_init rule, double fan_in);

/* A module with one operator and no parameters; without a name: a function, which has no module of its own. */
int build_simple(struct build *build, const char *name, const char *class_name, enum op_id op,
                 const union op_attrs *attrs, int x);

/* A view of x, its first output. */
int build_view(struct build *build, enum op_id op, const struct view_attrs *attrs, int x);

#endif
