-- Operators of the median steady step (the 3000 longest), with times from its start
WITH chosen AS (SELECT step_id, step_index, start_ns, dur_ns FROM cost_steps WHERE has_times ORDER BY dur_ns, step_id
                LIMIT 1 OFFSET (SELECT max(count(*) - 1, 0) / 2 FROM cost_steps)),
     fused AS (SELECT fused_into, group_concat(name, ', ') AS names FROM chosen
               CROSS JOIN op o ON o.step_id IS chosen.step_id CROSS JOIN op_def USING (op_def_id)
               WHERE fused_into IS NOT NULL GROUP BY fused_into)
SELECT o.start_ns - s.start_ns AS start_ns, o.dur_ns, o.thread_id, o.name, o.module_path, o.phase,
       o.input_format, o.output_format, o.input_shape, o.output_shape,
       fused.names AS fused, s.step_index, s.dur_ns AS step_dur_ns, count(*) OVER () AS operators
FROM chosen s CROSS JOIN operators o ON o.step_id IS s.step_id LEFT JOIN fused ON fused.fused_into = o.op_id
WHERE o.level = 0 AND o.start_ns IS NOT NULL AND o.dur_ns IS NOT NULL
ORDER BY o.dur_ns DESC LIMIT 3000;
