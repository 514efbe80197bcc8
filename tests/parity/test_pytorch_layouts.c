/*
 * One training step of every model against PyTorch's own (layouts/<model>.tsv): the sequence of operators and the memory
 * format of every tensor that they take and give. What differs stands in differences.tsv with its reason, or fails.
 * CLPROF_PARITY_SHOW=MODEL prints both sequences of a model side by side.
 */
#define _GNU_SOURCE /* FNM_EXTMATCH */
#include <check.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "tests/parity/must.h"
#include "tests/parity/support_rows.h"
#include "trainer/session_int.h" /* session_assemble */

#define BATCH 2
#define SIDE 96
#define CLASSES 10

/*
 * Patterns of fnmatch (those of tensors extended ones). side "torch" or "clprof": rows that only that side may have. side "rename": in clprof's rows, what
 * stands before "=" in `tensors` counts as what stands after it.
 */
struct difference {
    char side[16], model[64], phase[16], op[96], tensors[256];
    int used;
};
#define MOST_DIFFERENCES 128
static struct difference differences[MOST_DIFFERENCES];
static int difference_count;

static bool read_differences(void)
{
    FILE *file = fopen(TEST_SOURCE_DIR "/differences.tsv", "r");
    char line[1024], reason[512];
    bool whole = file != NULL;
    while (whole && fgets(line, sizeof line, file)) {
        struct difference *d = &differences[difference_count];
        if (line[0] == '#')
            continue;
        whole = difference_count < MOST_DIFFERENCES - 1 &&
                sscanf(line, "%15[^\t]\t%63[^\t]\t%15[^\t]\t%95[^\t]\t%255[^\t]\t%511[^\t\n]", d->side, d->model, d->phase,
                       d->op, d->tensors, reason) == 6;
        difference_count++;
    }
    if (file)
        fclose(file);
    if (!whole)
        fprintf(stderr, "differences.tsv: row %d is not side, model, phase, operator, tensors, reason\n", difference_count);
    return whole;
}

static bool applies(const struct difference *d, const char *side, const char *model, const struct row *row)
{
    return strcmp(d->side, side) == 0 && fnmatch(d->model, model, FNM_EXTMATCH) == 0 && fnmatch(d->phase, row->phase, 0) == 0 &&
           fnmatch(d->op, row->op, FNM_EXTMATCH) == 0;
}

static bool is_allowed(const char *side, const char *model, const struct row *row)
{
    for (int i = 0; i < difference_count; i++) {
        struct difference *d = &differences[i];
        if (applies(d, side, model, row) && fnmatch(d->tensors, row->tensors, FNM_EXTMATCH) == 0) {
            d->used++;
            return true;
        }
    }
    return false;
}

/* Replaces every `from` by `to` in an owned text. */
static void replace(char **text, const char *from, const char *to)
{
    struct strbuf made;
    const char *rest = *text;
    strbuf_init(&made);
    for (const char *at; (at = strstr(rest, from)) != NULL; rest = at + strlen(from)) {
        strbuf_append_bytes(&made, rest, (size_t)(at - rest));
        strbuf_append(&made, to);
    }
    strbuf_append(&made, rest);
    free(*text);
    *text = strbuf_take(&made);
}

static void rename_tensors(const char *model, struct row *row)
{
    for (int i = 0; i < difference_count; i++) {
        struct difference *d = &differences[i];
        char from[256];
        snprintf(from, sizeof from, "%s", d->tensors);
        char *to = strchr(from, '=');
        if (!to || !applies(d, "rename", model, row))
            continue;
        *to++ = 0;
        d->used += strstr(row->tensors, from) != NULL;
        replace(&row->tensors, from, to);
    }
}

static void print_row(const char *mark, const struct row *row)
{
    fprintf(stderr, "%s %s %s [%s] %s\n", mark, row->phase, row->op, row->module, row->tensors);
}

/* Both sequences, merged where they agree; only what differs and is not allowed, unless all is wanted. */
static int report(const char *model, struct rows *torch, struct rows *own, bool all)
{
    int unexplained = 0;
    for (int i = 0, j = 0; i < torch->count || j < own->count;) {
        if (i < torch->count && !torch->row[i].matched) {
            bool allowed = is_allowed("torch", model, &torch->row[i]);
            unexplained += !allowed;
            if (all || !allowed)
                print_row(allowed ? "t" : "-", &torch->row[i]);
            i++;
        } else if (j < own->count && !own->row[j].matched) {
            bool allowed = is_allowed("clprof", model, &own->row[j]);
            unexplained += !allowed;
            if (all || !allowed)
                print_row(allowed ? "c" : "+", &own->row[j]);
            j++;
        } else {
            if (all)
                print_row(" ", &own->row[j]);
            i++;
            j++;
        }
    }
    return unexplained;
}

static void make_step(const struct model *model, struct rows *rows)
{
    struct policy policy;
    struct graph graph;
    must(policy_load(&policy, "torch-2.15-cpu"));
    struct session_config config = {
        .model = model,
        .policy = &policy,
        .backend = backend_find("ref"),
        .layout = {FORMAT_CHANNELS_LAST},
        .autocast = true,
        .autocast_dtype = DTYPE_BFLOAT16,
        .batch = BATCH,
        .side = SIDE,
        .classes = CLASSES,
        .optim = {.kind = OPTIMIZER_SGD},
    };
    graph_init(&graph);
    must(session_assemble(&config, true, &graph));
    rows_of_graph(rows, &graph);
    graph_release(&graph);
    policy_release(&policy);
}

START_TEST(steps_are_pytorchs)
{
    const struct model *model = model_at(_i);
    struct rows torch = {NULL, 0, 0}, own = {NULL, 0, 0};
    char file[256];
    const char *show = getenv("CLPROF_PARITY_SHOW");
    snprintf(file, sizeof file, "%s/layouts/%s.tsv", TEST_SOURCE_DIR, model->name);
    ck_assert_msg(rows_read(&torch, file), "%s is missing or damaged: make parity", file);
    make_step(model, &own);
    for (int i = 0; i < own.count; i++)
        rename_tensors(model->name, &own.row[i]);
    rows_match(&torch, &own);
    int unexplained = report(model->name, &torch, &own, show && strcmp(show, model->name) == 0);
    ck_assert_msg(unexplained == 0, "%s: %d operators differ from PyTorch's step (- PyTorch's, + clprof's)", model->name,
                  unexplained);
    rows_release(&torch);
    rows_release(&own);
}
END_TEST

/* Runs last. */
START_TEST(every_difference_occurs)
{
    for (int i = 0; i < difference_count; i++)
        ck_assert_msg(differences[i].used > 0, "differences.tsv: %s %s %s %s occurs no more", differences[i].side,
                      differences[i].model, differences[i].op, differences[i].tensors);
}
END_TEST

/* Recorded steps of models that clprof has not would go uncompared. */
START_TEST(every_recorded_step_is_compared)
{
    glob_t found;
    ck_assert_int_eq(glob(TEST_SOURCE_DIR "/layouts/*.tsv", 0, NULL, &found), 0);
    ck_assert_int_eq((int)found.gl_pathc, model_count());
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char name[64];
        const struct model *model;
        snprintf(name, sizeof name, "%s", strrchr(found.gl_pathv[i], '/') + 1);
        *strrchr(name, '.') = 0;
        ck_assert_msg(model_find(name, &model) == STATUS_OK, "PyTorch's step of %s is recorded, clprof has no such model", name);
    }
    globfree(&found);
}
END_TEST

int main(void)
{
    if (!read_differences())
        return 1;
    Suite *suite = suite_create("pytorch layouts");
    TCase *tcase = tcase_create("steps");
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, steps_are_pytorchs, 0, model_count());
    tcase_add_test(tcase, every_difference_occurs);
    tcase_add_test(tcase, every_recorded_step_is_compared);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
