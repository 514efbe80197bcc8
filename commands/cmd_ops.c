/* clprof ops: what each operator does with memory formats under a policy, and how that is known. */
#include <stdio.h>

#include "commands/commands.h"
#include "kernels/policy.h"

struct ops_options {
    const char *policy;
};

static const struct option options[] = {
    {"policy", 0, OPTION_TEXT, offsetof(struct ops_options, policy), "POLICY", .help = "default: the newest for the CPU"},
    OPTION_END,
};

static int run(const struct command *self, int argc, char **argv)
{
    struct ops_options chosen;
    struct policy policy;
    int positional, code = command_begin(self, &chosen, argc, argv, 0, 0, &positional);
    if (code >= 0)
        return code;
    enum status status = policy_load(&policy, chosen.policy ? chosen.policy : policy_default("cpu"));
    if (status != STATUS_OK)
        return command_failed(self, status);
    printf("%-50s %-14s %-8s %s\n", policy.name, "rule", "known by", "source");
    for (int op = 0; op < OP_COUNT; op++) {
        const struct policy_row *row = &policy.row[op];
        if (op_find(op_name((enum op_id)op)) == (enum op_id)op)
            printf("%-50s %-14s %-8s %s\n", op_name((enum op_id)op), layout_rule_name(row->rule), row->evidence,
                   row->source);
    }
    printf("\n");
    for (int rule = 0; rule < RULE_COUNT; rule++)
        printf("%-14s %s\n", layout_rule_name((enum layout_rule)rule), layout_rule_meaning((enum layout_rule)rule));
    policy_release(&policy);
    return 0;
}

const struct command command_ops = {
    "ops", "",
    "list the operators and their layout rules",
    options, run,
    .about = "One line an operator, by PyTorch's name: what the policy says it does with memory formats, "
        "whether that was observed (run) or read in PyTorch's source (read), and where. Then what the "
        "rules mean.",
    .examples = {
        {"clprof ops --policy torch-2.14-cuda",
         "What leaves channels_last there?"},
    },
};
