/* The table of advice: every row is complete and can be found, and every situation has an answer for any operator. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis_int.h"
#include "base/file.h"

#define MOST 400

struct row {
    const char *field[4]; /* operator, situation, text, source */
};

static struct strbuf table;
static struct row rows[MOST];
static int count;

static bool whole = true; /* every row has four fields */

static void read_table(void)
{
    char *rest;
    strbuf_init(&table);
    if (file_read(PROJECT_DIR "/analysis/advice.tsv", &table) != STATUS_OK)
        return;
    for (char *line = strtok_r(table.text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (*line == '#')
            continue;
        for (int i = 0; i < 4; i++)
            rows[count].field[i] = strsep(&line, "\t");
        whole = whole && !line && rows[count].field[3];
        if (++count == MOST)
            break;
    }
}

static bool is_situation(const char *word)
{
    for (unsigned bit = 1; bit <= SITUATION_SLOW_KERNEL; bit <<= 1) {
        if (strcmp(advice_situation(bit), word) == 0)
            return true;
    }
    return false;
}

START_TEST(every_row_is_complete)
{
    ck_assert(whole);
    ck_assert_int_gt(count, 80);
    ck_assert_int_lt(count, MOST);
    for (int i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        for (int f = 0; f < 4; f++)
            ck_assert_msg(row->field[f] && *row->field[f], "row %d of %s lacks field %d", i + 1, row->field[0], f + 1);
        ck_assert_msg(strcmp(row->field[0], "*") == 0 || strstr(row->field[0], "::"), "what operator is %s?",
                      row->field[0]);
        ck_assert_msg(is_situation(row->field[1]), "%s: what situation is %s?", row->field[0], row->field[1]);
        ck_assert_msg(strlen(row->field[2]) > 30 && strlen(row->field[3]) > 5, "%s %s says too little", row->field[0],
                      row->field[1]);
    }
}
END_TEST

START_TEST(no_row_is_there_twice)
{
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < i; j++)
            ck_assert_msg(strcmp(rows[i].field[0], rows[j].field[0]) || strcmp(rows[i].field[1], rows[j].field[1]),
                          "%s %s", rows[i].field[0], rows[i].field[1]);
    }
}
END_TEST

START_TEST(every_row_is_found)
{
    for (int i = 0; i < count; i++) {
        struct strbuf text;
        strbuf_init(&text);
        advice_append(&text, rows[i].field[0], rows[i].field[1]);
        ck_assert_str_eq(text.text, rows[i].field[2]);
        strbuf_release(&text);
    }
}
END_TEST

START_TEST(any_operator_has_an_answer)
{
    for (unsigned bit = 1; bit <= SITUATION_SLOW_KERNEL; bit <<= 1) {
        struct strbuf text;
        strbuf_init(&text);
        advice_append(&text, "aten::never_heard_of", advice_situation(bit));
        ck_assert_msg(text.length > 0, "nothing to say about %s", advice_situation(bit));
        strbuf_release(&text);
    }
    ck_assert_ptr_null(advice_situation(0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("advice");
    TCase *tcase = tcase_create("advice");
    read_table();
    tcase_add_test(tcase, every_row_is_complete);
    tcase_add_test(tcase, no_row_is_there_twice);
    tcase_add_test(tcase, every_row_is_found);
    tcase_add_test(tcase, any_operator_has_an_answer);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    strbuf_release(&table);
    return failed != 0;
}
