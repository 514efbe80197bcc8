-- Round trips of a steady step, by kind
WITH total AS (SELECT count(*) AS steps FROM cost_steps)
SELECT r.kind, 1.0 * r.round_trips / total.steps AS per_step, r.dur_ns / 1e6 / total.steps AS ms_per_step,
       r.exposed_ns / 1e6 / total.steps AS exposed_ms_per_step, r.bytes / 1e6 / total.steps AS megabytes_per_step
FROM total CROSS JOIN cost_round_trip r
ORDER BY per_step DESC, r.kind;
