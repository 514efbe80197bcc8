/*
 * What an NVTX range says. PyTorch writes operators there (torch.autograd.profiler.emit_nvtx; nsys profile
 * --pytorch=autograd-shapes-nvtx does it without a change of the program), one text each:
 *
 *   NAME[, seq = N][, op_id = N][, sizes = [[N, ...], ...]][, input_op_ids = [(N,N), ...]]
 *
 * PyTorch 1.0 - 1.9 write no op_id, 1.0 - 1.6 no "aten::" (see prefix); `sizes` are those of all arguments in order, [] for what is no tensor and for a
 * tensor without dimensions; strides and dtypes are never told, so memory formats are not. (Source: getNvtxStr and
 * shapesToStr in torch/csrc/profiler/util.cpp.) Ranges of the user under emit_nvtx (record_function, Optimizer.step#SGD.step)
 * look alike but have neither seq nor sizes.
 *
 * An operator is a range that has a sequence number or sizes, or that is named like a C++ function (aten::conv2d) and comes
 * from PyTorch: with an op_id, or of one of PyTorch's own namespaces. Everything else is an annotation; "nn.Module: " and
 * dotted paths of words and numbers ("layer1.0.conv1") are modules.
 */
#ifndef IMPORTERS_NSYS_RANGE_H
#define IMPORTERS_NSYS_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "importers/span.h"
#include "importers/tensors.h"

struct range {
    enum span_kind kind; /* OPERATOR, MODULE, ANNOTATION */
    const char *name;    /* within the text: what is left without PyTorch's additions */
    int name_length;
    const char *prefix;  /* of the name, for the names of PyTorch 1.0 - 1.6: "aten::", else "" */
    int64_t sequence;    /* -1 = not told */
    const char *sizes;   /* behind "sizes = ", NULL = not told */
    int sizes_length;
};

void range_parse(const char *text, int length, struct range *out);

/*
 * Tensors by the text of `sizes`: shape alone, position = place among the arguments. Arguments that may be no tensor ([])
 * are left out, and so are shapes of over TENSOR_MAX_DIMS dimensions. `tensor` has room for SIGNATURE_TENSORS; the signature
 * borrows it. False when the text is no list of lists of numbers: then nothing is known.
 */
bool range_sizes(const char *text, int length, struct tensor_use *tensor, struct signature *out);

#endif
