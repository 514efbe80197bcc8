-- Processes (ranks) of the job: steps and step time of each
SELECT r.run_id, r.rank, r.world_size, r.device, r.device_name, count(t.step_id) AS steps, round(avg(t.dur_ns) / 1e6, 3) AS step_ms,
       round(1e9 * sum(coalesce(s.images, r.batch_size)) / sum(t.dur_ns), 2) AS images_per_s
FROM runs r LEFT JOIN time_steps t USING (run_id) LEFT JOIN step s ON s.step_id = t.step_id
GROUP BY r.run_id ORDER BY r.rank, r.run_id;
