-- Conversions of the median steady step that took time of their own (the 2000 longest)
WITH chosen AS (SELECT step_id, start_ns FROM cost_steps WHERE has_times ORDER BY dur_ns, step_id
                LIMIT 1 OFFSET (SELECT max(count(*) - 1, 0) / 2 FROM cost_steps))
SELECT c.start_ns - s.start_ns AS start_ns, c.dur_ns, o.thread_id, c.op_name, c.module_path, c.cause, c.from_format,
       c.to_format, c.shape, c.source_dtype, c.dest_dtype, c.bytes_read + c.bytes_written AS bytes,
       count(*) OVER () AS conversions
FROM chosen s CROSS JOIN conversions c ON c.step_id IS s.step_id LEFT JOIN op o USING (op_id)
WHERE c.start_ns IS NOT NULL AND c.dur_ns IS NOT NULL
ORDER BY c.dur_ns DESC LIMIT 2000;
