-- Conversions of a steady step, by cause
WITH total AS (SELECT count(*) AS steps, (SELECT avg(dur_ns) FROM time_steps) AS step_ns FROM cost_steps),
     counted AS (SELECT c.cause, c.kernel_id, c.bytes_read, c.bytes_written, CASE WHEN s.has_times THEN c.dur_ns END AS dur_ns
                 FROM cost_steps s CROSS JOIN conversions c ON c.step_id IS s.step_id)
SELECT c.cause, 1.0 * count(*) / total.steps AS per_step, sum(c.dur_ns) / 1e6 / total.steps AS ms_per_step,
       100.0 * sum(c.dur_ns) / total.steps / total.step_ns AS percent_of_step,
       1.0 * (count(*) - count(c.kernel_id)) / total.steps AS silent_per_step,
       CASE WHEN count(c.bytes_read + c.bytes_written) = count(*)
            THEN sum(c.bytes_read + c.bytes_written) / 1e6 / total.steps END AS megabytes_per_step
FROM total CROSS JOIN counted c
GROUP BY c.cause ORDER BY per_step DESC, c.cause;
