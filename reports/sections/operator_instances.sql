-- Where the operators with a finding stand: shapes and formats forward and backward, times of the median step, costs per step
WITH found AS (SELECT finding_id, op_name, phase FROM findings
               WHERE scope = 'operator' AND (verdict <> 'clean' OR conversions_per_step > 0)),
     place AS (SELECT op_name, phase, module_path, verdict, conversions_per_step, dur_ns_per_step, lost_percent,
                      lost_percent_low, lost_percent_high, together_with
               FROM findings WHERE scope = 'instance'),
     stood AS (SELECT found.finding_id, d.name AS op_name, d.phase, m.path AS module_path, d.input_shape, d.input_format,
                      d.output_shape, d.output_format, ran.backward_input_format,
                      ran.backward_output_format, sum(ran.runs) AS runs, sum(ran.dur_ns) / 1e6 AS ms,
                      sum(ran.backward_dur_ns) / 1e6 AS backward_ms, min(ran.first_op_id) AS first_op_id
               FROM median_op ran JOIN op_def d USING (op_def_id)
               JOIN found ON found.op_name = d.name AND (found.phase IS NULL OR found.phase IS d.phase)
               LEFT JOIN module m USING (module_id)
               GROUP BY found.finding_id, m.path, d.input_shape, d.input_format, d.output_shape, d.output_format,
                        ran.backward_input_format, ran.backward_output_format),
     numbered AS (SELECT *, count(*) OVER (PARTITION BY finding_id) AS instances,
                         row_number() OVER (PARTITION BY finding_id ORDER BY first_op_id) AS number FROM stood)
SELECT s.finding_id, s.op_name, s.module_path, s.input_shape, s.input_format, s.output_shape, s.output_format,
       s.backward_input_format, s.backward_output_format, s.runs, s.ms, s.backward_ms, place.verdict,
       place.conversions_per_step, place.dur_ns_per_step / 1e6 AS conversion_ms_per_step, place.lost_percent,
       place.lost_percent_low, place.lost_percent_high, place.together_with, s.instances
FROM numbered s LEFT JOIN place ON place.op_name = s.op_name AND place.module_path IS s.module_path
                                   AND (place.phase IS NULL OR place.phase IS s.phase)
WHERE s.number <= 1000
ORDER BY s.finding_id, place.lost_percent DESC, place.dur_ns_per_step DESC, s.first_op_id;
