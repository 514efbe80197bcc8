-- Summary: throughput, step time, conversions, round trips and lost throughput; counts, costs and times say of which steps
WITH cost AS (SELECT count(*) AS steps, max(phase) AS phase, min(has_times) AS has_times FROM cost_steps),
     time AS (SELECT count(*) AS steps, max(phase) AS phase, avg(dur_ns) AS ns FROM time_steps),
     moved AS (SELECT ifnull(sum(conversions), 0) AS conversions, ifnull(sum(with_kernel), 0) AS with_kernel, sum(dur_ns) AS ns,
                      CASE WHEN count(bytes_read + bytes_written) = count(*)
                           THEN total((bytes_read + bytes_written) * conversions) END AS bytes
               FROM cost_conversion JOIN conversion_def USING (conversion_def_id)),
     trips AS (SELECT ifnull(sum(round_trips), 0) AS round_trips FROM cost_round_trip),
     speed AS (SELECT max(value) AS value, max(low) AS low, max(high) AS high FROM figure WHERE name = 'images_per_s'),
     step_time AS (SELECT max(value) AS value, max(low) AS low, max(high) AS high FROM figure WHERE name = 'step_ms'),
     lost AS (SELECT max(value) AS value, max(low) AS low, max(high) AS high FROM figure
              WHERE name = 'lost_percent_total'),
     whole AS (SELECT gain_percent, gain_percent_low, gain_percent_high, pairs FROM verification WHERE finding_id IS NULL
               ORDER BY rowid DESC LIMIT 1)
SELECT speed.value AS images_per_s, speed.low AS images_per_s_low, speed.high AS images_per_s_high,
       step_time.value AS step_ms, step_time.low AS step_ms_low, step_time.high AS step_ms_high,
       lost.value AS lost_percent, lost.low AS lost_percent_low, lost.high AS lost_percent_high,
       CASE WHEN EXISTS (SELECT 1 FROM step) THEN (SELECT count(*) FROM steps WHERE phase = 'steady') ELSE 1 END
       AS steady_steps,
       (SELECT count(*) FROM steps WHERE phase = 'warmup') AS warmup_steps,
       (SELECT count(*) FROM steps WHERE phase = 'outlier') AS outlier_steps,
       1.0 * moved.conversions / cost.steps AS conversions_per_step,
       CASE WHEN moved.conversions = 0 AND cost.has_times THEN 0.0
            ELSE moved.ns / 1e6 / cost.steps END AS conversion_ms_per_step,
       CASE WHEN moved.conversions = 0 AND cost.has_times THEN 0.0
            ELSE 100.0 * moved.ns / cost.steps / time.ns END AS conversion_percent_of_step,
       1.0 * (moved.conversions - moved.with_kernel) / cost.steps AS silent_per_step,
       moved.bytes / 1e6 / cost.steps AS conversion_megabytes_per_step,
       1.0 * trips.round_trips / cost.steps AS round_trips_per_step,
       (SELECT count(*) FROM findings) + (SELECT count(*) FROM figure) AS analysed,
       (SELECT count(*) FROM steps WHERE phase = 'timed') AS timed_steps,
       (SELECT count(*) FROM steps WHERE phase = 'recorded') AS recorded_steps,
       EXISTS (SELECT 1 FROM step) AS has_steps, cost.phase AS costs_from, time.phase AS times_from,
       cost.steps AS cost_steps, time.steps AS time_steps,
       EXISTS (SELECT 1 FROM op) AS has_operators,
       EXISTS (SELECT 1 FROM op_tensor_def WHERE memory_format IS NOT NULL)
       OR EXISTS (SELECT 1 FROM op_def WHERE input_format IS NOT NULL) AS has_formats,
       EXISTS (SELECT 1 FROM kernel_def WHERE stream IS NOT NULL) AS has_device_kernels,
       (SELECT count(*) FROM run) AS ranks,
       (SELECT gain_percent FROM whole) AS verified_percent, (SELECT gain_percent_low FROM whole) AS verified_percent_low,
       (SELECT gain_percent_high FROM whole) AS verified_percent_high, (SELECT pairs FROM whole) AS verified_pairs
FROM cost, time, moved, trips, speed, step_time, lost;
