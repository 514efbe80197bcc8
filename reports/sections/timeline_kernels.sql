-- Kernels of the median steady step that ran on a device stream of their own (the 2000 longest)
WITH chosen AS MATERIALIZED
       (SELECT step_id, CASE WHEN step_id IS NULL
               THEN (SELECT min(ifnull((SELECT min(start_ns) FROM kernel), start_ns), start_ns)
                     FROM (SELECT min(start_ns) AS start_ns FROM op))
               ELSE start_ns END AS start_ns
        FROM cost_steps WHERE has_times ORDER BY dur_ns, step_id
        LIMIT 1 OFFSET (SELECT max(count(*) - 1, 0) / 2 FROM cost_steps)),
     streamed AS MATERIALIZED (SELECT kernel_def_id FROM kernel_def WHERE stream IS NOT NULL AND device <> 'cpu'),
     longest AS MATERIALIZED
       (SELECT k.kernel_id FROM kernel k WHERE EXISTS (SELECT 1 FROM chosen)
        AND k.step_id IS (SELECT step_id FROM chosen)
        AND k.kernel_def_id IN (SELECT kernel_def_id FROM streamed) AND EXISTS (SELECT 1 FROM streamed)
        ORDER BY k.dur_ns DESC, k.kernel_id LIMIT 2000),
     every AS MATERIALIZED
       (SELECT count(*) AS kernels FROM kernel k WHERE EXISTS (SELECT 1 FROM chosen)
        AND k.step_id IS (SELECT step_id FROM chosen)
        AND k.kernel_def_id IN (SELECT kernel_def_id FROM streamed) AND EXISTS (SELECT 1 FROM streamed))
SELECT k.start_ns - s.start_ns AS start_ns, k.dur_ns, k.device, k.stream, k.name, k.role, d.name AS op_name,
       m.path AS module_path, d.output_format, every.kernels
FROM chosen s CROSS JOIN every CROSS JOIN longest CROSS JOIN kernels k USING (kernel_id) LEFT JOIN op o ON o.op_id = k.op_id
LEFT JOIN op_def d USING (op_def_id) LEFT JOIN module m USING (module_id)
ORDER BY k.dur_ns DESC, k.kernel_id;
