-- Every step: phase, how it was run, time, conversions, loss
SELECT s.step_index, s.phase, round(s.dur_ns / 1e6, 3) AS ms, round(s.images * 1e9 / s.dur_ns, 2) AS images_per_s,
       (SELECT count(*) FROM conversions c WHERE c.step_id = s.step_id) AS conversions,
       (SELECT count(*) FROM round_trips r WHERE r.step_id = s.step_id) AS round_trips, s.loss, s.grad_scale, s.skipped, s.mode, s.run_id
FROM steps s ORDER BY s.step_id;
