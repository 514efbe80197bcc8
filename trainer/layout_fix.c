/* Which of two policies a node follows: the fixes of `clprof verify` and of the probe. */
#include <string.h>

#include "trainer/layouts.h"

static bool is_named(const struct graph *graph, const struct layout_fix *fix, const struct node *node)
{
    if (strcmp(fix->op_name, op_name(node->op)) != 0)
        return false;
    const char *path = node->module < 0 ? "" : graph->module[node->module].path;
    return !fix->module_path || strcmp(fix->module_path, path) == 0;
}

enum layout_rule layouts_rule(const struct graph *graph, const struct layout_plan *plan, const struct policy *policy,
                              const struct node *node)
{
    const struct node *forward = node->forward_node < 0 ? node : &graph->node[node->forward_node];
    enum layout_rule rule = policy->row[node->op].rule;

    if (!plan->fixed)
        return rule;
    if (plan->fixes < 0 && (layout_rule_breaks(rule) || layout_rule_breaks(policy->row[forward->op].rule) ||
                            plan->fixed->row[node->op].rule == RULE_PRESERVE_IMAGE))
        return plan->fixed->row[node->op].rule;
    for (int i = 0; i < plan->fixes; i++) {
        if (is_named(graph, &plan->fix[i], forward))
            return plan->fixed->row[node->op].rule;
    }
    return rule;
}
