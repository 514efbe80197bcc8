-- Conversions of a steady step, by cause
WITH steady AS (SELECT step_id, dur_ns FROM steps WHERE phase = 'steady'
                UNION ALL SELECT NULL, (SELECT value * 1e6 FROM figure WHERE name = 'step_ms')
                WHERE NOT EXISTS (SELECT 1 FROM steps)),
     total AS (SELECT count(*) AS steps, sum(dur_ns) AS ns FROM steady)
SELECT c.cause, 1.0 * count(*) / total.steps AS per_step, sum(c.dur_ns) / 1e6 / total.steps AS ms_per_step,
       100.0 * sum(c.dur_ns) / total.ns AS percent_of_step,
       1.0 * (count(*) - count(c.dur_ns)) / total.steps AS silent_per_step,
       CASE WHEN count(c.bytes_read + c.bytes_written) = count(*)
            THEN sum(c.bytes_read + c.bytes_written) / 1e6 / total.steps END AS megabytes_per_step
FROM total CROSS JOIN steady s CROSS JOIN conversions c ON c.step_id IS s.step_id
GROUP BY c.cause ORDER BY per_step DESC, c.cause;
