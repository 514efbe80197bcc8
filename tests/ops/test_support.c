/*
 * The support matrix: how many of an operator's cases each back end prepares, by dtype and memory format. Fails where
 * one lacks any.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/ops/call.h"

static const struct backend *const backends[] = {&backend_cpu, &backend_ref};
#define BACKENDS 2
static const enum dtype dtypes[] = {DTYPE_FLOAT32, DTYPE_BFLOAT16, DTYPE_FLOAT16};
#define DTYPES 3
static const enum memory_format formats[] = {FORMAT_CONTIGUOUS, FORMAT_CHANNELS_LAST};
#define FORMATS 2

/* Prepared and asked for, of one operator in one dtype and format. */
struct cell {
    int prepared, asked;
};
static struct cell matrix[OP_COUNT][BACKENDS][DTYPES][FORMATS];

static bool can_prepare(const struct backend *backend, struct device *device, const struct op_case *row,
                        enum dtype varied, enum memory_format format)
{
    struct call_variant variant = {.varied = varied};
    struct test_call call;
    struct op_prepared *prepared = NULL;
    for (int i = 0; i < OP_MAX_IN; i++)
        variant.in[i] = format;
    for (int i = 0; i < OP_MAX_OUT; i++)
        variant.out[i] = format;
    test_call_init(&call, backend, device, row, &variant);
    bool can = backend_prepare(backend, device, &call.call, &prepared) == STATUS_OK;
    if (!can)
        printf("%s, %s (%s): %s\n", backend->name, op_name(row->op), row->label, status_message());
    if (prepared)
        prepared->destroy(prepared);
    test_call_release(&call);
    return can;
}

static void fill_matrix(int number)
{
    const struct backend *backend = backends[number];
    struct device *device = NULL;
    ck_assert_msg(backend->open(&(struct backend_options){.threads = 2}, &device) == STATUS_OK, "%s", status_message());
    for (int i = 0; i < case_count(); i++)
        for (int dtype = 0; dtype < DTYPES; dtype++)
            for (int format = 0; format < FORMATS; format++) {
                const struct op_case *row = case_at(i);
                struct cell *cell = &matrix[row->op][number][dtype][format];
                if ((dtype && !case_is_varied(row)) || (format && !case_has_format(row)))
                    continue;
                cell->asked++;
                cell->prepared += can_prepare(backend, device, row, dtypes[dtype], formats[format]);
            }
    backend->close(device);
}

static void print_cell(const struct cell *cell)
{
    char text[16] = "-";
    if (cell->asked)
        snprintf(text, sizeof text, "%d/%d", cell->prepared, cell->asked);
    printf(" %14s", text);
}

static void print_matrix(int number)
{
    printf("\n%s: cases prepared / asked for\n%-52s", backends[number]->name, "operator");
    for (int dtype = 0; dtype < DTYPES; dtype++)
        printf(" %14s %14s", dtype_name(dtypes[dtype]), layout_name(FORMAT_CHANNELS_LAST));
    printf("\n");
    for (int op = 0; op < OP_COUNT; op++) {
        if (op_flags((enum op_id)op) & OP_ALIAS)
            continue;
        printf("%-52s", op_name((enum op_id)op));
        for (int i = 0; i < DTYPES * FORMATS; i++)
            print_cell(&matrix[op][number][i / FORMATS][i % FORMATS]);
        printf("\n");
    }
}

START_TEST(everything_is_supported)
{
    int lacking = 0;
    fill_matrix(_i);
    print_matrix(_i);
    fflush(stdout);
    for (int op = 0; op < OP_COUNT; op++) {
        bool alias = op_flags((enum op_id)op) & OP_ALIAS;
        ck_assert_msg(alias || matrix[op][_i][0][0].asked, "%s has no case", op_name((enum op_id)op));
        for (int i = 0; i < DTYPES * FORMATS; i++) {
            const struct cell *cell = &matrix[op][_i][i / FORMATS][i % FORMATS];
            lacking += cell->prepared < cell->asked;
        }
    }
    ck_assert_msg(lacking == 0, "%s: %d cells of the matrix are not full", backends[_i]->name, lacking);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("support matrix");
    TCase *cases = tcase_create("support");
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, everything_is_supported, 0, BACKENDS);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
