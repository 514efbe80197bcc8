-- 600 operators a step, 13 steps, 40 round trips a step: the size for which the HTML page has to stay under 1 MB.
INSERT INTO run VALUES (1, 'train', 'clprof train large --channels-last', 'large', 'cpu', 'Test CPU', 'torch-2.10-cpu',
  'channels_last', 'bfloat16', 16, 2, NULL, NULL, 1700000000000000000, 'onednn 3.2');
INSERT INTO step SELECT value, 1, value - 1, value * 100000000, 97000000 + value % 3 * 500000, 16, 2.5 - value / 50.0, NULL, 0
  FROM generated WHERE value BETWEEN 1 AND 13;
INSERT INTO step_phase SELECT step_id, CASE WHEN step_id <= 3 THEN 'warmup' ELSE 'steady' END FROM step;
INSERT INTO module SELECT value, CASE WHEN value > 1 THEN 1 END, CASE value WHEN 1 THEN '' ELSE printf('layer%d.%d.%s', value / 40 + 1,
  value % 40, CASE value % 3 WHEN 0 THEN 'conv' WHEN 1 THEN 'bn' ELSE 'resize' END) END, 'Module' FROM generated WHERE value <= 160;
INSERT INTO op_def SELECT value,
  CASE WHEN value > 560 THEN 'aten::_fused_sgd_' WHEN value % 15 = 7 THEN 'aten::upsample_bicubic2d' WHEN value % 15 = 8 THEN 'aten::relu'
       WHEN value > 260 THEN CASE value % 3 WHEN 0 THEN 'aten::convolution_backward' WHEN 1 THEN 'aten::native_batch_norm_backward'
                             ELSE 'aten::threshold_backward' END
       ELSE CASE value % 3 WHEN 0 THEN 'aten::convolution' WHEN 1 THEN 'aten::native_batch_norm' ELSE 'aten::relu_' END END,
  CASE WHEN value <= 260 THEN 'forward' WHEN value <= 560 THEN 'backward' ELSE 'optimizer' END, value % 160 + 1, value,
  CASE WHEN value > 560 THEN 'either' WHEN value % 15 = 8 THEN 'contiguous' ELSE 'channels_last' END,
  CASE WHEN value > 560 THEN 'either' WHEN value % 15 IN (7, 8) THEN 'contiguous' ELSE 'channels_last' END,
  '[16,256,56,56]', '[16,256,56,56]' FROM generated WHERE value <= 600;
INSERT INTO op SELECT step_id * 1000 + op_def_id, step_id, op_def_id, NULL, NULL, 4242, start_ns + op_def_id * 160000,
  60000 + (op_def_id * 7919) % 90000, NULL FROM step, op_def;
INSERT INTO conversion_def VALUES
  (1, 'operator', 'channels_last', 'contiguous', '[16,256,56,56]', 25690112, 25690112, 'bfloat16', 'bfloat16', 0, 0, 1, 0, 2, 0),
  (2, 'operator', 'contiguous', 'channels_last', '[16,256,56,56]', 25690112, 25690112, 'bfloat16', 'float32', 0, 0, 2, 0, 3, 0),
  (3, 'input', 'contiguous', 'channels_last', '[16,3,224,224]', 4816896, 4816896, 'bfloat16', 'bfloat16', 0, 0, 4, 0, 5, 0);
INSERT INTO kernel_def VALUES (1, 'convert', 'conversion', 'cpu', NULL, 25690112, 25690112, 0);
INSERT INTO conversion SELECT op_id * 10, step_id, op_id, 1, NULL, start_ns, 30000 FROM op WHERE op_def_id % 15 = 7 AND op_def_id < 560;
INSERT INTO conversion SELECT op_id * 10, step_id, op_id, 2, NULL, start_ns, 30000 FROM op WHERE op_def_id % 15 = 9 AND op_def_id < 560;
INSERT INTO conversion SELECT op_id * 10, step_id, op_id, 3, NULL, start_ns, 20000 FROM op WHERE op_def_id = 1;
INSERT INTO round_trip SELECT op_id, step_id, CASE WHEN op_def_id <= 260 THEN 'forward' ELSE 'backward' END,
  'aten::upsample_bicubic2d', 'aten::relu', op_id * 10, (op_id + 2) * 10, 60000, 55000, 102760448
  FROM op WHERE op_def_id % 15 = 7 AND op_def_id < 556;
INSERT INTO round_trip_member SELECT round_trip_id, value - 1, round_trip_id + value - 1,
  CASE value WHEN 1 THEN 'culprit' WHEN 2 THEN 'carrier' ELSE 'consumer' END FROM round_trip, generated WHERE value <= 3;
INSERT INTO finding SELECT op_def_id, 'instance', name, path, phase, CASE WHEN op_def_id % 15 = 7 THEN 'thrash' ELSE 'clean' END,
  CASE WHEN op_def_id % 15 = 7 THEN 2 ELSE 0 END, CASE WHEN op_def_id % 15 = 7 THEN 1 ELSE 0 END,
  CASE WHEN op_def_id % 15 = 7 THEN 60000 ELSE 0 END, 55000, NULL, 0.1, 0.06, 0.05, 0.07, NULL, NULL
  FROM op_def JOIN module USING (module_id) WHERE op_def_id <= 560;
INSERT INTO finding SELECT 1000 + min(op_def_id), 'operator', name, NULL, phase,
  CASE WHEN name = 'aten::upsample_bicubic2d' THEN 'thrash' ELSE 'clean' END, CASE WHEN name = 'aten::upsample_bicubic2d' THEN 37 ELSE 0 END,
  CASE WHEN name = 'aten::upsample_bicubic2d' THEN 18 ELSE 0 END, CASE WHEN name = 'aten::upsample_bicubic2d' THEN 1100000 ELSE 0 END,
  NULL, NULL, 2, CASE WHEN name = 'aten::upsample_bicubic2d' THEN 1.15 ELSE 0 END, CASE WHEN name = 'aten::upsample_bicubic2d' THEN 1.05 ELSE 0 END,
  CASE WHEN name = 'aten::upsample_bicubic2d' THEN 1.25 ELSE 0 END, NULL,
  CASE WHEN name = 'aten::upsample_bicubic2d' THEN 'use mode="bilinear" or "nearest", which have channels_last kernels, or resize before the batch enters the model' END
  FROM op_def GROUP BY name, phase;
INSERT INTO finding SELECT 2000 + module_id, 'module', path, path, NULL, 'thrash', 2, 1, 60000, 55000, NULL, 0.1, 0.06, 0.05, 0.07, NULL, NULL
  FROM module WHERE module_id % 10 = 0;
INSERT INTO policy_rule VALUES ('aten::upsample_bicubic2d', 'contiguous', 1,
  'the CPU kernel reads channels_last input but allocates its output contiguous', 'aten/src/ATen/native/cpu/UpSampleKernel.cpp');
INSERT INTO fix_order VALUES (1, '1007', 1.15), (2, '1007, 1262', 2.31);
INSERT INTO figure VALUES ('images_per_s', 164.1, 162.9, 165.4), ('step_ms', 97.5, 97.1, 97.9), ('lost_percent_total', 2.31, 2.1, 2.5);
