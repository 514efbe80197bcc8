-- Where the time of a step goes, by operator and phase (operators alone, without wrappers and what runs inside them)
WITH total AS (SELECT count(*) AS steps, sum(dur_ns) AS ns FROM cost_steps)
SELECT o.name, o.phase, round(1.0 * count(*) / total.steps, 2) AS calls_per_step,
       round(sum(o.dur_ns) / 1e6 / total.steps, 3) AS ms_per_step,
       round(100.0 * sum(o.dur_ns) / total.ns, 2) AS percent_of_step
FROM total CROSS JOIN cost_steps s CROSS JOIN operators o ON o.step_id IS s.step_id
WHERE o.level = 0 AND s.has_times
GROUP BY o.name, o.phase ORDER BY sum(o.dur_ns) DESC;
