/* clprof policies: the layout policies that --policy takes. */
#include <stdio.h>

#include "commands/commands.h"
#include "kernels/policy.h"

static int run(const struct command *self, int argc, char **argv)
{
    int positional, code = command_begin(self, NULL, argc, argv, 0, 0, &positional);
    if (code >= 0)
        return code;
    for (int i = 0; i < policy_count(); i++) {
        struct policy policy;
        enum status status = policy_load(&policy, policy_name(i));
        if (status != STATUS_OK)
            return command_failed(self, status);
        int breaking = 0;
        for (int op = 0; op < OP_COUNT; op++)
            breaking += layout_rule_breaks(policy.row[op].rule);
        printf("%-18s %-5s %2d operators leave channels_last%s\n", policy.name, policy.device, breaking,
               policy_default(policy.device) == policy_name(i) ? "  (default)" : "");
        policy_release(&policy);
    }
    return 0;
}

const struct command command_policies = {
    "policies", "",
    "list the layout policies",
    NULL, run,
    .about = "A policy says for one PyTorch and one kind of device which operators keep channels_last. `clprof "
        "ops --policy NAME` shows its rows.",
    .examples = {
        {"clprof policies",
         "All of them"},
    },
};
