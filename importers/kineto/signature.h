/* The inputs of an operator as a Kineto event tells them. */
#ifndef IMPORTERS_KINETO_SIGNATURE_H
#define IMPORTERS_KINETO_SIGNATURE_H

#include "importers/kineto/event.h"
#include "importers/tensors.h"

struct kineto_signature {
    struct tensor_use tensor[SIGNATURE_TENSORS];
    struct strbuf arguments;
    struct signature signature; /* of the two above */
};

void kineto_signature_init(struct kineto_signature *self);
void kineto_signature_release(struct kineto_signature *self);

/* Reads an event's Input Dims, Strides, type and Concrete Inputs; what was there before is overwritten. */
void kineto_signature_read(struct kineto_signature *self, const struct event *event);

#endif
