-- 600 operators a step, 13 steps, 37 round trips a step: the size for which the HTML page has to stay under 1 MB.
-- The test makes a table `generated` with the numbers from 1 to 1000.
INSERT INTO run (run_id, source, command_line, model, device, device_name, policy, memory_format, autocast_dtype,
                 batch_size, threads, started_unix_ns, library_versions)
VALUES (1, 'train', 'clprof train large --channels-last', 'large', 'cpu', 'Test CPU', 'torch-2.10-cpu', 'channels_last',
        'bfloat16', 16, 2, 1700000000000000000, 'onednn 3.2');
INSERT INTO step (step_id, run_id, step_index, start_ns, dur_ns, images, loss, grad_scale, skipped)
SELECT value, 1, value - 1, value * 100000000, 97000000 + value % 3 * 500000, 16, 2.5 - value / 50.0, NULL, 0
FROM generated WHERE value <= 13;
INSERT INTO step_phase SELECT step_id, CASE WHEN step_id <= 3 THEN 'warmup' ELSE 'steady' END FROM step;
INSERT INTO module VALUES (1, NULL, '', 'Large');
INSERT INTO module
SELECT value, 1, printf('layer%d.%d.%s', value / 40 + 1, value % 40,
                        CASE value % 3 WHEN 0 THEN 'conv' WHEN 1 THEN 'bn' ELSE 'resize' END), 'Module'
FROM generated WHERE value BETWEEN 2 AND 160;

-- Of 15 operators one is a culprit (kind 7) and the next a carrier (kind 8); the one after converts back (kind 9).
CREATE TEMP TABLE planned AS
SELECT value AS id, CASE WHEN value > 560 THEN 0 ELSE value % 15 END AS kind, value % 3 AS family,
       CASE WHEN value <= 260 THEN 'forward' WHEN value <= 560 THEN 'backward' ELSE 'optimizer' END AS phase
FROM generated WHERE value <= 600;
CREATE TEMP TABLE names (phase TEXT, family INTEGER, name TEXT);
INSERT INTO names VALUES ('forward', 0, 'aten::convolution'), ('forward', 1, 'aten::native_batch_norm'),
  ('forward', 2, 'aten::relu_'), ('backward', 0, 'aten::convolution_backward'),
  ('backward', 1, 'aten::native_batch_norm_backward'), ('backward', 2, 'aten::threshold_backward'),
  ('optimizer', 0, 'aten::_fused_sgd_'), ('optimizer', 1, 'aten::_fused_sgd_'), ('optimizer', 2, 'aten::_fused_sgd_');
INSERT INTO op_def
SELECT id, CASE kind WHEN 7 THEN 'aten::upsample_bicubic2d' WHEN 8 THEN 'aten::relu' ELSE name END, phase, id % 160 + 1,
       id, CASE WHEN kind = 8 THEN 'contiguous' ELSE 'channels_last' END,
       CASE WHEN kind IN (7, 8) THEN 'contiguous' ELSE 'channels_last' END, '[16,256,56,56]', '[16,256,56,56]'
FROM planned JOIN names USING (phase, family) ORDER BY id;
INSERT INTO op (op_id, step_id, op_def_id, forward_op_id, fused_into, thread_id, start_ns, dur_ns, device_dur_ns)
SELECT step_id * 1000 + op_def_id, step_id, op_def_id, NULL, NULL, 4242, start_ns + op_def_id * 160000,
       60000 + (op_def_id * 7919) % 90000, NULL
FROM step, op_def;

INSERT INTO conversion_def VALUES
  (7, 'operator', 'channels_last', 'contiguous', '[16,256,56,56]', 25690112, 25690112, 'bfloat16', 'bfloat16', 0, 0,
   1, 0, 2, 0),
  (9, 'operator', 'contiguous', 'channels_last', '[16,256,56,56]', 25690112, 25690112, 'bfloat16', 'float32', 0, 0,
   2, 0, 3, 0);
INSERT INTO conversion
SELECT op_id * 10, step_id, op_id, kind, NULL, start_ns, 30000
FROM op JOIN planned ON planned.id = op_def_id WHERE kind IN (7, 9) AND op_def_id < 556;
INSERT INTO round_trip
SELECT op_id, step_id, phase, 'aten::upsample_bicubic2d', 'aten::relu', op_id * 10, (op_id + 2) * 10, 60000, 55000,
       102760448
FROM op JOIN planned ON planned.id = op_def_id WHERE kind = 7 AND op_def_id < 554;
INSERT INTO round_trip_member
SELECT round_trip_id, value - 1, round_trip_id + value - 1,
       CASE value WHEN 1 THEN 'culprit' WHEN 2 THEN 'carrier' ELSE 'consumer' END
FROM round_trip, generated WHERE value <= 3;

CREATE TEMP TABLE charged AS SELECT op_def.*, kind = 7 AS culprit FROM op_def JOIN planned ON planned.id = op_def_id;
INSERT INTO finding (finding_id, scope, op_name, module_path, phase, verdict, conversions_per_step, round_trips_per_step,
  dur_ns_per_step, exposed_ns_per_step, penalty_ns_per_step, lost_images_per_s, lost_percent, lost_percent_low,
  lost_percent_high, together_with, advice)
SELECT op_def_id, 'instance', name, path, phase, CASE WHEN culprit THEN 'thrash' ELSE 'clean' END, 2 * culprit, culprit,
       60000 * culprit, 55000 * culprit, NULL, 0.1 * culprit, 0.06 * culprit, 0.05 * culprit, 0.07 * culprit, NULL, NULL
FROM charged JOIN module USING (module_id);
INSERT INTO finding (finding_id, scope, op_name, module_path, phase, verdict, conversions_per_step, round_trips_per_step,
  dur_ns_per_step, exposed_ns_per_step, penalty_ns_per_step, lost_images_per_s, lost_percent, lost_percent_low,
  lost_percent_high, together_with, advice)
SELECT 1000 + min(op_def_id), 'operator', name, NULL, phase, CASE WHEN culprit THEN 'thrash' ELSE 'clean' END,
       2 * sum(culprit), sum(culprit), 60000 * sum(culprit), 55000 * sum(culprit), NULL, 0.1 * sum(culprit),
       0.06 * sum(culprit), 0.05 * sum(culprit), 0.07 * sum(culprit), NULL,
       CASE WHEN culprit THEN 'use mode="bilinear" or "nearest", which have channels_last kernels' END
FROM charged GROUP BY name, phase;
INSERT INTO finding (finding_id, scope, op_name, module_path, phase, verdict, conversions_per_step, round_trips_per_step,
  dur_ns_per_step, exposed_ns_per_step, penalty_ns_per_step, lost_images_per_s, lost_percent, lost_percent_low,
  lost_percent_high, together_with, advice)
SELECT 2000 + module_id, 'module', NULL, path, NULL, 'thrash', 2, 1, 60000, 55000, NULL, 0.1, 0.06, 0.05, 0.07, NULL, NULL
FROM module WHERE module_id % 10 = 0;
INSERT INTO policy_rule VALUES ('aten::upsample_bicubic2d', 'contiguous', 1,
  'the CPU kernel reads channels_last input but allocates its output contiguous',
  'aten/src/ATen/native/cpu/UpSampleKernel.cpp');
INSERT INTO fix_order VALUES (1, '1007', 1.15), (2, '1007, 1262', 2.31);
INSERT INTO figure VALUES ('images_per_s', 164.1, 162.9, 165.4), ('step_ms', 97.5, 97.1, 97.9),
  ('lost_percent_total', 2.31, 2.1, 2.5);
