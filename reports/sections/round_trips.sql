-- Round trips of a steady step, by kind
WITH steady AS (SELECT step_id FROM steps WHERE phase = 'steady'), total AS (SELECT count(*) AS steps FROM steady)
SELECT r.kind, 1.0 * count(*) / total.steps AS per_step, sum(r.dur_ns) / 1e6 / total.steps AS ms_per_step,
       sum(r.exposed_ns) / 1e6 / total.steps AS exposed_ms_per_step,
       sum(r.bytes) / 1e6 / total.steps AS megabytes_per_step
FROM round_trips r, total WHERE r.step_id IN (SELECT step_id FROM steady)
GROUP BY r.kind ORDER BY per_step DESC, r.kind;
