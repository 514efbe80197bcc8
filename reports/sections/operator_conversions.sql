-- The conversions that each operator is charged with, of the median steady step: while which operator ran, cause, direction
WITH chosen AS (SELECT step_id, has_times FROM cost_steps ORDER BY dur_ns, step_id
                LIMIT 1 OFFSET (SELECT max(count(*) - 1, 0) / 2 FROM cost_steps)),
     moved AS MATERIALIZED (SELECT c.conversion_id, c.op_id, c.conversion_def_id, c.kernel_id,
                                   CASE WHEN chosen.has_times THEN c.dur_ns END AS dur_ns
                            FROM chosen CROSS JOIN conversion c ON c.step_id IS chosen.step_id),
     charged AS MATERIALIZED (SELECT finding_id, conversion_id FROM finding_conversion
                              WHERE conversion_id BETWEEN (SELECT min(conversion_id) FROM moved)
                                                      AND (SELECT max(conversion_id) FROM moved))
SELECT f.finding_id, o.name AS under, o.phase, d.cause, d.from_format, d.to_format, count(*) AS conversions,
       sum(m.dur_ns) / 1e6 AS ms,
       CASE WHEN count(d.bytes_read + d.bytes_written) = count(*) THEN sum(d.bytes_read + d.bytes_written) / 1e6 END AS megabytes,
       count(*) - count(m.kernel_id) AS silent
FROM charged JOIN moved m USING (conversion_id) JOIN findings f USING (finding_id) JOIN conversion_def d USING (conversion_def_id)
LEFT JOIN op USING (op_id) LEFT JOIN op_def o USING (op_def_id)
WHERE f.scope = 'operator'
GROUP BY f.finding_id, o.name, o.phase, d.cause, d.from_format, d.to_format
ORDER BY f.finding_id, ms DESC, conversions DESC, o.name, o.phase, d.cause, d.from_format, d.to_format;
