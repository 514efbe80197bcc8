/*
 * Loss, output and every parameter's gradient of one training step of each model against PyTorch's (gradients/<model>.tsv, made
 * by gradients.py, which says how weights and projections come from random streams). CLPROF_PARITY_MODEL=NAME: that one only,
 * every gradient with its distance.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "tests/parity/must.h"
#include "trainer/session_int.h" /* gradients' memory */

#define BATCH 4
#define SIDE 64
#define CLASSES 10
#define SEED 42
#define PROJECTIONS 3
/*
 * float32: the loss, the output and all gradients together within this of PyTorch's, relative to their norm. So is each gradient, but
 * for those that PyTorch's own two formats disagree about (rounding and nothing else: of a shift that the next batch norm takes
 * out again; of an attention whose batch norm sees four numbers): those within three times of what the formats differ by, in
 * this tensor or in all together. A projection of an error e is about |e| / sqrt(3).
 */
#define FLOAT32_TOLERANCE 1e-3
#define SPREADS 3.0
#define DISPUTED 2.5e-4 /* what the formats differ by, of the tensor's norm, from which all gradients' difference counts */
/*
 * bfloat16: what PyTorch's two formats differ by, the most of eight batches; or one rounding (2^-8), where both formats compute alike:
 * PyTorch rounds gradients of weights to bfloat16, clprof leaves them in float32. The fifth above is for other CPUs, whose
 * kernels draw other roundings; on the one that the reference was made on, nothing needs more than a hundredth of it.
 */
#define BFLOAT16_TOLERANCE 0.00390625
#define BFLOAT16_SPREADS 1.2

struct reference {
    char what[16], name[128];
    double norm, projection[PROJECTIONS], spread;
};

struct references {
    struct reference row[512];
    int count, gradients; /* of all rows; of parameters alone */
    double logit[BATCH * CLASSES];
    int logits;
};

static void add_row(struct references *all, const struct reference *r)
{
    if (strcmp(r->what, "logit") == 0 && all->logits < BATCH * CLASSES)
        all->logit[all->logits++] = r->norm;
    if (strcmp(r->what, "logit") == 0)
        return;
    all->gradients += strcmp(r->what, "gradient") == 0 && strcmp(r->name, "all") != 0;
    all->row[all->count++] = *r;
}

/* Rows of one dtype. False when the file is not there or damaged. */
static bool read_references(struct references *all, const char *model, const char *dtype)
{
    char path[256], line[512], word[16];
    snprintf(path, sizeof path, "%s/gradients/%s.tsv", TEST_SOURCE_DIR, model);
    FILE *file = fopen(path, "r");
    bool whole = file != NULL;
    all->count = all->gradients = all->logits = 0;
    while (whole && fgets(line, sizeof line, file)) {
        struct reference r;
        if (line[0] == '#')
            continue;
        whole = all->count < 512 && sscanf(line, "%15s %15s %127s %lf %lf %lf %lf %lf", word, r.what, r.name, &r.norm,
                                           &r.projection[0], &r.projection[1], &r.projection[2], &r.spread) == 8;
        if (whole && strcmp(word, dtype) == 0)
            add_row(all, &r);
    }
    if (file)
        fclose(file);
    return whole && all->gradients > 0 && all->logits == BATCH * CLASSES;
}

static const struct reference *find(const struct references *all, const char *what, const char *name)
{
    for (int i = 0; i < all->count; i++) {
        if (strcmp(all->row[i].what, what) == 0 && strcmp(all->row[i].name, name) == 0)
            return &all->row[i];
    }
    ck_abort_msg("no reference for %s %s", what, name);
    return NULL;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), most = strlen(end);
    return length >= most && strcmp(text + length - most, end) == 0;
}

/* gradients.py's rule. */
static void set_weight(struct session *session, int index)
{
    const struct session_state *state = session_state(session, index);
    int64_t count = tensor_count(&state->tensor), fan_in = state->tensor.dims ? count / state->tensor.size[0] : 1;
    float *values = malloc((size_t)count * sizeof *values), add = 0, scale = 0.02f;
    char stream[160];
    snprintf(stream, sizeof stream, "parity.%s", state->name);
    uint64_t key = random_key(SEED, stream);
    if (fan_in > 1)
        scale = (float)sqrt(6.0 / (double)fan_in);
    else if (ends_with(state->name, "weight"))
        add = 0.5f, scale = 0.1f;
    else if (ends_with(state->name, "bias"))
        add = 2, scale = 0.2f;
#pragma omp parallel for num_threads(2)
    for (int64_t i = 0; i < count; i++)
        values[i] = add + scale * (2 * random_uniform(key, (uint64_t)i) - 1);
    must(session_write(session, index, values, NULL));
    free(values);
}

static struct session *open_session(const struct model *model, struct policy *policy, bool autocast)
{
    struct session_config config = {
        .model = model,
        .policy = policy,
        .backend = backend_find("cpu"),
        .device.threads = 2,
        .layout = {FORMAT_CHANNELS_LAST},
        .autocast = autocast,
        .autocast_dtype = DTYPE_BFLOAT16,
        .batch = BATCH,
        .side = SIDE,
        .classes = CLASSES,
        .seed = SEED,
        .optim = {.kind = OPTIMIZER_SGD},
    };
    struct session *session;
    must(policy_load(policy, "torch-2.15-cpu"));
    must(session_create(&config, &session));
    must(session_initialise(session, NULL));
    for (int i = 0; i < session_states(session); i++) {
        if (session_state(session, i)->parameter)
            set_weight(session, i);
    }
    return session;
}

struct sums {
    double square, projection[PROJECTIONS];
};

/* Adds a run of `count` elements, `stride` apart, the first of which is number `first` in logical order. */
static void add_run(struct sums *sums, const uint64_t *key, const float *run, int64_t stride, int64_t first, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        double value = run[i * stride];
        sums->square += value * value;
        for (int k = 0; k < PROJECTIONS; k++)
            sums->projection[k] += value * (2 * random_uniform(key[k], (uint64_t)(first + i)) - 1);
    }
}

/* Where in memory the run of the last dimension starts that has this number. */
static int64_t run_start(const struct tensor *tensor, int64_t number)
{
    int64_t at = 0;
    for (int d = tensor->dims - 2; d >= 0; d--) {
        at += number % tensor->size[d] * tensor->stride[d];
        number /= tensor->size[d];
    }
    return at;
}

static struct sums sums_of(const struct tensor *tensor, const float *memory)
{
    uint64_t key[PROJECTIONS];
    for (int k = 0; k < PROJECTIONS; k++) {
        char stream[32];
        snprintf(stream, sizeof stream, "projection.%d", k);
        key[k] = random_key(SEED, stream);
    }
    int last = tensor->dims - 1;
    int64_t length = last < 0 ? 1 : tensor->size[last], stride = last < 0 ? 1 : tensor->stride[last];
    int64_t runs = tensor_count(tensor) / length;
    double square = 0, p0 = 0, p1 = 0, p2 = 0;
#pragma omp parallel for num_threads(2) reduction(+ : square, p0, p1, p2)
    for (int64_t run = 0; run < runs; run++) {
        struct sums own = {0, {0, 0, 0}};
        add_run(&own, key, memory + run_start(tensor, run), stride, run * length, length);
        square += own.square;
        p0 += own.projection[0];
        p1 += own.projection[1];
        p2 += own.projection[2];
    }
    return (struct sums){square, {p0, p1, p2}};
}

/* The square of the difference, estimated from its projections: of U(-1, 1), whose variance is 1/3. */
static double square_apart(const struct sums *sums, const struct reference *r)
{
    double square = 0;
    for (int k = 0; k < PROJECTIONS; k++)
        square += pow(sums->projection[k] - r->projection[k], 2);
    return 3 * square / PROJECTIONS;
}

/* False where the gradient is further from PyTorch's than FLOAT32_TOLERANCE and only its formats' difference allows it. */
static bool compare(const char *model, const struct sums *sums, const struct reference *r,
                    const struct reference *all)
{
    double tolerance = fmax(FLOAT32_TOLERANCE, SPREADS * r->spread) * r->norm;
    if (r->spread > DISPUTED)
        tolerance = fmax(tolerance, SPREADS * all->spread * all->norm);
    double worst = fabs(sqrt(sums->square) - r->norm);
    for (int k = 0; k < PROJECTIONS; k++)
        worst = fmax(worst, fabs(sums->projection[k] - r->projection[k]));
    ck_assert_msg(worst <= tolerance, "%s %s %s: norm %.6g, PyTorch %.6g; projections %.6g %.6g %.6g, PyTorch %.6g %.6g %.6g",
                  model, r->what, r->name, sqrt(sums->square), r->norm, sums->projection[0], sums->projection[1],
                  sums->projection[2], r->projection[0], r->projection[1], r->projection[2]);
    return worst <= FLOAT32_TOLERANCE * r->norm;
}

/* Loss of one step at a learning rate of 0, which leaves the gradients where they are. */
static double run_step(struct session *session, float *images, struct batch *batch, int64_t *labels)
{
    struct dataset data;
    struct step_result result;
    must(dataset_open("synthetic", &data));
    for (int i = 0; i < BATCH; i++)
        must(dataset_sample(&data, &(struct sample){SPLIT_TRAIN, i, SIDE, 0},
                            images + (size_t)i * 3 * SIDE * SIDE, &labels[i]));
    dataset_release(&data);
    *batch = (struct batch){images, labels, BATCH, 0, 0};
    must(session_step(session, batch, 0, 0, NULL, &result));
    return result.loss;
}

/* The output's distance from PyTorch's, relative to its norm. */
static double compare_output(struct session *session, const struct batch *batch, const struct references *all)
{
    const float *logits;
    double square = 0, apart = 0;
    must(session_evaluate(session, batch, &logits));
    for (int i = 0; i < BATCH * CLASSES; i++) {
        square += all->logit[i] * all->logit[i];
        apart += pow((double)logits[i] - all->logit[i], 2);
    }
    return sqrt(apart / square);
}

/* The distance of all gradients from PyTorch's, relative to their norm, and the standard error of that estimate. */
struct distance {
    double apart, error;
};

/*
 * Compares float32 gradients one by one and says how many are not within FLOAT32_TOLERANCE. A tensor's squared difference a, estimated from
 * p projections, has the variance 2 a^2 / p: many tensors make a good estimate, one that is nearly all of it (unet's) a poor one.
 */
static struct distance compare_gradients(struct session *session, const struct references *all, bool each)
{
    const struct graph *graph = session_graph(session);
    double square = 0, apart = 0, variance = 0;
    const struct reference *together = find(all, "gradient", "all");
    int parameters = 0, beyond = 0;
    for (int v = 0; v < graph->values; v++) {
        const struct value *value = &graph->value[v];
        if (value->kind != VALUE_PARAMETER || !value->name)
            continue;
        const struct reference *r = find(all, "gradient", value->name);
        ck_assert_msg(value->gradient >= 0, "%s has no gradient", value->name);
        struct tensor tensor = graph->value[value->gradient].tensor;
        struct sums sums = sums_of(&tensor, session->train.outside[value->gradient]);
        if (each)
            beyond += !compare(session->config.model->name, &sums, r, together);
        if (getenv("CLPROF_PARITY_MODEL"))
            printf("  %-40s %.1e (%.1e)\n", value->name, sqrt(square_apart(&sums, r)) / r->norm, r->spread);
        square += sums.square;
        double own = square_apart(&sums, r);
        apart += own;
        variance += 2 * own * own / PROJECTIONS;
        parameters++;
    }
    ck_assert_int_eq(parameters, all->gradients);
    if (beyond)
        printf("%-20s float32   %d of %d gradients are as far from PyTorch's as its formats from each other\n",
               session->config.model->name, beyond, parameters);
    return (struct distance){sqrt(apart / square), apart > 0 ? sqrt(apart / square) * 0.5 * sqrt(variance) / apart : 0};
}

/* A sanitizer makes minutes of it, and finds nothing in the tenth model that it does not find in these. */
static bool is_wanted(const char *model)
{
    const char *only = getenv("CLPROF_PARITY_MODEL");
#ifdef __SANITIZE_ADDRESS__
    static const char *const some[] = {"mobilenet_v2", "shufflenet_v2_x1_0", "efficientnet_b0"};
    bool wanted = false;
    for (int i = 0; i < 3; i++)
        wanted |= strcmp(model, some[i]) == 0;
    if (!wanted)
        return false;
#endif
    return !only || strcmp(only, model) == 0;
}

static double allowed(bool autocast, const struct reference *r)
{
    return autocast ? fmax(BFLOAT16_TOLERANCE, BFLOAT16_SPREADS * r->spread) : FLOAT32_TOLERANCE;
}

static void check_model(const struct model *model, bool autocast)
{
    struct references all;
    struct policy policy;
    if (!is_wanted(model->name))
        return;
    float *images = malloc((size_t)BATCH * 3 * SIDE * SIDE * sizeof *images);
    int64_t labels[BATCH];
    struct batch batch;
    ck_assert_msg(read_references(&all, model->name, autocast ? "bfloat16" : "float32"),
                  "gradients/%s.tsv is missing or damaged: make parity", model->name);
    struct session *session = open_session(model, &policy, autocast);
    double loss = run_step(session, images, &batch, labels);
    const struct reference *torch = find(&all, "loss", "-"), *output = find(&all, "output", "-");
    const struct reference *gradients = find(&all, "gradient", "all");
    struct distance distance = compare_gradients(session, &all, !autocast);
    double off = fabs(loss - torch->norm) / torch->norm;
    double output_apart = compare_output(session, &batch, &all);
    printf("%-20s %s  loss %.1e (PyTorch's formats %.1e)  output %.1e (%.1e)  gradients %.1e +- %.0e (%.1e)\n", model->name,
           autocast ? "bfloat16" : "float32 ", off, torch->spread, output_apart, output->spread, distance.apart, distance.error, gradients->spread);
    fflush(stdout);
    ck_assert_msg(off <= allowed(autocast, torch), "%s: loss %.8g, PyTorch %.8g", model->name, loss, torch->norm);
    ck_assert_msg(output_apart <= allowed(autocast, output), "%s: output %.2e apart", model->name, output_apart);
    ck_assert_msg(distance.apart - distance.error <= allowed(autocast, gradients), "%s: gradients %.2e +- %.0e apart, PyTorch's formats %.2e",
                  model->name, distance.apart, distance.error, gradients->spread);
    session_destroy(session);
    policy_release(&policy);
    free(images);
}

START_TEST(float32_is_pytorchs)
{
    check_model(model_at(_i), false);
}
END_TEST

START_TEST(bfloat16_is_within_pytorchs_spread)
{
    check_model(model_at(_i), true);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pytorch gradients");
    TCase *tcase = tcase_create("steps");
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, float32_is_pytorchs, 0, model_count());
    tcase_add_loop_test(tcase, bfloat16_is_within_pytorchs_spread, 0, model_count());
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
