-- Operators of the median steady step (the 3000 longest), with times from its start
WITH chosen AS MATERIALIZED
       (SELECT step_id, step_index, CASE WHEN step_id IS NULL
               THEN (SELECT min(ifnull((SELECT min(start_ns) FROM kernel), start_ns), start_ns)
                     FROM (SELECT min(start_ns) AS start_ns FROM op))
               ELSE start_ns END AS start_ns, dur_ns
        FROM cost_steps WHERE has_times ORDER BY dur_ns, step_id
        LIMIT 1 OFFSET (SELECT max(count(*) - 1, 0) / 2 FROM cost_steps)),
     longest AS MATERIALIZED
       (SELECT o.op_id FROM op o WHERE EXISTS (SELECT 1 FROM chosen) AND o.step_id IS (SELECT step_id FROM chosen)
        AND o.level = 0 AND o.start_ns IS NOT NULL AND o.dur_ns IS NOT NULL ORDER BY o.dur_ns DESC, o.op_id LIMIT 3000),
     every AS MATERIALIZED
       (SELECT count(*) AS operators FROM op o WHERE EXISTS (SELECT 1 FROM chosen) AND o.step_id IS (SELECT step_id FROM chosen)
        AND o.level = 0 AND o.start_ns IS NOT NULL AND o.dur_ns IS NOT NULL),
     fused AS MATERIALIZED
       (SELECT fused_into, group_concat(name, ', ') AS names FROM op o
        CROSS JOIN op_def USING (op_def_id) WHERE o.step_id IS (SELECT step_id FROM chosen)
        AND fused_into IN (SELECT op_id FROM longest) GROUP BY fused_into)
SELECT o.start_ns - s.start_ns AS start_ns, o.dur_ns, o.thread_id, o.name, o.module_path, o.phase,
       o.input_format, o.output_format, o.input_shape, o.output_shape,
       fused.names AS fused, s.step_index, s.dur_ns AS step_dur_ns, every.operators
FROM chosen s CROSS JOIN every CROSS JOIN longest CROSS JOIN operators o USING (op_id)
LEFT JOIN fused ON fused.fused_into = o.op_id
ORDER BY o.dur_ns DESC, o.op_id;
