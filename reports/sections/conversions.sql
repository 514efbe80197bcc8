-- Conversions of a steady step, by cause
WITH total AS (SELECT count(*) AS steps, (SELECT avg(dur_ns) FROM time_steps) AS step_ns FROM cost_steps)
SELECT d.cause, 1.0 * sum(moved.conversions) / total.steps AS per_step, sum(moved.dur_ns) / 1e6 / total.steps AS ms_per_step,
       100.0 * sum(moved.dur_ns) / total.steps / total.step_ns AS percent_of_step,
       1.0 * sum(moved.conversions - moved.with_kernel) / total.steps AS silent_per_step,
       CASE WHEN count(d.bytes_read + d.bytes_written) = count(*)
            THEN sum((d.bytes_read + d.bytes_written) * moved.conversions) / 1e6 / total.steps END AS megabytes_per_step
FROM total CROSS JOIN cost_conversion moved JOIN conversion_def d USING (conversion_def_id)
GROUP BY d.cause ORDER BY per_step DESC, d.cause;
