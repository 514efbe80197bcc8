-- Kernels of the median steady step that ran on a device stream of their own (the 2000 longest)
WITH chosen AS (SELECT step_id, start_ns FROM cost_steps WHERE has_times ORDER BY dur_ns, step_id
                LIMIT 1 OFFSET (SELECT max(count(*) - 1, 0) / 2 FROM cost_steps))
SELECT k.start_ns - s.start_ns AS start_ns, k.dur_ns, k.device, k.stream, k.name, k.role, d.name AS op_name,
       m.path AS module_path, d.output_format,
       count(*) OVER () AS kernels
FROM chosen s CROSS JOIN kernels k ON k.step_id IS s.step_id LEFT JOIN op o USING (op_id)
LEFT JOIN op_def d USING (op_def_id) LEFT JOIN module m USING (module_id)
WHERE k.stream IS NOT NULL AND k.device <> 'cpu'
ORDER BY k.dur_ns DESC LIMIT 2000;
