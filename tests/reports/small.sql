-- A trace of one small model with everything that a report shows, and names that try to break out of every format.
-- The figures of the finding tables are made up; those of the raw rows agree with each other.
INSERT INTO run (run_id, source, command_line, model, device, device_name, policy, memory_format,
  autocast_dtype, batch_size, threads, rank, world_size, started_unix_ns, library_versions) VALUES (1, 'train',
    'clprof train "toy" --channels-last', 'toy <script>alert(1)</script>', 'cpu',
  'Test CPU & "co"', 'torch-2.10-cpu', 'channels_last', 'bfloat16', 8, 2, NULL, NULL, 1700000000000000000, NULL);
INSERT INTO module VALUES (1, NULL, '', 'Toy'), (2, 1, 'stem.conv', 'Conv2d'), (3, 1, 'stem.resize', 'Upsample'),
  (4, 1, 'head, "last"', 'Conv2d');
INSERT INTO op_def VALUES
  (1, 'aten::convolution', 'forward', 2, 0, 'channels_last', 'channels_last', '[8,3,16,16]', '[8,16,16,16]'),
  (2, 'aten::relu_', 'forward', 1, 1, 'channels_last', 'channels_last', '[8,16,16,16]', '[8,16,16,16]'),
  (3, 'aten::upsample_bicubic2d', 'forward', 3, 2, 'channels_last', 'contiguous', '[8,16,16,16]', '[8,16,32,32]'),
  (4, 'aten::relu', 'forward', 3, 3, 'contiguous', 'contiguous', '[8,16,32,32]', '[8,16,32,32]'),
  (5, 'aten::convolution', 'forward', 4, 4, 'contiguous', 'channels_last', '[8,16,32,32]', '[8,4,32,32]'),
  (6, 'aten::mean', 'forward', 1, 5, 'channels_last', 'either', '[8,4,32,32]', '[8,4,1,1]'),
  (7, 'aten::convolution_backward', 'backward', 4, 6, 'channels_last', NULL, '[8,4,32,32]', NULL);
INSERT INTO step (step_id, run_id, step_index, start_ns, dur_ns, images, loss, grad_scale, skipped)
  VALUES (1, 1, 0, 1000000, 9000000, 8, 2.5, NULL, 0), (2, 1, 1, 10000000, 4000000, 8, 2.25, NULL, 0),
  (3, 1, 2, 14000000, 4000000, 8, 2.125, NULL, 0), (4, 1, 3, 18000000, 8000000, 8, 2.0, NULL, 0),
  (5, 1, 4, 26000000, 4000000, 8, 1.875, NULL, 0);
INSERT INTO step_phase VALUES (1, 'warmup'), (2, 'steady'), (3, 'steady'), (4, 'outlier'), (5, 'steady');
INSERT INTO op (op_id, step_id, op_def_id, forward_op_id, fused_into, thread_id, start_ns, dur_ns, device_dur_ns)
  SELECT step_id * 10 + op_def_id, step_id, op_def_id, CASE op_def_id WHEN 7 THEN step_id * 10 + 5 END,
  CASE op_def_id WHEN 2 THEN step_id * 10 + 1 END, 1,
  CASE op_def_id WHEN 2 THEN NULL ELSE start_ns + 500000 * (op_def_id - 1) END,
  CASE op_def_id WHEN 2 THEN NULL ELSE 450000 END, NULL FROM step, op_def;
INSERT INTO kernel_def VALUES (1, 'jit:conv', 'compute', 'cpu', NULL, 4000, 2000, 100000),
  (2, 'convert_nhwc_nchw', 'conversion', 'cpu', NULL, 65536, 65536, 0),
  (3, 'convert_nchw_nhwc', 'conversion', 'cpu', NULL, 262144, 262144, 0),
  (4, 'gpu "kernel"', 'compute', 'cuda', 'stream 7', NULL, NULL, NULL);
INSERT INTO kernel (kernel_id, step_id, op_id, kernel_def_id, start_ns, dur_ns, correlation_id)
  SELECT step_id * 10 + 1, step_id, step_id * 10 + 1, 1, start_ns, 400000, NULL FROM step;
INSERT INTO kernel (kernel_id, step_id, op_id, kernel_def_id, start_ns, dur_ns, correlation_id)
  SELECT step_id * 10 + 2, step_id, step_id * 10 + 3, 2, start_ns + 1000000, 100000, NULL FROM step;
INSERT INTO kernel (kernel_id, step_id, op_id, kernel_def_id, start_ns, dur_ns, correlation_id)
  SELECT step_id * 10 + 3, step_id, step_id * 10 + 5, 3, start_ns + 2000000, 200000, NULL FROM step;
INSERT INTO kernel (kernel_id, step_id, op_id, kernel_def_id, start_ns, dur_ns, correlation_id)
  SELECT step_id * 10 + 4, step_id, step_id * 10 + 5, 4, start_ns + 2200000, 100000, 77 FROM step;
INSERT INTO conversion_def VALUES
  (1, 'operator', 'channels_last', 'contiguous', '[8,16,16,16]', 65536, 65536, 'bfloat16', 'bfloat16', 0, 0, 2, 0, 3,
    0),
  (2, 'operator', 'contiguous', 'channels_last', '[8,16,32,32]', 262144, 262144, 'bfloat16', 'bfloat16', 0, 0, 5, 0,
    6, 0),
  (3, 'gradient', 'contiguous', 'channels_last', '[8,4,32,32]', NULL, NULL, 'bfloat16', 'bfloat16', 0, 0, 7, 0, 8, 0);
INSERT INTO conversion SELECT step_id * 10 + 1, step_id, step_id * 10 + 3, 1, step_id * 10 + 2, start_ns + 1000000,
  100000 FROM step;
INSERT INTO conversion SELECT step_id * 10 + 2, step_id, step_id * 10 + 5, 2, step_id * 10 + 3, start_ns + 2000000,
  200000 FROM step;
INSERT INTO conversion SELECT step_id * 10 + 3, step_id, step_id * 10 + 7, 3, NULL, NULL, NULL FROM step;
INSERT INTO policy_rule VALUES ('aten::upsample_bicubic2d', 'contiguous', 1, 'returns a contiguous tensor </script>',
  'UpSample.cpp');
INSERT INTO round_trip SELECT step_id, step_id, 'forward', 'aten::upsample_bicubic2d', 'aten::relu', step_id * 10 + 1,
  step_id * 10 + 2, 300000, 280000, 655360 FROM step;
INSERT INTO round_trip_member SELECT step_id, 0, step_id * 10 + 3, 'culprit' FROM step;
INSERT INTO round_trip_member SELECT step_id, 1, step_id * 10 + 4, 'carrier' FROM step;
INSERT INTO round_trip_member SELECT step_id, 2, step_id * 10 + 5, 'consumer' FROM step;
INSERT INTO finding (finding_id, scope, op_name, module_path, phase, verdict, conversions_per_step, round_trips_per_step,
  dur_ns_per_step, exposed_ns_per_step, penalty_ns_per_step, lost_images_per_s, lost_percent, lost_percent_low,
  lost_percent_high, together_with, advice) VALUES
  (1, 'operator', 'aten::upsample_bicubic2d', NULL, 'forward', 'thrash', 2, 1, 300000, 280000, NULL, 150.5, 7.525,
    7.25, 7.75,
   NULL, 'use bilinear: "mode=bilinear", which has a <channels_last> kernel'),
  (2, 'operator', 'aten::convolution', NULL, 'forward', 'clean', 0, 0, 0, 0, NULL, 0, 0, 0, 0, NULL, NULL),
  (3, 'operator', 'aten::convolution_backward', NULL, 'backward', 'necessary', 1, 0, NULL, NULL, NULL, NULL, NULL,
    NULL, NULL,
   NULL, NULL),
  (4, 'operator', 'aten::mean', NULL, 'forward', 'clean', 0, 0, 0, 0, NULL, 0, 0, 0, 0, NULL, NULL),
  (5, 'instance', 'aten::upsample_bicubic2d', 'stem.resize', 'forward', 'thrash', 2, 1, 300000, 280000, NULL, 150.5,
    7.525,
   7.25, 7.75, NULL, 'use bilinear'),
  (6, 'instance', 'aten::convolution', 'head, "last"', 'forward', 'clean', 0, 0, 0, 0, NULL, 0, 0, 0, 0, NULL, NULL),
  (7, 'module', NULL, 'stem.resize', NULL, 'thrash', 2, 1, 300000, 280000, NULL, 150.5, 7.525, 7.25, 7.75, NULL,
    NULL);
INSERT INTO finding_conversion SELECT finding_id, conversion_id FROM conversion JOIN finding
  ON finding_id IN (1, 5) AND conversion_def_id < 3 OR finding_id = 3 AND conversion_def_id = 3;
INSERT INTO fix_order VALUES (1, '1', 7.525);
INSERT INTO figure VALUES ('images_per_s', 2000, 1990, 2010), ('step_ms', 4, 3.98, 4.02),
  ('lost_percent_total', 7.525, 7.25, 7.75);
INSERT INTO verification VALUES (1, 2000, 2140, 7, 6.5, 7.5, 10), (NULL, 2000, 2142, 7.1, 6.6, 7.6, 12);
INSERT INTO note VALUES (1, 'steps longer than twice the median are outliers' || char(10) || 'second line'),
  (2, 'damaged ' || CAST(x'ff' AS TEXT) || ' name');
