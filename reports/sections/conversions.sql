-- Conversions of a steady step, by cause
WITH steady AS (SELECT step_id, dur_ns FROM steps WHERE phase = 'steady'),
     total AS (SELECT count(*) AS steps, sum(dur_ns) AS ns FROM steady)
SELECT c.cause, 1.0 * count(*) / total.steps AS per_step, sum(c.dur_ns) / 1e6 / total.steps AS ms_per_step,
       100.0 * sum(c.dur_ns) / total.ns AS percent_of_step,
       1.0 * (count(*) - count(c.dur_ns)) / total.steps AS silent_per_step,
       sum(c.bytes_read + c.bytes_written) / 1e6 / total.steps AS megabytes_per_step
FROM conversions c, total WHERE c.step_id IN (SELECT step_id FROM steady)
GROUP BY c.cause ORDER BY per_step DESC, c.cause;
