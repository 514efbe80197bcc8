-- Where the time of a step goes, by operator and phase (operators alone, without wrappers and what runs inside them)
WITH total AS (SELECT count(*) AS steps, sum(dur_ns) AS ns FROM cost_steps),
     ran AS (SELECT o.op_def_id, count(*) AS calls, sum(o.dur_ns) AS ns
             FROM cost_steps s CROSS JOIN op o ON o.step_id IS s.step_id AND o.level = 0
             WHERE s.has_times GROUP BY +o.op_def_id)
SELECT d.name, d.phase, round(1.0 * sum(ran.calls) / total.steps, 2) AS calls_per_step,
       round(sum(ran.ns) / 1e6 / total.steps, 3) AS ms_per_step, round(100.0 * sum(ran.ns) / total.ns, 2) AS percent_of_step
FROM total CROSS JOIN ran JOIN op_def d USING (op_def_id)
GROUP BY d.name, d.phase ORDER BY sum(ran.ns) DESC;
