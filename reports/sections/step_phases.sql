-- Distribution of step times: warm-up, steady and outlier steps, with quartiles (recorded steps have no times of their own)
WITH known AS (SELECT ifnull(phase, 'unknown') AS phase, dur_ns / 1e6 AS ms, step_id FROM steps WHERE mode IS NOT 'recorded'),
     ranked AS (SELECT phase, ms, row_number() OVER (PARTITION BY phase ORDER BY ms, step_id) - 1 AS place,
                       count(*) OVER (PARTITION BY phase) - 1 AS last FROM known)
SELECT phase, count(*) AS steps, min(ms) AS ms_min,
       max(CASE WHEN place = last / 4 THEN ms END) AS ms_lower_quartile,
       avg(CASE WHEN place IN (last / 2, (last + 1) / 2) THEN ms END) AS ms_median,
       max(CASE WHEN place = (last * 3 + 3) / 4 THEN ms END) AS ms_upper_quartile, max(ms) AS ms_max
FROM ranked GROUP BY phase
ORDER BY phase = 'steady' DESC, phase = 'timed' DESC, phase = 'warmup' DESC, phase;
