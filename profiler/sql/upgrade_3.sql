-- Makes a trace of format 2 one of format 3: no operator was measured in other memory formats.
CREATE TABLE format_measurement (
  measurement_id INTEGER NOT NULL, variant TEXT NOT NULL, repetition INTEGER NOT NULL, dur_ns INTEGER NOT NULL,
  library_ns INTEGER NOT NULL, kernel_ns INTEGER NOT NULL, PRIMARY KEY (measurement_id, variant, repetition)
);
CREATE TABLE measured_op (op_def_id INTEGER PRIMARY KEY, measurement_id INTEGER NOT NULL);
