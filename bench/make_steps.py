"""Repeats the steps of a short trace until it holds so many kernels: python3 make_steps.py TRACE KERNELS OUT

Every copied step has the rows of its original with new numbers, later times and durations that differ by up to 3 %; every
500th is slow, as outliers are. Indexes are made last, as the recorder does. The findings are not copied: run `clprof analyze`.
"""
import pathlib
import sqlite3
import sys

SQL = pathlib.Path(__file__).resolve().parent.parent / "profiler/sql"
COPIED = {  # table: columns that are numbers of rows, which move; then times, which move; then durations, which jitter
    "step": (["step_id"], ["start_ns"], ["dur_ns"]),
    "op": (["op_id", "step_id", "forward_op_id", "fused_into", "parent_op_id"], ["start_ns"], ["dur_ns", "device_dur_ns"]),
    "kernel": (["kernel_id", "step_id", "op_id"], ["start_ns", "launch_ns"], ["dur_ns"]),
    "conversion": (["conversion_id", "step_id", "op_id", "kernel_id"], ["start_ns"], ["dur_ns"]),
}
FINDINGS = ["step_phase", "round_trip", "round_trip_member", "finding", "finding_conversion", "fix_order", "figure", "verification",
            "median_step", "median_longest", "median_op", "median_conversion", "cost_conversion", "cost_round_trip"]


def main():
    source, kernels, out = pathlib.Path(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3])
    out.write_bytes(source.read_bytes())
    db = sqlite3.connect(out)
    db.execute("PRAGMA journal_mode = OFF")
    db.execute("PRAGMA synchronous = OFF")
    for table in FINDINGS:
        db.execute(f"DELETE FROM {table}")
    indexes = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")]
    for name in indexes:
        db.execute(f"DROP INDEX {name}")
    # The last step is the one to copy: nothing of it warms up.
    step, per_step = db.execute("SELECT step_id, count(*) FROM kernel WHERE step_id = (SELECT max(step_id) FROM step) GROUP BY step_id").fetchone()
    shift = {name: db.execute(f"SELECT max({columns[0][0]}) FROM {table}").fetchone()[0] for table, columns in COPIED.items() for name in [columns[0][0]]}
    shift["dur"] = db.execute("SELECT dur_ns FROM step WHERE step_id = ?", (step,)).fetchone()[0] * 1.05
    moves = {"forward_op_id": "op_id", "fused_into": "op_id", "parent_op_id": "op_id"}
    copies = (kernels - db.execute("SELECT count(*) FROM kernel").fetchone()[0]) // per_step + 1
    db.execute("CREATE TEMP TABLE copy AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
               "SELECT i, 0.97 + (i * 7919 % 1000) / 16667.0 + (i % 500 = 250) * 0.6 AS pace FROM n", (copies,))
    for table, (numbers, times, durations) in COPIED.items():
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        values = []
        for column in columns:
            if column in numbers:
                values.append(f"t.{column} + copy.i * {shift[moves.get(column, column)]}")
            elif column in times:
                values.append(f"t.{column} + CAST(copy.i * {shift['dur']} AS INTEGER)")
            elif column in durations:
                values.append(f"CAST(t.{column} * copy.pace AS INTEGER)")
            elif column == "step_index":
                values.append("t.step_index + copy.i")
            else:
                values.append(f"t.{column}")
        db.execute(f"INSERT INTO {table} SELECT {', '.join(values)} FROM copy CROSS JOIN {table} t WHERE t.step_id = {step}")
    db.executescript((SQL / "indexes.sql").read_text())
    db.execute("ANALYZE")
    db.commit()
    for table in ("step", "op", "kernel", "conversion"):
        print(table, db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


main()
