-- Kernels of the median steady step that ran on a device stream of their own (the 2000 longest)
SELECT k.start_ns - s.start_ns AS start_ns, k.dur_ns, k.device, k.stream, k.name, k.role, d.name AS op_name,
       m.path AS module_path, d.output_format, s.kernels
FROM median_step s CROSS JOIN median_longest l CROSS JOIN kernels k ON k.kernel_id = l.id LEFT JOIN op o ON o.op_id = k.op_id
LEFT JOIN op_def d USING (op_def_id) LEFT JOIN module m USING (module_id)
WHERE l.kind = 'kernel'
ORDER BY k.dur_ns DESC, k.kernel_id LIMIT 2000;
