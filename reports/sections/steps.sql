-- Every step: phase, how it was run, time, conversions, loss
WITH converted AS (SELECT step_id, count(*) AS conversions FROM conversion GROUP BY step_id),
     travelled AS (SELECT step_id, count(*) AS round_trips FROM round_trip GROUP BY step_id)
SELECT s.step_index, s.phase, CASE WHEN s.mode IS NOT 'recorded' THEN round(s.dur_ns / 1e6, 3) END AS ms,
       CASE WHEN ifnull(s.mode, '') NOT IN ('recorded', 'timed') OR s.step_id IN (SELECT step_id FROM time_steps)
            THEN round(s.images * 1e9 / s.dur_ns, 2) END AS images_per_s,
       CASE WHEN s.mode IS NOT 'undisturbed' THEN ifnull(c.conversions, 0) END AS conversions,
       CASE WHEN s.mode IS NOT 'undisturbed' THEN ifnull(r.round_trips, 0) END AS round_trips,
       s.loss, s.grad_scale, s.skipped, s.mode, s.run_id
FROM steps s LEFT JOIN converted c USING (step_id) LEFT JOIN travelled r USING (step_id) ORDER BY s.step_id;
