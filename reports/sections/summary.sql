-- Summary: throughput, step time, conversions, round trips and lost throughput of the steady steps
WITH steady AS (SELECT step_id, dur_ns FROM steps WHERE phase = 'steady'
                UNION ALL SELECT NULL, (SELECT value * 1e6 FROM figure WHERE name = 'step_ms')
                WHERE NOT EXISTS (SELECT 1 FROM steps)),
     total AS (SELECT count(*) AS steps, sum(dur_ns) AS ns FROM steady),
     moved AS (SELECT count(*) AS conversions, count(c.dur_ns) AS timed, sum(c.dur_ns) AS ns,
                      CASE WHEN count(bytes_read + bytes_written) = count(*)
                           THEN total(bytes_read + bytes_written) END AS bytes
               FROM steady s CROSS JOIN conversions c ON c.step_id IS s.step_id),
     trips AS (SELECT count(*) AS round_trips FROM steady s CROSS JOIN round_trips r ON r.step_id IS s.step_id),
     speed AS (SELECT max(value) AS value, max(low) AS low, max(high) AS high FROM figure WHERE name = 'images_per_s'),
     step_time AS (SELECT max(value) AS value, max(low) AS low, max(high) AS high FROM figure WHERE name = 'step_ms'),
     lost AS (SELECT max(value) AS value, max(low) AS low, max(high) AS high FROM figure
              WHERE name = 'lost_percent_total')
SELECT speed.value AS images_per_s, speed.low AS images_per_s_low, speed.high AS images_per_s_high,
       step_time.value AS step_ms, step_time.low AS step_ms_low, step_time.high AS step_ms_high,
       lost.value AS lost_percent, lost.low AS lost_percent_low, lost.high AS lost_percent_high,
       total.steps AS steady_steps,
       (SELECT count(*) FROM steps WHERE phase = 'warmup') AS warmup_steps,
       (SELECT count(*) FROM steps WHERE phase = 'outlier') AS outlier_steps,
       1.0 * moved.conversions / total.steps AS conversions_per_step,
       CASE WHEN moved.conversions = 0 AND total.steps > 0 THEN 0.0
            ELSE moved.ns / 1e6 / total.steps END AS conversion_ms_per_step,
       CASE WHEN moved.conversions = 0 AND total.steps > 0 THEN 0.0
            ELSE 100.0 * moved.ns / total.ns END AS conversion_percent_of_step,
       1.0 * (moved.conversions - moved.timed) / total.steps AS silent_per_step,
       moved.bytes / 1e6 / total.steps AS conversion_megabytes_per_step,
       1.0 * trips.round_trips / total.steps AS round_trips_per_step,
       (SELECT count(*) FROM findings) + (SELECT count(*) FROM figure) AS analysed
FROM total, moved, trips, speed, step_time, lost;
