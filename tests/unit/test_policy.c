/* kernels: the embedded layout policies, and what the reader says of bad ones. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernels/policy.h"

static enum layout_rule rule_of(const char *policy, const char *op)
{
    struct policy p;
    ck_assert_int_eq(policy_load(&p, policy), STATUS_OK);
    enum layout_rule rule = p.row[op_find(op)].rule;
    policy_release(&p);
    return rule;
}

START_TEST(embedded_policies_load)
{
    static const char *const expected[] = {"native", "torch-2.14-cuda", "torch-2.15-cpu", "torch-2.15-cuda"};
    ck_assert_int_eq(policy_count(), 4);
    for (int i = 0; i < policy_count(); i++) {
        struct policy p;
        ck_assert_str_eq(policy_name(i), expected[i]);
        ck_assert_msg(policy_load(&p, policy_name(i)) == STATUS_OK, "%s", status_message());
        ck_assert_str_eq(p.name, policy_name(i));
        ck_assert_str_eq(p.device, strstr(p.name, "cuda") ? "cuda" : "cpu");
        for (int op = 0; op < OP_COUNT; op++) {
            ck_assert_uint_gt(strlen(p.row[op].source), 3);
            const char *evidence = p.row[op].evidence; /* only the CPU's was run */
            ck_assert_int_eq(strcmp(evidence, "own") == 0, strcmp(p.name, "native") == 0);
            ck_assert(strcmp(evidence, "run") != 0 || strcmp(p.name, "torch-2.15-cpu") == 0);
        }
        policy_release(&p);
        ck_assert_ptr_null(p.text);
    }
    ck_assert_ptr_null(policy_name(4));
    ck_assert_ptr_null(policy_name(-1));
}
END_TEST

/* A file of PyTorch and a function in it: "aten/src/ATen/native/cuda/Loss.cu nll_loss_forward_out_cuda_template: ...". */
static bool names_file_and_function(const char *source)
{
    size_t file = strcspn(source, " :,");
    bool code = file > 4 && (strncmp(source + file - 3, ".cu", 3) == 0 || strncmp(source + file - 4, ".cpp", 4) == 0 ||
                             strncmp(source + file - 2, ".h", 2) == 0);
    return code && (strncmp(source, "aten/src/ATen/", 14) == 0 || strncmp(source, "torch/csrc/", 11) == 0) && source[file] == ' ' && source[file + 1];
}

START_TEST(cuda_rows_were_read_in_named_functions)
{
    for (int i = 0; i < policy_count(); i++) {
        struct policy p;
        if (!strstr(policy_name(i), "cuda"))
            continue;
        ck_assert_int_eq(policy_load(&p, policy_name(i)), STATUS_OK);
        for (int op = 0; op < OP_COUNT; op++) {
            ck_assert_msg(strcmp(p.row[op].evidence, "read") == 0, "%s %s: %s", p.name, op_name(op), p.row[op].evidence);
            ck_assert_msg(names_file_and_function(p.row[op].source), "%s %s: %s", p.name, op_name(op), p.row[op].source);
        }
        policy_release(&p);
    }
}
END_TEST

START_TEST(defaults)
{
    ck_assert_str_eq(policy_default("cpu"), "torch-2.15-cpu");
    ck_assert_str_eq(policy_default("cuda"), "torch-2.15-cuda");
    ck_assert_ptr_null(policy_default("tpu"));
}
END_TEST

/* The rows that findings hang on; a change here changes what clprof says of PyTorch. */
static const struct expected {
    const char *op;
    enum layout_rule cpu_2_15, cuda_2_14, cuda_2_15, native;
} expected_rules[] = {
    {"aten::convolution", RULE_CONV, RULE_CONV, RULE_CONV, RULE_CONV},
    {"aten::convolution_backward", RULE_CONV_BACKWARD, RULE_CONV_BACKWARD, RULE_CONV_BACKWARD, RULE_CONV_BACKWARD},
    {"aten::native_batch_norm", RULE_INPUT, RULE_INPUT, RULE_INPUT, RULE_INPUT},
    {"aten::native_batch_norm_backward", RULE_SAVED_MIXED, RULE_SAVED, RULE_SAVED, RULE_SAVED},
    {"aten::native_group_norm", RULE_INPUT, RULE_CONTIGUOUS, RULE_INPUT, RULE_INPUT},
    {"aten::native_group_norm_backward", RULE_SAVED, RULE_CONTIGUOUS, RULE_SAVED, RULE_SAVED},
    {"aten::relu_", RULE_INPUT, RULE_INPUT, RULE_INPUT, RULE_INPUT},
    {"aten::threshold_backward", RULE_SAVED_MIXED, RULE_SAVED_MIXED, RULE_SAVED_MIXED, RULE_SAVED_MIXED},
    {"aten::hardtanh_backward", RULE_FIRST, RULE_FIRST, RULE_FIRST, RULE_SAVED_MIXED},
    {"aten::add_", RULE_FIRST, RULE_FIRST, RULE_FIRST, RULE_FIRST},
    {"aten::max_pool2d_with_indices", RULE_INPUT, RULE_INPUT, RULE_INPUT, RULE_INPUT},
    {"aten::max_pool2d_with_indices_backward", RULE_SAVED, RULE_SAVED, RULE_SAVED, RULE_SAVED},
    {"aten::mean", RULE_ANY, RULE_ANY, RULE_ANY, RULE_ANY},
    {"aten::div", RULE_FIRST, RULE_FIRST, RULE_FIRST, RULE_FIRST},
    {"aten::mul", RULE_FIRST, RULE_FIRST, RULE_FIRST, RULE_FIRST},
    {"aten::silu_backward", RULE_FIRST, RULE_FIRST, RULE_FIRST, RULE_SAVED_MIXED},
    {"aten::sum", RULE_SILENT, RULE_SILENT, RULE_SILENT, RULE_KEPT},
    {"aten::_softmax", RULE_CONTIGUOUS, RULE_CONTIGUOUS, RULE_CONTIGUOUS, RULE_ANY},
    {"aten::_to_copy", RULE_PRESERVE, RULE_PRESERVE, RULE_PRESERVE, RULE_PRESERVE},
    {"aten::native_dropout_backward", RULE_FIRST, RULE_FIRST, RULE_FIRST, RULE_FIRST},
    {"aten::addmm", RULE_ANY, RULE_ANY, RULE_ANY, RULE_ANY},
};

START_TEST(rules_of_policies)
{
    const struct expected *row = &expected_rules[_i];
    ck_assert_int_eq(rule_of("torch-2.15-cpu", row->op), row->cpu_2_15);
    ck_assert_int_eq(rule_of("torch-2.14-cuda", row->op), row->cuda_2_14);
    ck_assert_int_eq(rule_of("torch-2.15-cuda", row->op), row->cuda_2_15);
    ck_assert_int_eq(rule_of("native", row->op), row->native);
}
END_TEST

/* clprof's own kernels: nobody is a culprit. */
START_TEST(native_breaks_nothing)
{
    struct policy p;
    ck_assert_int_eq(policy_load(&p, "native"), STATUS_OK);
    for (int op = 0; op < OP_COUNT; op++)
        ck_assert(!layout_rule_breaks(p.row[op].rule));
    policy_release(&p);
}
END_TEST

START_TEST(rules_have_names)
{
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        ck_assert_uint_gt(strlen(layout_rule_name((enum layout_rule)rule)), 0);
        ck_assert_uint_gt(strlen(layout_rule_meaning((enum layout_rule)rule)), 0);
        ck_assert_int_eq(layout_rule_breaks((enum layout_rule)rule), rule == RULE_CONTIGUOUS || rule == RULE_SILENT);
    }
    ck_assert_str_eq(layout_rule_name(RULE_SAVED_MIXED), "saved-mixed");
}
END_TEST

START_TEST(unknown_names)
{
    struct policy p;
    ck_assert_int_eq(policy_load(&p, "torch-2.15-cpv"), STATUS_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(status_message(), "'torch-2.15-cpv'"));
    ck_assert_ptr_nonnull(strstr(status_message(), "near: torch-2.15-cpu"));
    ck_assert_ptr_null(p.text);
    ck_assert_int_eq(policy_load(&p, "q"), STATUS_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(status_message(), "there are native, torch-2.14-cuda"));
    ck_assert_int_eq(policy_load(&p, ""), STATUS_NOT_FOUND);
    ck_assert_int_eq(policy_load(&p, "none.tsv"), STATUS_NOT_FOUND); /* a file, by its suffix */
    ck_assert_ptr_nonnull(strstr(status_message(), "none.tsv"));
    ck_assert_int_eq(policy_load(&p, "./none"), STATUS_NOT_FOUND); /* a file, by its slash */
    char longest[300];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    ck_assert_int_eq(policy_load(&p, longest), STATUS_NOT_FOUND);
}
END_TEST

/* Writes torch-2.15-cpu's rules as a file, with `line` (1 = first) replaced (NULL = left out), and loads it. */
static enum status load_changed(int line, const char *replacement, const char *end_of_line)
{
    static const char *const headers[] = {"# rules", "device\tcpu", "autocast\tbfloat16"};
    char path[] = "policy-XXXXXX.tsv";
    int descriptor = mkstemps(path, 4), number = 0;
    ck_assert_int_ge(descriptor, 0);
    FILE *stream = fdopen(descriptor, "w");
    struct policy p, changed;
    ck_assert_int_eq(policy_load(&p, "torch-2.15-cpu"), STATUS_OK);
    for (int op = -3; op < OP_COUNT; op++) {
        if (op >= 0 && op_find(op_name(op)) != (enum op_id)op) /* add of a tensor, add of a number: one row */
            continue;
        number++;
        if (number == line) {
            if (replacement)
                fprintf(stream, "%s%s", replacement, end_of_line);
        } else if (op < 0) {
            fprintf(stream, "%s%s", headers[op + 3], end_of_line);
        } else {
            fprintf(stream, "%s\t%s\t%s\t%s%s", op_name(op), layout_rule_name(p.row[op].rule), p.row[op].evidence,
                    p.row[op].source, end_of_line);
        }
    }
    fclose(stream);
    enum status status = policy_load(&changed, path);
    if (status == STATUS_OK) {
        ck_assert_str_eq(changed.name, path);
        for (int op = 0; op < OP_COUNT; op++) {
            ck_assert_int_eq(changed.row[op].rule, p.row[op].rule);
            ck_assert_str_eq(changed.row[op].source, p.row[op].source);
        }
        policy_release(&changed);
    } else {
        ck_assert_ptr_eq(strstr(status_message(), path), status_message());
        ck_assert_ptr_null(changed.text);
    }
    policy_release(&p);
    unlink(path);
    return status;
}

START_TEST(files_load)
{
    ck_assert_int_eq(load_changed(1, "# changed", "\n"), STATUS_OK);
    ck_assert_int_eq(load_changed(1, "", "\n"), STATUS_OK);
    ck_assert_int_eq(load_changed(1, NULL, "\r\n"), STATUS_OK);
}
END_TEST

/* Line, what stands there instead, words of the failure. */
static const struct refused {
    int line;
    const char *text, *words[3];
} refused[] = {
    {2, "device\ttpu", {".tsv:2: 'tpu' is no device", "cpu, cuda"}},
    {2, NULL, {"no device", "device<TAB>cpu"}},
    {3, NULL, {"no autocast", "autocast<TAB>"}},
    {3, "autocast\tint8", {".tsv:3: 'int8' is no autocast dtype", "bfloat16, float16"}},
    {3, "vendor\tx", {".tsv:3: 'vendor' is no header", "device and autocast"}},
    {4, NULL, {"no row for aten::convolution"}},
    {4, "aten::convolutoin\tconv\trun\tx", {".tsv:4: 'aten::convolutoin' is no operator", "near: aten::convolution"}},
    {4, "aten::qqqqqqqqqqqq\tconv\trun\tx", {".tsv:4:", "is no operator", "clprof ops"}},
    {4, "aten::convolution\tcnov\trun\tx", {".tsv:4: 'cnov' is no rule", "allowed: any, input,", "preserve"}},
    {4, "aten::convolution\tconv\tguessed\tx", {".tsv:4: 'guessed' is no evidence", "run, read, own"}},
    {4, "aten::convolution\tconv\trun\t", {".tsv:4: aten::convolution has no source"}},
    {4, "aten::convolution\tconv\trun", {".tsv:4: 3 fields", "has 4"}},
    {4, "aten::convolution\tconv\trun\tx\ty", {".tsv:4: 5 fields", "has 4"}},
    {4, "aten::convolution", {".tsv:4: 1 fields", "has 4"}},
    {5, "aten::convolution\tconv\trun\tx", {".tsv:5: a second row for aten::convolution"}},
};

START_TEST(files_refused)
{
    const struct refused *row = &refused[_i];
    ck_assert_int_eq(load_changed(row->line, row->text, "\n"), STATUS_CORRUPT);
    for (int i = 0; i < 3 && row->words[i]; i++)
        ck_assert_msg(strstr(status_message(), row->words[i]), "'%s' is not in: %s", row->words[i], status_message());
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policy");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, embedded_policies_load);
    tcase_add_test(tests, cuda_rows_were_read_in_named_functions);
    tcase_add_test(tests, defaults);
    tcase_add_loop_test(tests, rules_of_policies, 0, sizeof expected_rules / sizeof *expected_rules);
    tcase_add_test(tests, native_breaks_nothing);
    tcase_add_test(tests, rules_have_names);
    tcase_add_test(tests, unknown_names);
    tcase_add_test(tests, files_load);
    tcase_add_loop_test(tests, files_refused, 0, sizeof refused / sizeof *refused);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
