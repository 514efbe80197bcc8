/*
 * One training step as data: values (tensors) and nodes (operator instances), in order of execution.
 *
 * Passes build it up, one file each: build (the model's forward operators, with autocast's casts), autograd (backward),
 * optim (optimizer), layouts (memory formats and conversions), fuse (nodes that one kernel does together), plan (memory).
 * Numbers index the arrays; -1 means none. Nodes are only ever appended; `order` says when each runs.
 */
#ifndef TRAINER_GRAPH_H
#define TRAINER_GRAPH_H

#include "kernels/observer.h"
#include "kernels/op.h"

enum value_kind {
    VALUE_ACTIVATION, /* made and dropped within the step */
    VALUE_PARAMETER,  /* float32, lives in the flat parameter buffer */
    VALUE_GRADIENT,   /* of a parameter, float32, lives in the flat gradient buffer */
    VALUE_BUFFER,     /* running statistics, optimizer state: own memory for the whole run */
    VALUE_INPUT       /* written by the loop before each step: batch, labels, learning rate */
};

/* How a parameter or buffer starts (torch.nn.init's rules). */
enum init_kind { INIT_ZERO, INIT_ONE, INIT_NORMAL, INIT_UNIFORM, INIT_CONSTANT, INIT_BLUR };
struct init {
    enum init_kind kind;
    double scale; /* normal: standard deviation; uniform: bound b of U(-b, b); constant: itself; blur: the 3x3 binomial filter, no scale */
};

struct value {
    struct tensor tensor; /* sizes and dtype from build; strides from layouts; data from plan */
    enum value_kind kind;
    int producer;         /* node */
    int module;           /* of parameters and buffers */
    char *name;           /* state_dict name of parameters and buffers, else NULL; owned */
    int alias_of;         /* a view: same memory as this value, */
    int64_t offset;       /* from this element of it on */
    int stand_in;         /* never materialised: calls use this value's tensor instead */
    int gradient;         /* parameters: the value of kind VALUE_GRADIENT */
    bool requires_grad;
    struct init init;
};

/* An input that layouts made another format of, just before the node runs. */
struct node_conversion {
    int position;         /* input position of the node */
    int source, dest;     /* values; dest -1: mixed or silent, read by strides inside the node's own kernel */
    enum conversion_cause cause;
    bool copy;            /* gathers a slice or an expanded tensor in the order it has: a copy, no layout conversion */
    bool viewed;          /* source is a view of an image, (N,H,W,C) or of another rank: the image changes to format `to` */
    enum memory_format to;
};
#define NODE_MAX_CONVERSIONS OP_MAX_IN

struct node {
    enum op_id op;
    union op_attrs attrs;
    int in[OP_MAX_IN], out[OP_MAX_OUT];
    int inputs;           /* positions in use: 1 + the last that is not -1 */
    enum op_phase phase;
    int module;
    int forward_node;     /* backward nodes: the forward node they belong to */
    int fused_into;       /* node whose kernel does this one's work */
    int extra_in[OP_MAX_IN], extra_out; /* fuse: values its kernel takes and makes beyond its own (see fuse.c); -1 = none */
    int conversions;
    struct node_conversion conversion[NODE_MAX_CONVERSIONS];
};

struct graph_module {
    char *path, *class_name; /* owned */
    int parent;
};

struct graph {
    struct value *value;
    struct node *node;
    struct graph_module *module;
    int *order;
    int values, nodes, modules, orders;
    int value_room, node_room, module_room, order_room;
    int batch, labels;                        /* input values: float32 (N,3,H,W) contiguous; int64 (N), or float32 (N,classes) */
    int logits, loss;                         /* outputs */
    int objective;                            /* what is differentiated: the loss, or a share of it */
    int loss_scale, learning_rate, first_step, step_count; /* scalars; -1 when unused */
    int found_inf, growth_tracker;
    int flat_parameter, flat_gradient;        /* 1-D views of all parameters and gradients */
    int flat_accumulated;                     /* gradients of several batches; -1 without accumulation */
    int flat_buffer;                          /* 1-D view of the model's buffers; -1 unless they are averaged */
    int flat_average, flat_buffer_average;    /* moving averages of flat_parameter and flat_buffer; -1 without */
};

void graph_init(struct graph *graph);
void graph_release(struct graph *graph);

/* A module used twice (a block's one ReLU) is one module: an existing child of that name is returned. */
int graph_add_module(struct graph *graph, int parent, const char *name, const char *class_name);

/* Append; contents are zero and -1. The returned number stays valid, pointers into the arrays don't. */
int graph_add_value(struct graph *graph, const struct tensor *tensor, enum value_kind kind);
int graph_add_named(struct graph *graph, int module, const char *name, const struct tensor *tensor,
                    enum value_kind kind, struct init init);

/* The descriptions of the outputs of a node that has only output 0, for graph_add_node. */
void graph_one_output(struct tensor made[OP_MAX_OUT], struct tensor only);

/*
 * Appends a node with its outputs inferred (op_infer) or, when `outputs` is given, of those descriptions (dims < 0: none),
 * and puts it at the end of the order. Output numbers are in node.out. in[] ends with -1 or OP_MAX_IN.
 */
enum status graph_add_node(struct graph *graph, enum op_id op, const union op_attrs *attrs, const int *in,
                           const struct tensor *outputs, enum op_phase phase, int module, int *number);

/*
 * A view of `x` (an operator flagged OP_ALIAS): outputs share its memory and need gradients where it does. Strides are
 * placeholders until layouts_assign.
 */
enum status graph_add_view(struct graph *graph, enum op_id op, const struct view_attrs *attrs, int x,
                           enum op_phase phase, int module, int *number);

/*
 * Tensor.reshape: an aten::clone that layouts_assign takes out again where the view needs no copy, and an aten::view.
 * *out is the view's value.
 */
enum status graph_add_reshape(struct graph *graph, int x, int dims, const int64_t *size, enum op_phase phase,
                              int module, int *out);

/* Tensor.contiguous(): an aten::clone, taken out again where the value lies so already. *out is the clone's value. */
enum status graph_add_contiguous(struct graph *graph, int x, enum op_phase phase, int module, int *out);

/* The value whose memory a value has in the end, through stand_in and alias_of; and from which byte of it on. */
int graph_memory_of(const struct graph *graph, int value);
int64_t graph_memory_offset(const struct graph *graph, int value);

/* The value that calls use: through stand_in only. */
int graph_stand_in(const struct graph *graph, int value);

/* Nodes that read the value; the first `most` numbers are stored. Returns how many there are. */
int graph_readers(const struct graph *graph, int value, int *nodes, int most);

#endif
