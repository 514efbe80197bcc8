/* Parameter and buffer names and shapes of every model against PyTorch's (model_params.tsv). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trainer/models.h"

static void build_model(const struct model *model, struct graph *graph, bool training)
{
    graph_init(graph);
    struct tensor batch = tensor_make_4d(DTYPE_FLOAT32, 2, 3, 64, 64, FORMAT_CONTIGUOUS);
    struct build build = {.graph = graph, .training = training, .classes = 1000, .seed = 1,
                          .module = graph_add_module(graph, -1, "", model->name)};
    graph->batch = graph_add_value(graph, &batch, VALUE_INPUT);
    graph->logits = model->build(&build, graph->batch);
    ck_assert_msg(build.status == STATUS_OK, "%s: %s", model->name, status_message());
}

static void shape_text(const struct tensor *tensor, char *text)
{
    text[0] = 0;
    for (int d = 0; d < tensor->dims; d++)
        sprintf(text + strlen(text), "%s%lld", d ? "x" : "", (long long)tensor->size[d]);
}

/* Every row of the table for the model is in the graph with its shape; returns how many there are. */
static int check_rows(const struct graph *graph, const char *model)
{
    FILE *file = fopen(TEST_SOURCE_DIR "/model_params.tsv", "r");
    char line[512], of[64], kind[4], name[256], shape[64], have[128];
    int rows = 0;
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#' || sscanf(line, "%63s %3s %255s %63s", of, kind, name, shape) != 4 || strcmp(of, model) != 0)
            continue;
        if (strstr(name, "num_batches_tracked")) /* one counter for the whole model: the step number */
            continue;
        const struct value *found = NULL;
        for (int v = 0; v < graph->values; v++) {
            if (graph->value[v].name && strcmp(graph->value[v].name, name) == 0)
                found = &graph->value[v];
        }
        ck_assert_msg(found != NULL, "%s has no %s", model, name);
        ck_assert_int_eq(found->kind, kind[0] == 'P' ? VALUE_PARAMETER : VALUE_BUFFER);
        shape_text(&found->tensor, have);
        ck_assert_msg(strcmp(have, shape) == 0, "%s %s is %s, PyTorch's is %s", model, name, have, shape);
        rows++;
    }
    fclose(file);
    return rows;
}

START_TEST(parameters_are_pytorchs)
{
    const struct model *model = model_at(_i);
    struct graph graph;
    build_model(model, &graph, true);
    int named = 0;
    for (int v = 0; v < graph.values; v++)
        named += graph.value[v].name != NULL;
    int rows = check_rows(&graph, model->name);
    ck_assert_int_gt(rows, 0);
    ck_assert_int_eq(named, rows);
    graph_release(&graph);
}
END_TEST

START_TEST(evaluation_has_the_same_state)
{
    const struct model *model = model_at(_i);
    struct graph train, evaluation;
    build_model(model, &train, true);
    build_model(model, &evaluation, false);
    ck_assert_int_eq(check_rows(&train, model->name), check_rows(&evaluation, model->name));
    const struct tensor *logits = &evaluation.value[evaluation.logits].tensor;
    ck_assert_int_eq(logits->size[0], 2);
    ck_assert_int_eq(logits->size[1], 1000);
    graph_release(&train);
    graph_release(&evaluation);
}
END_TEST

START_TEST(unknown_model_offers_the_nearest)
{
    const struct model *model;
    ck_assert_int_eq(model_find("resnet5O", &model), STATUS_USAGE);
    ck_assert_ptr_nonnull(strstr(status_message(), "resnet50"));
    ck_assert_int_eq(model_find("zzzzzzzzzz", &model), STATUS_USAGE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("models");
    TCase *tcase = tcase_create("models");
    tcase_add_loop_test(tcase, parameters_are_pytorchs, 0, model_count());
    tcase_add_loop_test(tcase, evaluation_has_the_same_state, 0, model_count());
    tcase_add_test(tcase, unknown_model_offers_the_nearest);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
