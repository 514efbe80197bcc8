/*
 * Layout policies: what each operator does with memory formats, for one PyTorch version and device. Data, not code: one
 * .tsv per policy, one row per operator, each row naming its source. The executor obeys.
 *
 * File: '#' comments; header lines "device<TAB>cpu|cuda" and "autocast<TAB>bfloat16|float16"; rows
 * "operator<TAB>rule<TAB>evidence<TAB>source". Every operator of ops.def that has a 4-D tensor needs a row; a row that
 * names no operator is an error (file and row).
 */
#ifndef KERNELS_POLICY_H
#define KERNELS_POLICY_H

#include "base/strbuf.h"
#include "kernels/op.h"

/* RULE(id, name, meaning) */
#define LAYOUT_RULES(RULE)                                                                                             \
    RULE(ANY, "any", "no 4-D tensors: nothing to decide")                                                              \
    RULE(INPUT, "input", "runs in its first input's suggested format; outputs follow; other 4-D inputs are converted") \
    RULE(INPUT_MIXED, "input-mixed", "as input, but other inputs are read by their strides (no copy)")                 \
    RULE(CONV, "conv", "channels_last if input or weight suggests it; 4-D inputs are converted to the choice")         \
    RULE(CONV_BACKWARD, "conv-backward", "channels_last if the saved input or weight suggests it; grad_output and input are converted") \
    RULE(SAVED, "saved", "runs in the saved input's (position 1) format; grad_output is converted to it")              \
    RULE(SAVED_COPY, "saved-copy", "as saved; the saved input is the converted copy, where forward made one and kept it") \
    RULE(SAVED_MIXED, "saved-mixed", "output follows the saved tensor (position 1); grad_output is read by its strides") \
    RULE(FIRST, "first", "TensorIterator: output follows the first input that has an order (kernels/iterator.h); the others are read by their strides") \
    RULE(CAT, "cat", "channels_last if all inputs suggest it, else contiguous; inputs are read by their strides")       \
    RULE(CONTIGUOUS, "contiguous", "no channels_last implementation: 4-D inputs are converted, outputs are contiguous") \
    RULE(SILENT, "silent", "reads its input by strides, output is contiguous: a conversion without a copy")             \
    RULE(KEPT, "kept", "output is dense in the order of the input's dimensions that stay; the input is read by its strides") \
    RULE(BORN, "born", "the output is made contiguous from an input without an order")                                  \
    RULE(PRESERVE, "preserve", "output has exactly the input's strides (clone, cast)")                                 \
    RULE(PRESERVE_IMAGE, "preserve-image", "as preserve; a copy between two views lies so that the image it becomes is channels_last, as the one it comes from")

enum layout_rule {
#define RULE(id, name, meaning) RULE_##id,
    LAYOUT_RULES(RULE)
#undef RULE
    RULE_COUNT
};

const char *layout_rule_name(enum layout_rule rule);
const char *layout_rule_meaning(enum layout_rule rule);

struct policy_row {
    enum layout_rule rule;
    const char *evidence; /* "run" = observed by running that PyTorch, "read" = read in its source, "own" = clprof's kernels */
    const char *source;   /* file and function, or the measurement */
};

struct policy {
    const char *name;              /* "torch-2.15-cpu" */
    const char *device;            /* "cpu" or "cuda": whose autocast lists apply */
    struct policy_row row[OP_COUNT]; /* by op_id */
    char *text;                    /* owned: the file's text, into which the strings point */
};

/* The embedded policies, in the order of `clprof policies`. */
int policy_count(void);
const char *policy_name(int index);

/* The newest torch policy of a device: "torch-2.15-cpu", "torch-2.15-cuda". */
const char *policy_default(const char *device);

/*
 * Loads an embedded policy by name, or a file when the name holds a '/' or ends in ".tsv". Fails with NOT_FOUND offering
 * the nearest names, CORRUPT naming file, row and word.
 */
enum status policy_load(struct policy *policy, const char *name_or_path);
void policy_release(struct policy *policy);

/* True when the rule means "takes channels_last and does not return it": the operator is a culprit, not a carrier. */
bool layout_rule_breaks(enum layout_rule rule);

#endif
