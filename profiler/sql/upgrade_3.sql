-- Makes a trace of format 2 one of format 3: no operator was measured in other memory formats. Views are dropped to be made anew.
CREATE TABLE format_measurement (
  measurement_id INTEGER NOT NULL, variant TEXT NOT NULL, repetition INTEGER NOT NULL, dur_ns INTEGER NOT NULL,
  library_ns INTEGER NOT NULL, kernel_ns INTEGER NOT NULL, PRIMARY KEY (measurement_id, variant, repetition)
);
CREATE TABLE measured_op (op_def_id INTEGER PRIMARY KEY, measurement_id INTEGER NOT NULL);
DROP VIEW IF EXISTS runs;
DROP VIEW IF EXISTS steps;
DROP VIEW IF EXISTS cost_steps;
DROP VIEW IF EXISTS time_steps;
DROP VIEW IF EXISTS modules;
DROP VIEW IF EXISTS operators;
DROP VIEW IF EXISTS op_tensors;
DROP VIEW IF EXISTS kernels;
DROP VIEW IF EXISTS conversions;
DROP VIEW IF EXISTS round_trips;
DROP VIEW IF EXISTS findings;
DROP VIEW IF EXISTS verifications;
