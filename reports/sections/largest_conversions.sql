-- The 50 costliest conversions of a steady step, summed over the steps by place
WITH steady AS (SELECT step_id FROM steps WHERE phase = 'steady'
                UNION ALL SELECT NULL
                WHERE NOT EXISTS (SELECT 1 FROM steps))
SELECT c.op_name, c.module_path, c.phase, c.cause, c.from_format, c.to_format, c.shape, c.source_dtype, c.dest_dtype,
       round(1.0 * count(*) / (SELECT count(*) FROM steady), 2) AS per_step, round(avg(c.dur_ns) / 1e6, 4) AS ms_each,
       c.bytes_read + c.bytes_written AS bytes, round((c.bytes_read + c.bytes_written) / avg(c.dur_ns), 2) AS gb_per_s
FROM steady s CROSS JOIN conversions c ON c.step_id IS s.step_id
GROUP BY c.op_name, c.module_path, c.phase, c.cause, c.from_format, c.to_format, c.shape
ORDER BY sum(c.dur_ns) DESC LIMIT 50;
