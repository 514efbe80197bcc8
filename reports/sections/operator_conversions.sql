-- The conversions that each operator is charged with, of the median steady step: while which operator ran, cause, direction
SELECT m.finding_id, o.name AS under, o.phase, d.cause, d.from_format, d.to_format, sum(m.conversions) AS conversions,
       sum(m.dur_ns) / 1e6 AS ms,
       CASE WHEN count(d.bytes_read + d.bytes_written) = count(*)
            THEN sum((d.bytes_read + d.bytes_written) * m.conversions) / 1e6 END AS megabytes,
       sum(m.conversions - m.with_kernel) AS silent
FROM median_conversion m JOIN conversion_def d USING (conversion_def_id) LEFT JOIN op_def o USING (op_def_id)
GROUP BY m.finding_id, o.name, o.phase, d.cause, d.from_format, d.to_format
ORDER BY m.finding_id, ms DESC, conversions DESC, o.name, o.phase, d.cause, d.from_format, d.to_format;
