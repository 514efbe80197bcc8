-- Operators of the median steady step (the 3000 longest), with times from its start
WITH fused AS MATERIALIZED
       (SELECT o.fused_into, group_concat(d.name, ', ') AS names FROM median_longest l CROSS JOIN op o ON o.op_id = l.id
        CROSS JOIN op_def d USING (op_def_id) WHERE l.kind = 'fused' GROUP BY o.fused_into)
SELECT o.start_ns - s.start_ns AS start_ns, o.dur_ns, o.thread_id, o.name, o.module_path, o.phase,
       o.input_format, o.output_format, o.input_shape, o.output_shape,
       fused.names AS fused, s.step_index, s.dur_ns AS step_dur_ns, s.operators
FROM median_step s CROSS JOIN median_longest l CROSS JOIN operators o ON o.op_id = l.id
LEFT JOIN fused ON fused.fused_into = o.op_id
WHERE l.kind = 'operator'
ORDER BY o.dur_ns DESC, o.op_id LIMIT 3000;
