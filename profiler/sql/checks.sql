-- Consistency of a trace: each query names a rule and returns the rows that break it, so a sound trace returns nothing.
-- Columns: the rule, and what breaks it. `sqlite3 trace.db < checks.sql` runs all. Ordered from references to meaning.

SELECT 'operator_definition_exists' AS rule, 'op ' || op_id || ' of op_def ' || op_def_id AS what
FROM op WHERE op_def_id NOT IN (SELECT op_def_id FROM op_def);

SELECT 'kernel_definition_exists', 'kernel ' || kernel_id || ' of kernel_def ' || kernel_def_id
FROM kernel WHERE kernel_def_id NOT IN (SELECT kernel_def_id FROM kernel_def);

SELECT 'conversion_definition_exists', 'conversion ' || conversion_id || ' of conversion_def ' || conversion_def_id
FROM conversion WHERE conversion_def_id NOT IN (SELECT conversion_def_id FROM conversion_def);

SELECT 'module_exists', 'op_def ' || op_def_id || ' in module ' || module_id
FROM op_def WHERE module_id IS NOT NULL AND module_id NOT IN (SELECT module_id FROM module)
UNION ALL
SELECT 'module_exists', 'module ' || module_id || ' in module ' || parent_id
FROM module WHERE parent_id IS NOT NULL AND parent_id NOT IN (SELECT module_id FROM module);

SELECT 'tensor_operator_exists', 'op_tensor_def ' || direction || ' ' || position || ' of op_def ' || op_def_id
FROM op_tensor_def WHERE op_def_id NOT IN (SELECT op_def_id FROM op_def);

SELECT 'one_tensor_per_position', 'op_def ' || op_def_id || ' ' || direction || ' ' || position || ' x ' || count(*)
FROM op_tensor_def GROUP BY op_def_id, direction, position HAVING count(*) > 1;

SELECT 'run_exists', 'step ' || step_id || ' of run ' || run_id
FROM step WHERE run_id NOT IN (SELECT run_id FROM run);

SELECT 'step_exists', 'op ' || op_id || ' in step ' || step_id
FROM op WHERE step_id IS NOT NULL AND step_id NOT IN (SELECT step_id FROM step)
UNION ALL
SELECT 'step_exists', 'kernel ' || kernel_id || ' in step ' || step_id
FROM kernel WHERE step_id IS NOT NULL AND step_id NOT IN (SELECT step_id FROM step)
UNION ALL
SELECT 'step_exists', 'conversion ' || conversion_id || ' in step ' || step_id
FROM conversion WHERE step_id IS NOT NULL AND step_id NOT IN (SELECT step_id FROM step);

SELECT 'one_step_per_index', 'index ' || step_index || ' of run ' || run_id || ' x ' || count(*)
FROM step GROUP BY run_id, step_index HAVING count(*) > 1;

SELECT 'no_negative_duration', 'step ' || step_id FROM step WHERE dur_ns < 0
UNION ALL
SELECT 'no_negative_duration', 'op ' || op_id FROM op WHERE dur_ns < 0 OR device_dur_ns < 0
UNION ALL
SELECT 'no_negative_duration', 'kernel ' || kernel_id FROM kernel WHERE dur_ns < 0
UNION ALL
SELECT 'no_negative_duration', 'conversion ' || conversion_id FROM conversion WHERE dur_ns < 0;

SELECT 'steps_follow_each_other', 'step ' || step_id || ' begins before step ' || before || ' ends'
FROM (SELECT step_id, start_ns, lag(step_id) OVER w AS before, lag(start_ns + dur_ns) OVER w AS before_end
      FROM step WINDOW w AS (PARTITION BY run_id ORDER BY step_index))
WHERE start_ns < before_end;

SELECT 'operator_within_step', 'op ' || op.op_id || ' of step ' || step.step_id
FROM op JOIN step USING (step_id)
WHERE op.start_ns < step.start_ns OR op.start_ns + ifnull(op.dur_ns, 0) > step.start_ns + step.dur_ns;

-- Other profilers' traces hold kernels that nothing ties to an operator; clprof's own do not, but for what
-- a device did outside of all launches (copies of the batch and of the loss).
SELECT 'kernel_has_operator', 'kernel ' || kernel_id || ' of op ' || ifnull(op_id, 'none')
FROM kernel JOIN kernel_def d USING (kernel_def_id)
WHERE (op_id IS NOT NULL AND op_id NOT IN (SELECT op_id FROM op))
   OR (op_id IS NULL AND (SELECT source FROM run) = 'train' AND d.stream IS NULL);

SELECT 'kernel_in_operators_step', 'kernel ' || kernel.kernel_id || ' of op ' || op.op_id
FROM kernel JOIN op USING (op_id) WHERE kernel.step_id IS NOT op.step_id;

-- Only where both clocks are the same thread's: a device runs its kernels later than the call.
SELECT 'kernel_within_operator', 'kernel ' || kernel.kernel_id || ' of op ' || op.op_id
FROM kernel JOIN kernel_def d USING (kernel_def_id) JOIN op USING (op_id)
WHERE d.device = 'cpu' AND op.dur_ns IS NOT NULL
  AND (kernel.start_ns < op.start_ns OR kernel.start_ns + kernel.dur_ns > op.start_ns + op.dur_ns);

SELECT 'conversion_has_operator', 'conversion ' || conversion_id || ' of op ' || ifnull(op_id, 'none')
FROM conversion
WHERE (op_id IS NOT NULL AND op_id NOT IN (SELECT op_id FROM op)) OR (op_id IS NULL AND (SELECT source FROM run) = 'train');

SELECT 'conversion_in_operators_step', 'conversion ' || c.conversion_id || ' of op ' || op.op_id
FROM conversion c JOIN op USING (op_id) WHERE c.step_id IS NOT op.step_id;

SELECT 'conversion_kernel_of_same_operator', 'conversion ' || c.conversion_id || ' by kernel ' || c.kernel_id
FROM conversion c LEFT JOIN kernel k USING (kernel_id)
WHERE c.kernel_id IS NOT NULL AND (k.kernel_def_id IS NULL OR k.op_id IS NOT c.op_id);

-- Silent and mixed conversions take part of their operator's time, and nobody measured which part.
SELECT 'conversion_without_kernel_has_no_time', 'conversion ' || conversion_id
FROM conversion WHERE kernel_id IS NULL AND dur_ns IS NOT NULL;

SELECT 'conversion_changes_format', 'conversion_def ' || conversion_def_id || ' ' || from_format || ' to ' || to_format
FROM conversion_def
WHERE from_format IN ('contiguous', 'channels_last', 'either')
  AND to_format IN ('contiguous', 'channels_last', 'either')
  AND (from_format = to_format OR 'either' IN (from_format, to_format));

SELECT 'fused_operator_has_no_time', 'op ' || op_id FROM op WHERE fused_into IS NOT NULL AND dur_ns IS NOT NULL;

SELECT 'operator_has_time', 'op ' || op_id FROM op WHERE fused_into IS NULL AND dur_ns IS NULL;

SELECT 'fused_after_its_host', 'op ' || op.op_id || ' into op ' || op.fused_into
FROM op LEFT JOIN op host ON host.op_id = op.fused_into
WHERE op.fused_into IS NOT NULL AND (host.op_id IS NULL OR host.step_id IS NOT op.step_id OR host.op_id >= op.op_id
                                      OR host.fused_into IS NOT NULL);

SELECT 'forward_operator_earlier_in_step', 'op ' || op.op_id || ' of forward op ' || op.forward_op_id
FROM op LEFT JOIN op forward ON forward.op_id = op.forward_op_id
WHERE op.forward_op_id IS NOT NULL
  AND (forward.op_id IS NULL OR forward.step_id IS NOT op.step_id OR forward.op_id >= op.op_id);

-- Operators alone: a wrapper gives the same tensor as the operator that it calls. Who gives back what it took (in place,
-- aten::detach) makes nothing.
SELECT 'one_producer_per_tensor', 'tensor ' || t.tensor || ' of step ' || op.step_id || ' x ' || count(*)
FROM op JOIN op_tensor_def t USING (op_def_id)
WHERE t.direction = 'out' AND NOT t.persistent AND op.step_id IS NOT NULL AND t.tensor IS NOT NULL AND op.level = 0
  AND NOT EXISTS (SELECT 1 FROM op_tensor_def taken
                  WHERE taken.op_def_id = t.op_def_id AND taken.direction = 'in' AND taken.tensor = t.tensor)
GROUP BY op.step_id, t.tensor HAVING count(*) > 1;

-- Operators with one host run as one, so their order among themselves says nothing. A tensor made outside the step is
-- not looked at; who gives back what it took makes nothing here, too (GradScaler's scale is updated in place).
SELECT 'produced_before_consumed',
       'tensor ' || tensor || ' of step ' || step_id || ': op ' || min(consumer) || ' before op ' || min(producer)
FROM (SELECT op.step_id, t.tensor,
             CASE t.direction WHEN 'in' THEN ifnull(op.fused_into, op.op_id) END AS consumer,
             CASE WHEN t.direction = 'out'
                   AND NOT EXISTS (SELECT 1 FROM op_tensor_def taken WHERE taken.op_def_id = t.op_def_id
                                   AND taken.direction = 'in' AND taken.tensor = t.tensor)
                  THEN ifnull(op.fused_into, op.op_id) END AS producer
      FROM op JOIN op_tensor_def t USING (op_def_id)
      WHERE NOT t.persistent AND op.step_id IS NOT NULL AND t.tensor IS NOT NULL AND op.level = 0)
GROUP BY step_id, tensor HAVING min(consumer) < min(producer);

SELECT 'known_word', 'op_def ' || op_def_id || ' phase ' || phase
FROM op_def WHERE phase NOT IN ('data', 'forward', 'backward', 'optimizer')
UNION ALL
SELECT 'known_word', 'op_tensor_def of op_def ' || op_def_id || ' ' || direction || ' ' || ifnull(memory_format, '')
FROM op_tensor_def
WHERE direction NOT IN ('in', 'out')
   OR memory_format NOT IN ('contiguous', 'channels_last', 'either', 'blocked', 'strided')
UNION ALL
SELECT 'known_word', 'kernel_def ' || kernel_def_id || ' role ' || role
FROM kernel_def WHERE role NOT IN ('compute', 'conversion', 'cast', 'copy')
UNION ALL
SELECT 'known_word', 'conversion_def ' || conversion_def_id || ' ' || cause
FROM conversion_def
WHERE cause NOT IN ('input', 'operator', 'explicit', 'library', 'weight', 'gradient', 'optimizer')
   OR from_format NOT IN ('contiguous', 'channels_last', 'either', 'blocked', 'strided')
   OR to_format NOT IN ('contiguous', 'channels_last', 'either', 'blocked', 'strided')
UNION ALL
SELECT 'known_word', 'op ' || op_id || ' level ' || level FROM op WHERE level NOT IN (-1, 0, 1)
UNION ALL
SELECT 'known_word', 'step ' || step_id || ' mode ' || mode FROM step WHERE mode NOT IN ('recorded', 'timed', 'undisturbed');
