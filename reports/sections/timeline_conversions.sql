-- Conversions of the median steady step that took time of their own (the 2000 longest)
SELECT c.start_ns - s.start_ns AS start_ns, c.dur_ns, o.thread_id, c.op_name, c.module_path, c.cause, c.from_format,
       c.to_format, c.shape, c.source_dtype, c.dest_dtype, c.bytes_read + c.bytes_written AS bytes, s.conversions
FROM median_step s CROSS JOIN median_longest l CROSS JOIN conversions c ON c.conversion_id = l.id
LEFT JOIN op o ON o.op_id = c.op_id
WHERE l.kind = 'conversion'
ORDER BY c.dur_ns DESC, c.conversion_id LIMIT 2000;
