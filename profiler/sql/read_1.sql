-- For a trace of format 1 that may not be written: temporary views stand before its tables (SQLite looks for names among
-- temporary ones first) and add what format 2 tells. views.sql follows, as temporary views on top of these.
CREATE TEMP VIEW op AS SELECT *, NULL AS parent_op_id, 0 AS level FROM main.op;
CREATE TEMP VIEW kernel AS SELECT *, NULL AS launch_ns FROM main.kernel;
CREATE TEMP VIEW step AS SELECT *, NULL AS mode FROM main.step;
CREATE TEMP VIEW finding AS SELECT *, NULL AS situation FROM main.finding;
