-- Operator instances with a conversion or a verdict other than clean, costliest first
WITH total AS (SELECT avg(dur_ns) AS step_ns FROM time_steps)
SELECT f.finding_id, f.op_name,
       f.op_name || CASE WHEN f.phase = 'backward' AND f.op_name NOT LIKE '%backward%' THEN ' (backward)' ELSE '' END
       AS label, f.module_path, f.phase, f.verdict, f.conversions_per_step, f.round_trips_per_step,
       f.dur_ns_per_step / 1e6 AS ms_per_step, 100.0 * f.dur_ns_per_step / total.step_ns AS percent_of_step,
       f.exposed_ns_per_step / 1e6 AS exposed_ms_per_step, f.penalty_ns_per_step / 1e6 AS penalty_ms_per_step,
       f.lost_percent, f.lost_percent_low, f.lost_percent_high, f.together_with, f.advice, f.situation
FROM findings f CROSS JOIN total
WHERE f.scope = 'instance' AND (f.verdict <> 'clean' OR f.conversions_per_step > 0)
ORDER BY f.verdict = 'thrash' DESC, f.lost_percent DESC, f.dur_ns_per_step DESC, f.conversions_per_step DESC,
         f.module_path, f.op_name, f.phase;
