-- Operators: verdict, conversions and cost per steady step, one row an operator type
WITH newest AS (SELECT * FROM verification WHERE rowid IN (SELECT max(rowid) FROM verification GROUP BY finding_id)),
     total AS (SELECT avg(dur_ns) AS step_ns FROM time_steps)
SELECT f.finding_id, f.op_name,
       f.op_name || CASE WHEN f.phase = 'backward' AND f.op_name NOT LIKE '%backward%' THEN ' (backward)' ELSE '' END
       AS label, f.phase, f.verdict, CASE WHEN f.verdict = 'thrash' AND f.situation = 'library' THEN 'library' ELSE f.verdict END
       AS verdict_text, f.conversions_per_step, f.round_trips_per_step,
       f.dur_ns_per_step / 1e6 AS ms_per_step, 100.0 * f.dur_ns_per_step / total.step_ns AS percent_of_step,
       f.exposed_ns_per_step / 1e6 AS exposed_ms_per_step, f.penalty_ns_per_step / 1e6 AS penalty_ms_per_step,
       f.lost_images_per_s, f.lost_percent, f.lost_percent_low, f.lost_percent_high, f.together_with, f.advice, f.situation,
       v.gain_percent AS verified_percent, v.gain_percent_low AS verified_percent_low,
       v.gain_percent_high AS verified_percent_high, v.pairs AS verified_pairs, p.rule,
       'layout rule ' || p.rule || ', ' || coalesce(CASE p.evidence WHEN 'read' THEN 'read in ' WHEN 'run' THEN 'observed: '
       END, '') || p.source AS evidence
FROM findings f CROSS JOIN total LEFT JOIN newest v USING (finding_id)
LEFT JOIN policy_rule p ON p.op_name = f.op_name
WHERE f.scope = 'operator'
ORDER BY f.verdict = 'clean', f.verdict = 'necessary', f.verdict = 'unknown', f.lost_percent DESC, f.dur_ns_per_step DESC,
         f.conversions_per_step DESC, f.op_name, f.phase;
