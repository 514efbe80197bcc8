-- The conversions that each operator is charged with, of the median steady step: while which operator ran, cause, direction
WITH chosen AS MATERIALIZED
       (SELECT step_id, has_times FROM cost_steps ORDER BY dur_ns, step_id
        LIMIT 1 OFFSET (SELECT max(count(*) - 1, 0) / 2 FROM cost_steps)),
     span AS MATERIALIZED (SELECT min(c.conversion_id) AS first, max(c.conversion_id) AS last
                           FROM conversion c WHERE EXISTS (SELECT 1 FROM chosen) AND c.step_id IS (SELECT step_id FROM chosen)),
     moved AS (SELECT h.finding_id, op.op_def_id, c.conversion_def_id, count(*) AS conversions, count(c.kernel_id) AS alone,
                      sum(CASE WHEN (SELECT has_times FROM chosen) THEN c.dur_ns END) AS ns
               FROM span CROSS JOIN finding_conversion h
                    ON h.conversion_id BETWEEN span.first AND span.last
                       AND h.finding_id IN (SELECT finding_id FROM finding WHERE scope = 'operator')
               CROSS JOIN conversion c ON c.conversion_id = h.conversion_id AND c.step_id IS (SELECT step_id FROM chosen)
               LEFT JOIN op ON op.op_id = c.op_id
               GROUP BY h.finding_id, +op.op_def_id, c.conversion_def_id)
SELECT m.finding_id, o.name AS under, o.phase, d.cause, d.from_format, d.to_format, sum(m.conversions) AS conversions,
       sum(m.ns) / 1e6 AS ms,
       CASE WHEN count(d.bytes_read + d.bytes_written) = count(*)
            THEN sum((d.bytes_read + d.bytes_written) * m.conversions) / 1e6 END AS megabytes,
       sum(m.conversions - m.alone) AS silent
FROM moved m JOIN conversion_def d USING (conversion_def_id) LEFT JOIN op_def o USING (op_def_id)
GROUP BY m.finding_id, o.name, o.phase, d.cause, d.from_format, d.to_format
ORDER BY m.finding_id, ms DESC, conversions DESC, o.name, o.phase, d.cause, d.from_format, d.to_format;
