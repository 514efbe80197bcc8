-- Kernels of the median steady step that ran on a device stream of their own
WITH steady AS (SELECT step_id, start_ns, dur_ns FROM steps WHERE phase = 'steady'),
     chosen AS (SELECT step_id, start_ns FROM steady ORDER BY dur_ns, step_id
                LIMIT 1 OFFSET (SELECT max(count(*) - 1, 0) / 2 FROM steady))
SELECT k.start_ns - s.start_ns AS start_ns, k.dur_ns, k.device, k.stream, k.name, k.role, o.name AS op_name,
       o.module_path, o.output_format
FROM chosen s JOIN kernels k USING (step_id) LEFT JOIN operators o USING (op_id)
WHERE k.stream IS NOT NULL AND k.device <> 'cpu'
ORDER BY k.dur_ns DESC LIMIT 2000;
