-- The 50 costliest conversions of a steady step, summed over the steps by place
WITH total AS (SELECT count(*) AS steps FROM cost_steps)
SELECT o.name AS op_name, p.path AS module_path, o.phase, d.cause, d.from_format, d.to_format, d.shape, d.source_dtype, d.dest_dtype,
       round(1.0 * sum(m.conversions) / total.steps, 2) AS per_step, round(1.0 * sum(m.dur_ns) / sum(m.timed) / 1e6, 4) AS ms_each,
       d.bytes_read + d.bytes_written AS bytes,
       round((d.bytes_read + d.bytes_written) / (1.0 * sum(m.dur_ns) / sum(m.timed)), 2) AS gb_per_s
FROM total CROSS JOIN cost_conversion m JOIN conversion_def d USING (conversion_def_id) LEFT JOIN op_def o USING (op_def_id)
LEFT JOIN module p USING (module_id)
GROUP BY o.name, p.path, o.phase, d.cause, d.from_format, d.to_format, d.shape
ORDER BY sum(m.dur_ns) DESC LIMIT 50;
