-- Conversions of the median steady step that took time of their own
WITH steady AS (SELECT step_id, start_ns, dur_ns FROM steps WHERE phase = 'steady'
                UNION ALL SELECT NULL, (SELECT min(start_ns) FROM op),
                                 (SELECT value * 1e6 FROM figure WHERE name = 'step_ms')
                WHERE NOT EXISTS (SELECT 1 FROM steps)),
     chosen AS (SELECT step_id, start_ns FROM steady ORDER BY dur_ns, step_id
                LIMIT 1 OFFSET (SELECT max(count(*) - 1, 0) / 2 FROM steady))
SELECT c.start_ns - s.start_ns AS start_ns, c.dur_ns, o.thread_id, c.op_name, c.module_path, c.cause, c.from_format,
       c.to_format, c.shape, c.source_dtype, c.dest_dtype, c.bytes_read + c.bytes_written AS bytes
FROM chosen s CROSS JOIN conversions c ON c.step_id IS s.step_id LEFT JOIN op o USING (op_id)
WHERE c.start_ns IS NOT NULL AND c.dur_ns IS NOT NULL
ORDER BY c.dur_ns DESC LIMIT 2000;
