-- Conversions of the median steady step that took time of their own (the 2000 longest)
WITH chosen AS MATERIALIZED
       (SELECT step_id, CASE WHEN step_id IS NULL
               THEN (SELECT min(ifnull((SELECT min(start_ns) FROM kernel), start_ns), start_ns)
                     FROM (SELECT min(start_ns) AS start_ns FROM op))
               ELSE start_ns END AS start_ns
        FROM cost_steps WHERE has_times ORDER BY dur_ns, step_id
        LIMIT 1 OFFSET (SELECT max(count(*) - 1, 0) / 2 FROM cost_steps)),
     longest AS MATERIALIZED
       (SELECT c.conversion_id FROM conversion c WHERE EXISTS (SELECT 1 FROM chosen)
        AND c.step_id IS (SELECT step_id FROM chosen)
        AND c.start_ns IS NOT NULL AND c.dur_ns IS NOT NULL ORDER BY c.dur_ns DESC, c.conversion_id LIMIT 2000),
     every AS MATERIALIZED
       (SELECT count(*) AS conversions FROM conversion c WHERE EXISTS (SELECT 1 FROM chosen)
        AND c.step_id IS (SELECT step_id FROM chosen)
        AND c.start_ns IS NOT NULL AND c.dur_ns IS NOT NULL)
SELECT c.start_ns - s.start_ns AS start_ns, c.dur_ns, o.thread_id, c.op_name, c.module_path, c.cause, c.from_format,
       c.to_format, c.shape, c.source_dtype, c.dest_dtype, c.bytes_read + c.bytes_written AS bytes, every.conversions
FROM chosen s CROSS JOIN every CROSS JOIN longest CROSS JOIN conversions c USING (conversion_id) LEFT JOIN op o ON o.op_id = c.op_id
ORDER BY c.dur_ns DESC, c.conversion_id;
