-- A trace of format 1, as clprof 0.1 wrote it before the format grew: its tables, its views, and four steps of a model in
-- which GroupNorm breaks channels_last. Never to be changed: it stands for the traces that people have.
PRAGMA application_id = 0x636C7072;
PRAGMA user_version = 1;
-- Tables of format 1.

-- Times in ns of one monotonic clock, sizes in bytes, unknown is NULL.

CREATE TABLE run (
  run_id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,               -- 'train', 'run', 'kineto', 'nsys', 'onednn_verbose'
  command_line TEXT, model TEXT,
  device TEXT,                        -- 'cpu', 'cuda'
  device_name TEXT, policy TEXT,
  memory_format TEXT,                 -- 'channels_last', 'contiguous'
  autocast_dtype TEXT,                -- NULL = off
  batch_size INTEGER, threads INTEGER, rank INTEGER, world_size INTEGER,
  started_unix_ns INTEGER, library_versions TEXT,
  warmup_steps INTEGER                -- the first so many steps are warm-up by the user's word; NULL = not said
);

CREATE TABLE step (
  step_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  step_index INTEGER NOT NULL,        -- from 0
  start_ns INTEGER NOT NULL, dur_ns INTEGER NOT NULL,
  images INTEGER, loss REAL, grad_scale REAL, skipped INTEGER
);

CREATE TABLE module (
  module_id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES module,
  path TEXT NOT NULL, class TEXT
);

-- One operator instance of the model: what is the same in every step.
CREATE TABLE op_def (
  op_def_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL, phase TEXT,     -- 'data', 'forward', 'backward', 'optimizer'
  module_id INTEGER REFERENCES module,
  sequence INTEGER,                   -- place in the step
  input_format TEXT, output_format TEXT, input_shape TEXT, output_shape TEXT
);

-- Inputs and outputs of an op_def. tensor is the identity within a step; persistent ones (parameters, buffers) keep it over steps.
CREATE TABLE op_tensor_def (
  op_def_id INTEGER NOT NULL REFERENCES op_def,
  direction TEXT NOT NULL,            -- 'in', 'out'
  position INTEGER NOT NULL,
  tensor INTEGER, persistent INTEGER NOT NULL DEFAULT 0,
  dtype TEXT, shape TEXT, strides TEXT, memory_format TEXT, bytes INTEGER
);

CREATE TABLE op (
  op_id INTEGER PRIMARY KEY,
  step_id INTEGER REFERENCES step,    -- NULL: outside steps (set-up)
  op_def_id INTEGER NOT NULL REFERENCES op_def,
  forward_op_id INTEGER, fused_into INTEGER, thread_id INTEGER,
  start_ns INTEGER, dur_ns INTEGER,   -- fused operators have no time of their own: NULL
  device_dur_ns INTEGER
);

CREATE TABLE kernel_def (
  kernel_def_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL, role TEXT, device TEXT, stream TEXT,
  bytes_read INTEGER, bytes_written INTEGER, flops INTEGER
);

CREATE TABLE kernel (
  kernel_id INTEGER PRIMARY KEY,
  step_id INTEGER REFERENCES step, op_id INTEGER REFERENCES op,
  kernel_def_id INTEGER NOT NULL REFERENCES kernel_def,
  start_ns INTEGER NOT NULL, dur_ns INTEGER NOT NULL, correlation_id INTEGER
);

-- source_tensor and dest_tensor are op_tensor_def.tensor numbers; NULL = inside the library.
CREATE TABLE conversion_def (
  conversion_def_id INTEGER PRIMARY KEY,
  cause TEXT NOT NULL, from_format TEXT NOT NULL, to_format TEXT NOT NULL,
  shape TEXT, bytes_read INTEGER, bytes_written INTEGER,
  source_dtype TEXT, dest_dtype TEXT, cached INTEGER, padded INTEGER,
  source_tensor INTEGER, source_persistent INTEGER, dest_tensor INTEGER, dest_persistent INTEGER
);

CREATE TABLE conversion (
  conversion_id INTEGER PRIMARY KEY,
  step_id INTEGER REFERENCES step, op_id INTEGER REFERENCES op,
  conversion_def_id INTEGER NOT NULL REFERENCES conversion_def,
  kernel_id INTEGER REFERENCES kernel, -- NULL: silent or mixed, no kernel of its own
  start_ns INTEGER, dur_ns INTEGER
);

-- The layout policy the run obeyed: which operators lack a channels_last implementation, and how that is known.
CREATE TABLE policy_rule (
  op_name TEXT PRIMARY KEY, rule TEXT NOT NULL,
  breaks INTEGER NOT NULL,            -- 1: takes channels_last and does not return it
  evidence TEXT, source TEXT
);

-- Anything about the trace that a reader should know: dropped records, a full disk, times recorded under a profiler.
CREATE TABLE note (note_id INTEGER PRIMARY KEY, text TEXT NOT NULL);

-- Findings. Writer: analyze (and verify for the last one). Emptied and written anew in one transaction.
CREATE TABLE step_phase (step_id INTEGER PRIMARY KEY REFERENCES step, phase TEXT NOT NULL);
CREATE TABLE round_trip (
  round_trip_id INTEGER PRIMARY KEY, step_id INTEGER REFERENCES step,
  kind TEXT NOT NULL, culprits TEXT, carriers TEXT,
  first_conversion_id INTEGER REFERENCES conversion, last_conversion_id INTEGER REFERENCES conversion,
  dur_ns INTEGER, exposed_ns INTEGER, bytes INTEGER
);
-- The operators on a round trip's path, in order; role 'culprit', 'carrier', 'consumer'.
CREATE TABLE round_trip_member (
  round_trip_id INTEGER NOT NULL REFERENCES round_trip, position INTEGER NOT NULL,
  op_id INTEGER NOT NULL REFERENCES op, role TEXT NOT NULL
);
CREATE TABLE finding (
  finding_id INTEGER PRIMARY KEY, scope TEXT NOT NULL, op_name TEXT, module_path TEXT, phase TEXT, verdict TEXT NOT NULL,
  conversions_per_step REAL, round_trips_per_step REAL, dur_ns_per_step REAL, exposed_ns_per_step REAL,
  penalty_ns_per_step REAL, lost_images_per_s REAL, lost_percent REAL, lost_percent_low REAL, lost_percent_high REAL,
  together_with TEXT, advice TEXT
);
-- Which conversions a finding was charged with; a conversion belongs to one instance finding at most.
CREATE TABLE finding_conversion (finding_id INTEGER NOT NULL REFERENCES finding, conversion_id INTEGER NOT NULL REFERENCES conversion);
CREATE TABLE fix_order (position INTEGER PRIMARY KEY, finding_ids TEXT NOT NULL, lost_percent_cumulative REAL);
-- Whole-run figures of analyze: name, value, 95 % interval. 'images_per_s', 'step_ms', 'lost_percent_total'.
CREATE TABLE figure (name TEXT PRIMARY KEY, value REAL, low REAL, high REAL);
CREATE TABLE verification (
  finding_id INTEGER REFERENCES finding, baseline_images_per_s REAL, fixed_images_per_s REAL, gain_percent REAL,
  gain_percent_low REAL, gain_percent_high REAL, pairs INTEGER
);
-- Views of format 1.

CREATE VIEW runs AS
  SELECT run_id, source, command_line, model, device, device_name, policy, memory_format, autocast_dtype, batch_size,
         threads, rank, world_size, started_unix_ns, library_versions FROM run;

CREATE VIEW steps AS
  SELECT step_id, run_id, step_index, step_phase.phase AS phase, start_ns, dur_ns, images, loss, grad_scale, skipped
  FROM step LEFT JOIN step_phase USING (step_id);

CREATE VIEW modules AS SELECT module_id, parent_id, path, class FROM module;

CREATE VIEW operators AS
  SELECT op.op_id, op.step_id, op_def.sequence, op_def.name, op_def.phase, module.path AS module_path,
         module.class AS module_class, op.forward_op_id, op.thread_id, op.start_ns, op.dur_ns, op.device_dur_ns,
         op_def.input_format, op_def.output_format, op_def.input_shape, op_def.output_shape, op.fused_into, op.op_def_id
  FROM op JOIN op_def USING (op_def_id) LEFT JOIN module USING (module_id);

-- Tensor ids: persistent tensors keep theirs; the others are told apart by step.
CREATE VIEW op_tensors AS
  SELECT op.op_id, t.direction, t.position,
         CASE WHEN t.persistent THEN t.tensor ELSE (ifnull(op.step_id, 0) << 32) + t.tensor END AS tensor_id,
         t.dtype, t.shape, t.strides, t.memory_format, t.bytes
  FROM op JOIN op_tensor_def t USING (op_def_id);

CREATE VIEW kernels AS
  SELECT kernel_id, step_id, op_id, d.name, d.role, d.device, d.stream, start_ns, dur_ns, correlation_id,
         d.bytes_read, d.bytes_written, d.flops
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
         lost_percent_high, together_with, advice FROM finding;

CREATE VIEW verifications AS
  SELECT finding_id, baseline_images_per_s, fixed_images_per_s, gain_percent, gain_percent_low, gain_percent_high, pairs
  FROM verification;
-- Made when recording ends: indexes that exist while rows are inserted cost four times their building.
CREATE INDEX IF NOT EXISTS op_by_step ON op (step_id);
CREATE INDEX IF NOT EXISTS op_by_def ON op (op_def_id);
CREATE INDEX IF NOT EXISTS kernel_by_op ON kernel (op_id);
CREATE INDEX IF NOT EXISTS conversion_by_op ON conversion (op_id);
CREATE INDEX IF NOT EXISTS conversion_by_step ON conversion (step_id);
CREATE INDEX IF NOT EXISTS op_tensor_by_op ON op_tensor_def (op_def_id);

INSERT INTO run (run_id, source, model, device, policy, memory_format, batch_size, threads, warmup_steps)
VALUES (1, 'train', 'old', 'cpu', 'torch-2.10-cpu', 'channels_last', 8, 1, 1);
INSERT INTO step (step_id, run_id, step_index, start_ns, dur_ns, images)
VALUES (1, 1, 0, 1000000, 1200000, 8), (2, 1, 1, 3000000, 1000000, 8), (3, 1, 2, 5000000, 1010000, 8),
       (4, 1, 3, 7000000, 990000, 8);
INSERT INTO module VALUES (1, NULL, '', 'Old'), (2, 1, 'conv1', 'Conv2d'), (3, 1, 'norm', 'GroupNorm'),
                          (4, 1, 'conv2', 'Conv2d');
INSERT INTO op_def VALUES
  (1, 'aten::convolution', 'forward', 2, 0, 'channels_last', 'channels_last', '[8, 3, 8, 8]', '[8, 16, 8, 8]'),
  (2, 'aten::native_group_norm', 'forward', 3, 1, 'channels_last', 'contiguous', '[8, 16, 8, 8]', '[8, 16, 8, 8]'),
  (3, 'aten::convolution', 'forward', 4, 2, 'contiguous', 'channels_last', '[8, 16, 8, 8]', '[8, 16, 8, 8]');
INSERT INTO op_tensor_def (op_def_id, direction, position, tensor, dtype, shape, strides, memory_format, bytes) VALUES
  (1, 'in', 0, 1, 'float32', '[8, 3, 8, 8]', '[192, 1, 24, 3]', 'channels_last', 6144),
  (1, 'out', 0, 2, 'float32', '[8, 16, 8, 8]', '[1024, 1, 128, 16]', 'channels_last', 32768),
  (2, 'in', 0, 2, 'float32', '[8, 16, 8, 8]', '[1024, 1, 128, 16]', 'channels_last', 32768),
  (2, 'out', 0, 4, 'float32', '[8, 16, 8, 8]', '[1024, 64, 8, 1]', 'contiguous', 32768),
  (3, 'in', 0, 4, 'float32', '[8, 16, 8, 8]', '[1024, 64, 8, 1]', 'contiguous', 32768),
  (3, 'out', 0, 6, 'float32', '[8, 16, 8, 8]', '[1024, 1, 128, 16]', 'channels_last', 32768);
INSERT INTO op (op_id, step_id, op_def_id, thread_id, start_ns, dur_ns)
SELECT 3 * step_id + op_def_id, step_id, op_def_id, 7, start_ns + 300000 * (op_def_id - 1), 290000 FROM step, op_def;
INSERT INTO kernel_def VALUES (1, 'transpose', 'conversion', 'cpu', NULL, 32768, 32768, NULL);
INSERT INTO kernel (kernel_id, step_id, op_id, kernel_def_id, start_ns, dur_ns)
SELECT op_id, step_id, op_id, 1, start_ns + 1000, 50000 FROM op WHERE op_def_id > 1;
INSERT INTO conversion_def VALUES
  (2, 'operator', 'channels_last', 'contiguous', '[8, 16, 8, 8]', 32768, 32768, 'float32', 'float32', 0, 0, 2, 0, 3, 0),
  (3, 'operator', 'contiguous', 'channels_last', '[8, 16, 8, 8]', 32768, 32768, 'float32', 'float32', 0, 0, 4, 0, 5, 0);
INSERT INTO conversion SELECT op_id, step_id, op_id, op_def_id, op_id, start_ns + 1000, 50000 FROM op WHERE op_def_id > 1;
INSERT INTO policy_rule VALUES ('aten::native_group_norm', 'contiguous', 1, 'read', 'group_norm.cpp');
