-- Operators whose output format differs from their input's, in one steady step ("either" never differs)
WITH chosen AS (SELECT max(step_id) AS step_id FROM cost_steps) -- NULL: a trace without steps
SELECT o.sequence, o.name, o.module_path, o.phase, o.input_format, o.output_format, o.input_shape, o.output_shape,
       (SELECT count(*) FROM conversion c WHERE c.op_id = o.op_id) AS conversions
FROM chosen CROSS JOIN operators o ON o.step_id IS chosen.step_id
WHERE o.level = 0 AND o.input_format <> o.output_format AND o.input_format <> 'either' AND o.output_format <> 'either'
ORDER BY o.sequence;
