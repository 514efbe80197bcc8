-- Where the operators with a finding stand: shapes and formats forward and backward, times of the median step, costs per step
WITH chosen AS (SELECT step_id, has_times FROM cost_steps ORDER BY dur_ns, step_id
                LIMIT 1 OFFSET (SELECT max(count(*) - 1, 0) / 2 FROM cost_steps)),
     found AS (SELECT finding_id, op_name, phase FROM findings
               WHERE scope = 'operator' AND (verdict <> 'clean' OR conversions_per_step > 0)),
     place AS (SELECT op_name, phase, module_path, verdict, conversions_per_step, dur_ns_per_step, lost_percent,
                      lost_percent_low, lost_percent_high, together_with
               FROM findings WHERE scope = 'instance'),
     ran AS (SELECT o.op_id, o.forward_op_id, o.name, o.phase, o.module_path, o.input_shape, o.input_format, o.output_shape,
                    o.output_format, CASE WHEN chosen.has_times THEN o.dur_ns END AS dur_ns
             FROM chosen CROSS JOIN operators o ON o.step_id IS chosen.step_id WHERE o.level = 0),
     back AS (SELECT forward_op_id, sum(dur_ns) AS dur_ns, max(input_format) AS input_format, max(output_format) AS output_format
              FROM ran WHERE forward_op_id IS NOT NULL GROUP BY forward_op_id),
     stood AS (SELECT found.finding_id, ran.name AS op_name, ran.phase, ran.module_path, ran.input_shape, ran.input_format,
                      ran.output_shape, ran.output_format, back.input_format AS backward_input_format,
                      back.output_format AS backward_output_format, count(*) AS runs, sum(ran.dur_ns) / 1e6 AS ms,
                      sum(back.dur_ns) / 1e6 AS backward_ms, min(ran.op_id) AS first_op_id
               FROM ran JOIN found ON found.op_name = ran.name AND (found.phase IS NULL OR found.phase IS ran.phase)
               LEFT JOIN back ON back.forward_op_id = ran.op_id
               GROUP BY found.finding_id, ran.module_path, ran.input_shape, ran.input_format, ran.output_shape,
                        ran.output_format, back.input_format, back.output_format),
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
