-- Every step: phase, how it was run, time, conversions, loss
SELECT s.step_index, s.phase, CASE WHEN s.mode IS NOT 'recorded' THEN round(s.dur_ns / 1e6, 3) END AS ms,
       CASE WHEN ifnull(s.mode, '') NOT IN ('recorded', 'timed') OR s.step_id IN (SELECT step_id FROM time_steps)
            THEN round(s.images * 1e9 / s.dur_ns, 2) END AS images_per_s,
       CASE WHEN s.mode IS NOT 'undisturbed' THEN (SELECT count(*) FROM conversions c WHERE c.step_id = s.step_id) END
       AS conversions,
       CASE WHEN s.mode IS NOT 'undisturbed' THEN (SELECT count(*) FROM round_trips r WHERE r.step_id = s.step_id) END
       AS round_trips, s.loss, s.grad_scale, s.skipped, s.mode, s.run_id
FROM steps s ORDER BY s.step_id;
