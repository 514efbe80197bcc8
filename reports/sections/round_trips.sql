-- Round trips of a steady step, by kind
WITH total AS (SELECT count(*) AS steps FROM cost_steps)
SELECT r.kind, 1.0 * count(*) / total.steps AS per_step, sum(r.dur_ns) / 1e6 / total.steps AS ms_per_step,
       sum(r.exposed_ns) / 1e6 / total.steps AS exposed_ms_per_step,
       sum(r.bytes) / 1e6 / total.steps AS megabytes_per_step
FROM total CROSS JOIN round_trip r -- 0: the one step of a trace without steps
WHERE ifnull(r.step_id, 0) IN (SELECT ifnull(step_id, 0) FROM cost_steps)
GROUP BY r.kind ORDER BY per_step DESC, r.kind;
