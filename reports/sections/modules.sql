-- Modules with conversions, costliest first
WITH total AS (SELECT avg(dur_ns) AS step_ns FROM time_steps)
SELECT f.finding_id, f.module_path, f.verdict, f.conversions_per_step, f.round_trips_per_step,
       f.dur_ns_per_step / 1e6 AS ms_per_step, 100.0 * f.dur_ns_per_step / total.step_ns AS percent_of_step,
       f.lost_percent, f.lost_percent_low, f.lost_percent_high
FROM findings f CROSS JOIN total
WHERE f.scope = 'module' AND (f.verdict <> 'clean' OR f.conversions_per_step > 0)
ORDER BY f.lost_percent DESC, f.dur_ns_per_step DESC, f.module_path;
