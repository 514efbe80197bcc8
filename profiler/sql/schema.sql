-- Raw tables. Writers: train, run, import. What never changes from step to step (an operator instance's name, shapes,
-- strides; a kernel's bytes) is written once, in *_def tables; a step adds only numbers and times. Readers use views.sql.
-- Times in ns of one monotonic clock, sizes in bytes, unknown is NULL.

CREATE TABLE run (
  run_id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,               -- 'train', 'run', 'cupti', 'kineto', 'nsys', 'onednn_verbose'
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
  images INTEGER, loss REAL, grad_scale REAL, skipped INTEGER,
  mode TEXT                           -- 'recorded', 'timed', 'undisturbed' (source 'run'); NULL = the run as it was profiled
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
  device_dur_ns INTEGER,
  parent_op_id INTEGER,               -- the operator that called it
  level INTEGER NOT NULL DEFAULT 0    -- 0: an operator; -1: a wrapper that only calls one; 1: runs inside one
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
  start_ns INTEGER NOT NULL, dur_ns INTEGER NOT NULL, correlation_id INTEGER,
  launch_ns INTEGER                   -- when the host called for it; NULL = unknown, or no device of its own
);

-- source_tensor and dest_tensor are op_tensor_def.tensor numbers; NULL = inside the library.
CREATE TABLE conversion_def (
  conversion_def_id INTEGER PRIMARY KEY,
  cause TEXT NOT NULL,
  from_format TEXT, to_format TEXT,   -- NULL: the kernel's name does not tell
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

-- The probe of `train`: after the last step, operators are run in other memory formats, in turn, on the shapes and dtypes
-- of the step: within whole steps (those with an 'as_run'), or by themselves. Operator instances with equal calls share a measurement.
CREATE TABLE format_measurement (
  measurement_id INTEGER NOT NULL,
  variant TEXT NOT NULL,              -- 'as_run', 'channels_last', 'contiguous', 'blocked'
  repetition INTEGER NOT NULL,        -- from 0; equal ones of one measurement ran one after the other
  dur_ns INTEGER NOT NULL,            -- of the whole
  library_ns INTEGER NOT NULL,        -- of it, conversions of activations inside the library
  kernel_ns INTEGER NOT NULL,         -- of it, kernels that convert nothing
  PRIMARY KEY (measurement_id, variant, repetition)
);
CREATE TABLE measured_op (op_def_id INTEGER PRIMARY KEY REFERENCES op_def, measurement_id INTEGER NOT NULL);

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
  together_with TEXT, advice TEXT,
  situation TEXT                      -- why its conversions are there: the key of analysis/advice.tsv
);
-- Which conversions a finding was charged with; a conversion belongs to one instance finding at most.
CREATE TABLE finding_conversion (finding_id INTEGER NOT NULL REFERENCES finding, conversion_id INTEGER NOT NULL REFERENCES conversion);
CREATE TABLE fix_order (position INTEGER PRIMARY KEY, finding_ids TEXT NOT NULL, lost_percent_cumulative REAL);
-- Whole-run figures of analyze: name, value, 95 % interval. 'images_per_s', 'step_ms', 'lost_percent_total'.
CREATE TABLE figure (name TEXT PRIMARY KEY, value REAL, low REAL, high REAL);
-- What reports show, added up once (digest.sql): median_* of the median cost step, or of the whole of a trace without
-- steps; cost_* of all cost steps. Times are NULL where the steps have none.
CREATE TABLE median_step (             -- one row; none where no step tells costs
  step_id INTEGER REFERENCES step,     -- NULL: the whole of a trace without steps, from its first operator or kernel
  step_index INTEGER, start_ns INTEGER, dur_ns INTEGER, has_times INTEGER NOT NULL,
  operators INTEGER NOT NULL,          -- of level 0, of known start and duration
  conversions INTEGER NOT NULL,        -- of known start and duration
  kernels INTEGER NOT NULL,            -- on a device's streams
  round_trips INTEGER NOT NULL
);
CREATE TABLE median_longest (kind TEXT NOT NULL, id INTEGER NOT NULL); -- 'operator', 'fused', 'conversion', 'kernel', 'round_trip'
CREATE TABLE median_op (
  op_def_id INTEGER PRIMARY KEY REFERENCES op_def, runs INTEGER NOT NULL, dur_ns INTEGER, first_op_id INTEGER NOT NULL,
  backward_dur_ns INTEGER, backward_input_format TEXT, backward_output_format TEXT -- of its backward operators
);
CREATE TABLE median_conversion (       -- charged to the finding of an operator type; op_def: under which operator it ran
  finding_id INTEGER NOT NULL REFERENCES finding, op_def_id INTEGER REFERENCES op_def,
  conversion_def_id INTEGER NOT NULL REFERENCES conversion_def, conversions INTEGER NOT NULL, with_kernel INTEGER NOT NULL,
  dur_ns INTEGER
);
CREATE TABLE cost_conversion (
  op_def_id INTEGER REFERENCES op_def, conversion_def_id INTEGER NOT NULL REFERENCES conversion_def,
  conversions INTEGER NOT NULL, with_kernel INTEGER NOT NULL, timed INTEGER NOT NULL, dur_ns INTEGER
);
CREATE TABLE cost_round_trip (
  kind TEXT NOT NULL, round_trips INTEGER NOT NULL, dur_ns INTEGER, exposed_ns INTEGER, bytes INTEGER
);
CREATE TABLE verification (
  finding_id INTEGER REFERENCES finding, baseline_images_per_s REAL, fixed_images_per_s REAL, gain_percent REAL,
  gain_percent_low REAL, gain_percent_high REAL, pairs INTEGER
);
