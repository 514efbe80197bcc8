-- Step times in order, warm-up and outliers apart; over 400 steps of a run become 400 stretches of equal length
WITH known AS (SELECT step_id, run_id, step_index, ifnull(phase, 'unknown') AS phase, dur_ns,
                      row_number() OVER (PARTITION BY run_id ORDER BY step_index, step_id) - 1 AS number,
                      count(*) OVER (PARTITION BY run_id) AS steps
               FROM steps WHERE mode IS NOT 'recorded'),
     first_run AS (SELECT min(run_id) AS run_id FROM known)
SELECT run_id, number / ((steps + 399) / 400) AS stretch, phase, min(step_index) AS first_step, max(step_index) AS last_step,
       count(*) AS steps, min(dur_ns) / 1e6 AS ms_min, avg(dur_ns) / 1e6 AS ms_mean, max(dur_ns) / 1e6 AS ms_max
FROM known JOIN first_run USING (run_id)
GROUP BY run_id, stretch, phase ORDER BY run_id, stretch, first_step;
