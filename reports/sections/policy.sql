-- The layout policy that the run obeyed: rule, evidence and source of each operator
SELECT op_name, rule, breaks, evidence, source FROM policy_rule ORDER BY breaks DESC, op_name;
