/* The tiny model, sessions and batches of the trainer's tests. */
#include "tests/trainer/support_trainer.h"

#include <stdlib.h>
#include <string.h>

#include "trainer/session_int.h" /* session_build */

static int tiny_block(struct build *b, int number, int x)
{
    build_enter_number(b, number, "Block");
    int y = build_conv2d(b, "conv1", x, (struct conv2d){8, 3, 1, 1});
    y = build_relu(b, "relu", build_batch_norm2d(b, "bn1", y));
    y = build_conv2d(b, "conv2", y, (struct conv2d){8, 3, 1, 1});
    y = build_add_(b, build_batch_norm2d(b, "bn2", y), x);
    y = build_relu(b, "relu", y);
    build_leave(b);
    return y;
}

static int tiny_build(struct build *b, int x)
{
    x = build_conv2d(b, "conv1", x, (struct conv2d){8, 3, 1, 1});
    x = build_relu(b, "relu", build_batch_norm2d(b, "bn1", x));
    x = build_max_pool2d(b, "maxpool", x, 2, 2, 0);
    x = tiny_block(b, 0, x);
    x = tiny_block(b, 1, x);
    x = build_adaptive_avg_pool2d_1(b, "avgpool", x);
    return build_linear(b, "fc", build_flatten(b, x), b->classes);
}

const struct model tiny_model = {"tiny", "tests", "every pattern once", 4, tiny_build};

void must(enum status status)
{
    ck_assert_msg(status == STATUS_OK, "%s", status_message());
}

void refused_with(enum status status, enum status code, const char *const *words)
{
    ck_assert_msg(status == code, "%s, expected %s: %s", status_name(status), status_name(code), status_message());
    for (; *words; words++)
        ck_assert_msg(strstr(status_message(), *words) != NULL, "'%s' does not say '%s'", status_message(), *words);
}

struct session_config make_config(const struct model *model, const struct policy *policy, const char *backend,
                                  enum memory_format format, int side)
{
    const char *instead = getenv("CLPROF_TEST_BACKEND");

    return (struct session_config){
        .model = model,
        .policy = policy,
        .backend = backend_find(instead ? instead : backend),
        .device = {.threads = 2, .tf32 = TF32_OFF}, /* the CPU's arithmetic */
        .layout = {format},
        .batch = 4,
        .side = side,
        .classes = 10,
        .seed = 7,
        .optim = {.kind = OPTIMIZER_SGD,
                  .sgd = {.momentum = 0.9},
                  .adamw = {.beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0.01},
                  .init_scale = 65536,
                  .scaling = {2.0, 0.5, 2000}},
    };
}

void config_autocast(struct session_config *config, enum dtype dtype)
{
    config->autocast = dtype != DTYPE_FLOAT32;
    config->autocast_dtype = dtype;
    config->optim.scaler = dtype == DTYPE_FLOAT16;
}

struct session *open_session(const struct session_config *config)
{
    struct session *session;
    must(session_create(config, &session));
    must(session_initialise(session, NULL));
    return session;
}

void make_graph(const struct session_config *config, struct graph *graph)
{
    graph_init(graph);
    must(session_build(config, true, graph));
}

struct batch make_batch(const struct session_config *config, int64_t number)
{
    struct dataset dataset;
    int64_t pixels = 3 * (int64_t)config->side * config->side;
    float *images = malloc((size_t)(config->batch * pixels) * sizeof *images);
    int64_t *labels = malloc((size_t)config->batch * sizeof *labels);
    ck_assert(images && labels);
    must(dataset_open("synthetic", &dataset));
    for (int64_t i = 0; i < config->batch; i++)
        must(dataset_sample(&dataset, &(struct sample){SPLIT_TRAIN, number * config->batch + i, config->side, 0},
                            images + i * pixels, &labels[i]));
    dataset_release(&dataset);
    return (struct batch){images, labels, config->batch, 0, number};
}

void batch_free(struct batch *batch)
{
    free((void *)batch->images);
    free((void *)batch->labels);
}

int find_state(const struct session *session, const char *name)
{
    int found = -1;
    for (int i = 0; i < session_states(session); i++)
        found = strcmp(session_state(session, i)->name, name) == 0 ? i : found;
    ck_assert_msg(found >= 0, "no state %s", name);
    return found;
}

float *read_state(struct session *session, int index, int64_t *count)
{
    *count = tensor_count(&session_state(session, index)->tensor);
    float *values = malloc((size_t)*count * sizeof *values);
    ck_assert_ptr_nonnull(values);
    must(session_read(session, index, values));
    return values;
}

float *read_states(struct session *session, bool (*wanted)(const struct session_state *), int64_t *count)
{
    float *all = NULL;
    *count = 0;
    for (int i = 0; i < session_states(session); i++) {
        if (wanted && !wanted(session_state(session, i)))
            continue;
        int64_t more;
        float *part = read_state(session, i, &more);
        all = realloc(all, (size_t)(*count + more) * sizeof *all);
        ck_assert_ptr_nonnull(all);
        memcpy(all + *count, part, (size_t)more * sizeof *all);
        *count += more;
        free(part);
    }
    return all;
}

int run_tests(const char *name, const TTest *const *tests)
{
    Suite *suite = suite_create(name);
    for (; *tests; tests++) {
        TCase *tcase = tcase_create((*tests)->name);
        tcase_set_timeout(tcase, 300);
        tcase_add_test(tcase, *tests);
        suite_add_tcase(suite, tcase);
    }
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
