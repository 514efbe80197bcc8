/* Private to session*.c. */
#ifndef TRAINER_SESSION_INT_H
#define TRAINER_SESSION_INT_H

#include "trainer/session.h"

struct session_plan {
    struct graph graph;
    struct plan plan;
    void **outside; /* by value: memory of parameters, buffers, inputs */
    float *host_logits; /* evaluation; owned */
    bool made;
};

struct session {
    struct session_config config;
    struct device *device;
    struct session_plan train, evaluation, average; /* average: evaluation of the moving average */
    struct session_state *state;
    int states, state_room;
    int64_t drawn;
    void *flat_parameter, *flat_gradient, *flat_buffer; /* device; flat_buffer NULL unless buffers are averaged */
    void **owned;                         /* device blocks to free */
    int owned_count, owned_room;
    float *host_targets;                  /* (batch, classes): one-hot targets, with soft_targets */
    void *staging;                        /* device, as large as the largest parameter, float32 contiguous */
    int64_t staging_bytes;
};

/* Device memory freed with the session. NULL = none left (the failure is recorded). */
void *session_alloc(struct session *session, int64_t bytes, const char *what);

/* A buffer outside state_dict that never changes (a blur's filter); its memory, filled. NULL when there is none left. */
bool session_is_constant(const struct value *value);
void *session_constant(struct session *session, const struct value *value);

/* Adds the model and what the mode needs to an empty graph, every operator in its own place and with its formats. */
enum status session_assemble(const struct session_config *config, bool training, struct graph *graph);

/* The same with fused operators, which run where the last of them stands. */
enum status session_build(const struct session_config *config, bool training, struct graph *graph);

/* Memory for parameters, gradients, buffers and inputs of the training graph. */
enum status session_place(struct session *session);

/* Lists the training graph's named values as state, those of the optimizer by parameter. */
enum status session_list_states(struct session *session, const int64_t *offset);

/* Gives an evaluation graph the session's state "<prefix><name>" as its parameters and buffers. */
enum status session_share(struct session *session, struct session_plan *evaluation, const char *prefix);

#endif
