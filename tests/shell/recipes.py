#!/usr/bin/env python3
"""Runs every fenced block of docs/QUERIES.md on real traces that `clprof train` makes here.

Usage: recipes.py CLPROF PAGE (sql | python). sql: the blocks in sql (by sqlite3 and by clprof query, which must agree) and in sh.
python: those in python, one after the other in one process, as in a notebook; needs pandas, matplotlib, duckdb. A block that
prints no row has failed: the traces thrash.
"""
import csv
import io
import os
import re
import subprocess
import sys
import tempfile

TRACES = {"trace.db": "torch-2.14-cuda", "after.db": "torch-2.15-cuda"}


def make_traces(clprof):
    for path, policy in TRACES.items():
        subprocess.run([clprof, "train", "resnet50_gn", "--channels-last", "--policy", policy, "--data", "synthetic", "--image-size", "32",
                        "--batch", "2", "--profile", "1:3", "--probe", "0", "--quiet", "-o", path],
                       check=True, stdout=subprocess.DEVNULL)


def blocks(page, language):
    """(line, text) of each."""
    with open(page) as file:
        text = file.read()
    for match in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S):
        if match[1] == language:
            yield text.count("\n", 0, match.start()) + 1, match[2]


def rows_of(command, **options):
    output = subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout
    return list(csv.reader(io.StringIO(output)))


def run_sql(clprof, text):
    by_sqlite = rows_of(["sqlite3", "-readonly", "-bail", "-csv", "-header", "trace.db"], input=text)
    by_clprof = rows_of([clprof, "query", "trace.db", text, "--format", "csv"])
    if len(by_sqlite) < 2:
        return "no row"
    if by_clprof[0] != by_sqlite[0] or len(by_clprof) != len(by_sqlite):
        return f"sqlite3 says {by_sqlite[:2]}, clprof query {by_clprof[:2]}"
    return None


def run_sh(clprof, text):
    environment = dict(os.environ, PATH=os.path.dirname(clprof) + ":" + os.environ["PATH"])
    done = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", text], env=environment, capture_output=True, text=True)
    if done.returncode or done.stderr:
        return f"exit code {done.returncode}: {done.stderr}"
    return None if done.stdout.strip() else "no output"


def run_all_sql(clprof, page):
    return {("sql", line): run_sql(clprof, text) for line, text in blocks(page, "sql")} | {
        ("sh", line): run_sh(clprof, text) for line, text in blocks(page, "sh")}


def load_sqlite_extension(duckdb):
    """INSTALL sqlite downloads; here the extension comes from the Python package of the same version."""
    import importlib.resources
    folder = importlib.resources.files("duckdb_extension_sqlite_scanner")
    path = str(next(folder.rglob("sqlite_scanner.duckdb_extension")))
    return lambda text: text.replace("LOAD sqlite", f"LOAD '{path}'")


def run_all_python(clprof, page):
    os.environ["MPLBACKEND"] = "Agg"
    import duckdb
    rewrite = load_sqlite_extension(duckdb)
    results, notebook = {}, {}
    for line, text in blocks(page, "python"):
        try:
            exec(compile(rewrite(text), f"{page}:{line}", "exec"), notebook)
            results["python", line] = None
        except Exception as error:
            results["python", line] = f"{type(error).__name__}: {error}"
    if not os.path.getsize("steps.png"):
        results["python", 0] = "no plot"
    return results


def main():
    clprof, page = (os.path.abspath(path) for path in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        make_traces(clprof)
        results = (run_all_sql if sys.argv[3] == "sql" else run_all_python)(clprof, page)
        os.chdir("/")
    failed = {where: why for where, why in results.items() if why}
    for (language, line), why in failed.items():
        print(f"{page}:{line}: {language}: {why}")
    print(f"{len(results) - len(failed)} of {len(results)} blocks")
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
