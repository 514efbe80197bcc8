-- The conversions that each operator is charged with, of a steady step: under which operator they run, cause, direction
WITH total AS (SELECT count(*) AS steps FROM cost_steps),
     moved AS (SELECT f.finding_id, op.op_def_id, c.conversion_def_id, count(*) AS conversions, count(c.kernel_id) AS alone,
                      sum(CASE WHEN s.has_times THEN c.dur_ns END) AS ns
               FROM findings f JOIN finding_conversion USING (finding_id) JOIN conversion c USING (conversion_id)
               JOIN cost_steps s ON s.step_id IS c.step_id LEFT JOIN op USING (op_id)
               WHERE f.scope = 'operator'
               GROUP BY f.finding_id, op.op_def_id, c.conversion_def_id)
SELECT moved.finding_id, o.name AS under, o.phase, d.cause, d.from_format, d.to_format,
       1.0 * sum(conversions) / total.steps AS per_step, sum(moved.ns) / 1e6 / total.steps AS ms_per_step,
       CASE WHEN count(d.bytes_read + d.bytes_written) = count(*)
            THEN sum((d.bytes_read + d.bytes_written) * conversions) / 1e6 / total.steps END AS megabytes_per_step,
       1.0 * sum(conversions - alone) / total.steps AS silent_per_step
FROM total CROSS JOIN moved JOIN conversion_def d USING (conversion_def_id) LEFT JOIN op_def o USING (op_def_id)
GROUP BY moved.finding_id, o.name, o.phase, d.cause, d.from_format, d.to_format
ORDER BY moved.finding_id, ms_per_step DESC, per_step DESC, o.name, o.phase, d.cause, d.from_format, d.to_format;
