-- Where the time of a steady step goes, by operator and phase
WITH steady AS (SELECT step_id, dur_ns FROM steps WHERE phase = 'steady'
                UNION ALL SELECT NULL, (SELECT value * 1e6 FROM figure WHERE name = 'step_ms')
                WHERE NOT EXISTS (SELECT 1 FROM steps)),
     total AS (SELECT count(*) AS steps, sum(dur_ns) AS ns FROM steady)
SELECT o.name, o.phase, round(1.0 * count(*) / total.steps, 2) AS calls_per_step,
       round(sum(o.dur_ns) / 1e6 / total.steps, 3) AS ms_per_step,
       round(100.0 * sum(o.dur_ns) / total.ns, 2) AS percent_of_step
FROM total CROSS JOIN steady s CROSS JOIN operators o ON o.step_id IS s.step_id
GROUP BY o.name, o.phase ORDER BY sum(o.dur_ns) DESC;
