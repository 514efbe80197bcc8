-- The contract: names and columns here are never renamed or dropped; more may be added at the end.

CREATE VIEW runs AS
  SELECT run_id, source, command_line, model, device, device_name, policy, memory_format, autocast_dtype, batch_size,
         threads, rank, world_size, started_unix_ns, library_versions FROM run;

CREATE VIEW steps AS
  SELECT step_id, run_id, step_index, step_phase.phase AS phase, start_ns, dur_ns, images, loss, grad_scale, skipped, mode
  FROM step LEFT JOIN step_phase USING (step_id);

-- The steps that findings are means of, and those whose wall time makes step time and throughput (analysis/analysis.h says
-- why they may differ). A trace without steps is one step: a row whose step_id is NULL, and start_ns with it, since the first
-- of a million operators is not found in no time.
CREATE VIEW cost_steps AS
  SELECT step_id, run_id, step_index, start_ns, dur_ns, phase, phase <> 'recorded' AS has_times FROM steps
  WHERE ifnull(mode, '') <> 'undisturbed' AND phase =
    (SELECT phase FROM steps WHERE ifnull(mode, '') <> 'undisturbed' AND phase IN ('timed', 'steady', 'recorded')
     ORDER BY phase = 'timed' DESC, phase = 'steady' DESC LIMIT 1)
  UNION ALL
  SELECT NULL, NULL, NULL, NULL, (SELECT value * 1e6 FROM figure WHERE name = 'step_ms'), 'steady', 1
  WHERE NOT EXISTS (SELECT 1 FROM step);

CREATE VIEW time_steps AS
  SELECT step_id, run_id, step_index, start_ns, dur_ns, phase FROM steps
  WHERE phase = CASE WHEN EXISTS (SELECT 1 FROM step_phase WHERE phase = 'steady') THEN 'steady' ELSE 'timed' END
  UNION ALL
  SELECT NULL, NULL, NULL, NULL, (SELECT value * 1e6 FROM figure WHERE name = 'step_ms'), 'steady'
  WHERE NOT EXISTS (SELECT 1 FROM step);

CREATE VIEW modules AS SELECT module_id, parent_id, path, class FROM module;

CREATE VIEW operators AS
  SELECT op.op_id, op.step_id, op_def.sequence, op_def.name, op_def.phase, module.path AS module_path,
         module.class AS module_class, op.forward_op_id, op.thread_id, op.start_ns, op.dur_ns, op.device_dur_ns,
         op_def.input_format, op_def.output_format, op_def.input_shape, op_def.output_shape, op.fused_into, op.op_def_id,
         op.parent_op_id, op.level
  FROM op JOIN op_def USING (op_def_id) LEFT JOIN module USING (module_id);

-- Tensor ids: persistent tensors keep theirs; the others are told apart by step.
CREATE VIEW op_tensors AS
  SELECT op.op_id, t.direction, t.position,
         CASE WHEN t.persistent THEN t.tensor ELSE (ifnull(op.step_id, 0) << 32) + t.tensor END AS tensor_id,
         t.dtype, t.shape, t.strides, t.memory_format, t.bytes
  FROM op JOIN op_tensor_def t USING (op_def_id);

CREATE VIEW kernels AS
  SELECT kernel_id, step_id, op_id, d.name, d.role, d.device, d.stream, start_ns, dur_ns, correlation_id,
         d.bytes_read, d.bytes_written, d.flops, launch_ns
  FROM kernel JOIN kernel_def d USING (kernel_def_id);

CREATE VIEW conversions AS
  SELECT c.conversion_id, c.step_id, c.op_id, op_def.name AS op_name, module.path AS module_path, op_def.phase,
         c.kernel_id, d.cause, d.from_format, d.to_format, d.shape, d.bytes_read, d.bytes_written,
         d.source_dtype, d.dest_dtype, d.cached, d.padded, c.start_ns, c.dur_ns,
         CASE WHEN d.source_persistent THEN d.source_tensor
              ELSE (ifnull(c.step_id, 0) << 32) + d.source_tensor END AS source_tensor_id,
         CASE WHEN d.dest_persistent THEN d.dest_tensor
              ELSE (ifnull(c.step_id, 0) << 32) + d.dest_tensor END AS dest_tensor_id
  FROM conversion c JOIN conversion_def d USING (conversion_def_id)
  LEFT JOIN op USING (op_id) LEFT JOIN op_def USING (op_def_id) LEFT JOIN module USING (module_id);

CREATE VIEW round_trips AS
  SELECT round_trip_id, step_id, kind, culprits, carriers, first_conversion_id, last_conversion_id, dur_ns, exposed_ns,
         bytes FROM round_trip;

CREATE VIEW findings AS
  SELECT finding_id, scope, op_name, module_path, phase, verdict, conversions_per_step, round_trips_per_step,
         dur_ns_per_step, exposed_ns_per_step, penalty_ns_per_step, lost_images_per_s, lost_percent, lost_percent_low,
         lost_percent_high, together_with, advice, situation FROM finding;

CREATE VIEW verifications AS
  SELECT finding_id, baseline_images_per_s, fixed_images_per_s, gain_percent, gain_percent_low, gain_percent_high, pairs
  FROM verification;

CREATE VIEW format_measurements AS
  SELECT op_def_id, op_def.name, op_def.phase, module.path AS module_path, m.measurement_id, m.variant, m.repetition,
         m.dur_ns, m.library_ns, m.kernel_ns
  FROM measured_op JOIN format_measurement m USING (measurement_id) JOIN op_def USING (op_def_id)
  LEFT JOIN module USING (module_id);
