-- The 50 costliest conversions of a steady step, summed over the steps by place
SELECT c.op_name, c.module_path, c.phase, c.cause, c.from_format, c.to_format, c.shape, c.source_dtype, c.dest_dtype,
       round(1.0 * count(*) / (SELECT count(*) FROM cost_steps), 2) AS per_step, round(avg(CASE WHEN s.has_times THEN c.dur_ns END) / 1e6, 4) AS ms_each,
       c.bytes_read + c.bytes_written AS bytes, round((c.bytes_read + c.bytes_written) / avg(CASE WHEN s.has_times THEN c.dur_ns END), 2) AS gb_per_s
FROM cost_steps s CROSS JOIN conversions c ON c.step_id IS s.step_id
GROUP BY c.op_name, c.module_path, c.phase, c.cause, c.from_format, c.to_format, c.shape
ORDER BY sum(c.dur_ns) DESC LIMIT 50;
