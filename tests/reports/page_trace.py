"""Traces for the tests of the page: hand-made ones of tests/reports/*.sql, and one that clprof trains."""
import pathlib
import sqlite3
import subprocess

TESTS = pathlib.Path(__file__).resolve().parent
SQL = TESTS.parent.parent / "profiler/sql"


def from_sql(script, trace):
    """tests/reports/<script> over the schema, with the table `generated` of the numbers 1 to 1000 that it expects."""
    version = "PRAGMA application_id = 0x636C7072; PRAGMA user_version = 4;"
    numbers = ("CREATE TEMP TABLE generated AS WITH RECURSIVE n(value) AS "
               "(SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 1000) SELECT value FROM n;")
    parts = (SQL / "schema.sql", SQL / "views.sql", TESTS / script, SQL / "digest.sql")
    text = "\n".join([version, numbers, *(part.read_text() for part in parts)])
    subprocess.run(["sqlite3", "-bail", trace], input=text.encode(), check=True, stdout=subprocess.DEVNULL)


PAYLOADS = ["<img src=x onerror=alert(1)>", '"><script>alert(2)</script>', "'-alert(3)-'", "</script><script>alert(4)</script>", "__proto__",
            "{{data}}", "javascript:alert(5)", "<!-- ", "</style><style>*{display:none}", "\u2028\u202e&lt;b&gt;", "${alert(6)}", "]]></pre></details>"]


KEPT = (("figure", "name"), ("step_phase", "phase"), ("finding", "scope"), ("op_tensor_def", "direction"), ("median_longest", "kind"))


def poison(trace):
    """Every text of every table becomes hostile, whatever it stood for."""
    db = sqlite3.connect(trace)
    number = 0
    for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        for _, column, kind, *_ in db.execute(f"PRAGMA table_info({table})").fetchall():
            if kind == "TEXT" and (table, column) not in KEPT:
                db.execute(f"UPDATE {table} SET {column} = ? || CASE {table} WHEN 'policy_rule' THEN rowid ELSE '' END "
                           f"WHERE {column} IS NOT NULL".replace(f"CASE {table}", f"CASE '{table}'"), (PAYLOADS[number % len(PAYLOADS)],))
                number += 1
    db.commit()


def make_trace(program, kind, folder):
    trace = folder / f"{kind}.db"
    if kind == "trained":
        subprocess.run([program, "train", "resnet50_gn", "--channels-last", "--policy", "torch-2.14-cuda", "--data", "synthetic",
                        "--image-size", "32", "--batch", "2", "--profile", "1:3", "--probe", "0.2", "--threads", "1", "--quiet",
                        "-o", trace], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    elif kind == "hostile":
        from_sql("small.sql", trace)
        poison(trace)
    else:
        from_sql(f"{kind}.sql", trace)
    return trace
