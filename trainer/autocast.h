/*
 * torch.autocast: which operators run in the lower precision, which are forced to float32, which follow their inputs.
 * The lists are per device (PyTorch aten/src/ATen/autocast_mode.cpp); the policy's device decides, so that the operators
 * are those of the PyTorch whose layouts the run obeys. The dtype is that of the device that runs.
 */
#ifndef TRAINER_AUTOCAST_H
#define TRAINER_AUTOCAST_H

#include "trainer/graph.h"

/* Promote: inputs are cast to the widest of their dtypes. */
enum autocast_list { AUTOCAST_FOLLOW, AUTOCAST_LOWER, AUTOCAST_FLOAT32, AUTOCAST_PROMOTE };

struct autocast {
    bool enabled;
    enum dtype dtype;   /* bfloat16 or float16 */
    const char *device; /* "cpu", "cuda" */
};

/* Which list of the device the operator stands on. */
enum autocast_list autocast_list(const char *device, enum op_id op);

/*
 * Replaces inputs by casts where the operator's list asks for it: activations by an aten::_to_copy before the operator;
 * parameters by a cast that the operator's own kernel does (the node is fused into it; call autocast_adopt after adding
 * the operator). Parameters are cast once per step, activations at every use, as PyTorch does.
 */
enum status autocast_inputs(struct graph *graph, const struct autocast *autocast, enum op_id op, int module, int *in);

/* Makes the operator's node the host of the parameter casts among its inputs. */
void autocast_adopt(struct graph *graph, int node);

#endif
