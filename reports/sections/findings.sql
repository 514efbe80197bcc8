-- All findings with their verifications
WITH newest AS (SELECT * FROM verification WHERE rowid IN (SELECT max(rowid) FROM verification GROUP BY finding_id))
SELECT f.finding_id, f.scope, f.op_name, f.module_path, f.phase, f.verdict, f.conversions_per_step,
       f.round_trips_per_step, f.dur_ns_per_step, f.exposed_ns_per_step, f.penalty_ns_per_step, f.lost_images_per_s,
       f.lost_percent, f.lost_percent_low, f.lost_percent_high, f.together_with, f.advice, f.situation,
       v.baseline_images_per_s, v.fixed_images_per_s, v.gain_percent, v.gain_percent_low, v.gain_percent_high, v.pairs
FROM findings f LEFT JOIN newest v USING (finding_id) ORDER BY f.finding_id;
