-- For a trace of format 2 that may not be written: the tables that format 3 added, empty, as temporary views.
CREATE TEMP VIEW format_measurement AS SELECT NULL AS measurement_id, NULL AS variant, NULL AS repetition, NULL AS dur_ns,
  NULL AS library_ns, NULL AS kernel_ns WHERE 0;
CREATE TEMP VIEW measured_op AS SELECT NULL AS op_def_id, NULL AS measurement_id WHERE 0;
