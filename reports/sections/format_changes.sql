-- Operators whose output format differs from their input's, in one steady step ("either" never differs)
WITH chosen AS (SELECT max(step_id) AS step_id FROM steps WHERE phase = 'steady')
SELECT o.sequence, o.name, o.module_path, o.phase, o.input_format, o.output_format, o.input_shape, o.output_shape,
       (SELECT count(*) FROM conversions c WHERE c.op_id = o.op_id) AS conversions
FROM operators o WHERE o.step_id IN (SELECT step_id FROM chosen)
  AND o.input_format <> o.output_format AND o.input_format <> 'either' AND o.output_format <> 'either'
ORDER BY o.sequence;
