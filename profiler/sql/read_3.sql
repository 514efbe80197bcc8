-- For a trace of format 3 that may not be written: the tables of format 4 as temporary ones. digest.sql fills them, once
-- the views are there.
CREATE TEMP TABLE median_step (
  step_id INTEGER,
  step_index INTEGER, start_ns INTEGER, dur_ns INTEGER, has_times INTEGER NOT NULL,
  operators INTEGER NOT NULL,
  conversions INTEGER NOT NULL,
  kernels INTEGER NOT NULL,
  round_trips INTEGER NOT NULL
);
CREATE TEMP TABLE median_longest (kind TEXT NOT NULL, id INTEGER NOT NULL);
CREATE TEMP TABLE median_op (
  op_def_id INTEGER PRIMARY KEY, runs INTEGER NOT NULL, dur_ns INTEGER, first_op_id INTEGER NOT NULL,
  backward_dur_ns INTEGER, backward_input_format TEXT, backward_output_format TEXT
);
CREATE TEMP TABLE median_conversion (
  finding_id INTEGER NOT NULL, op_def_id INTEGER,
  conversion_def_id INTEGER NOT NULL, conversions INTEGER NOT NULL, with_kernel INTEGER NOT NULL,
  dur_ns INTEGER
);
CREATE TEMP TABLE cost_conversion (
  op_def_id INTEGER, conversion_def_id INTEGER NOT NULL,
  conversions INTEGER NOT NULL, with_kernel INTEGER NOT NULL, timed INTEGER NOT NULL, dur_ns INTEGER
);
CREATE TEMP TABLE cost_round_trip (
  kind TEXT NOT NULL, round_trips INTEGER NOT NULL, dur_ns INTEGER, exposed_ns INTEGER, bytes INTEGER
);
