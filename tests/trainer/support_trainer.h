/*
 * What the trainer's tests share: a tiny model with every pattern that the passes know, a way from a few words to a
 * session or a graph, batches of numbers, and the run of a list of tests.
 */
#ifndef TESTS_TRAINER_SUPPORT_TRAINER_H
#define TESTS_TRAINER_SUPPORT_TRAINER_H

#include <check.h>

#include "trainer/session.h"

/*
 * conv1 bn1 relu maxpool, two residual blocks (conv1 bn1 relu conv2 bn2 += relu), mean, flatten, fc: five convolutions,
 * five norms, 8 channels. Sides from 4 on.
 */
extern const struct model tiny_model;
#define TINY_CONVOLUTIONS 5

/* Fails the test with the status' line when it is not STATUS_OK. */
void must(enum status status);

/* Fails the test unless the status is `code` and its line holds every one of the words (NULL-terminated list). */
void refused_with(enum status status, enum status code, const char *const *words);
#define REFUSED(status, code, ...) refused_with(status, STATUS_##code, (const char *const[]){__VA_ARGS__, NULL})

/*
 * `policy` must live as long as what is made from the configuration. float32, sgd with momentum 0.9. CLPROF_TEST_BACKEND names another back
 * end than the test does: cuda, on a GPU or on tests/simgpu.
 */
struct session_config make_config(const struct model *model, const struct policy *policy, const char *backend,
                                  enum memory_format format, int side);

/* Autocast to `dtype`, with a scaler for float16; float32 switches it off. */
void config_autocast(struct session_config *config, enum dtype dtype);

/* A session with its first parameters. */
struct session *open_session(const struct session_config *config);

/* The training graph with formats and fusions, nothing prepared. Released with graph_release. */
void make_graph(const struct session_config *config, struct graph *graph);

/* One batch of synthetic samples, the same for equal numbers. Freed with batch_free. */
struct batch make_batch(const struct session_config *config, int64_t number);
void batch_free(struct batch *batch);

/* Number of the state, which must be there; its values, malloc'd. */
int find_state(const struct session *session, const char *name);
float *read_state(struct session *session, int index, int64_t *count);

/* All of a session's states that `wanted` accepts, one behind the other; malloc'd. NULL accepts all. */
float *read_states(struct session *session, bool (*wanted)(const struct session_state *), int64_t *count);

/* The main of every program here. `tests` ends with NULL. Returns the exit code. */
int run_tests(const char *name, const TTest *const *tests);

#endif
