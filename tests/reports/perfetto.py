#!/usr/bin/env python3
"""Opens an exported trace in Perfetto itself: its own page and trace processor, served from a folder, in headless Chromium.

Perfetto must find every slice, flow and counter that clprof wrote, on tracks of the names it gave, without an error of its own;
what it says of conversions must be what the trace's views say.
usage: perfetto.py CLPROF FOLDER-OF-PERFETTO [FOLDER for a screenshot]. Exit 77: skipped, the reason is printed.
"""
import functools
import http.server
import json
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading

import chromium
from page_trace import make_trace

OPEN = """(async () => {
  const buffer = await (await fetch('/trace.json')).arrayBuffer();
  await app.openTraceFromBuffer({buffer, title: 'clprof', fileName: 'trace.json'});
  return 0;
})()"""
QUERY = """(async (sql) => {
  const result = await app.trace.engine.query(sql), columns = result.columns(), rows = [];
  for (const row = result.iter({}); row.valid(); row.next())
    rows.push(columns.map((c) => typeof row.get(c) === 'bigint' ? Number(row.get(c)) : row.get(c)));
  return rows;
})(%s)"""


class Server:
    """Perfetto's folder and the trace over HTTP on a port of its own: service and wasm want an origin."""

    def __init__(self, folder, trace):
        class Handler(http.server.SimpleHTTPRequestHandler):
            extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".wasm": "application/wasm"}

            def translate_path(self, path):
                return str(trace) if path == "/trace.json" else super().translate_path(path)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Perfetto:
    def __init__(self, browser, url):
        self.browser = browser
        browser.size(1400, 900)
        browser.navigate(url)
        self.expect(browser.until("window.app !== undefined", 60), "its page does not start")
        browser.run(OPEN, 120)
        self.expect(browser.until("!!(window.app.trace && window.app.trace.engine)", 60), "it opens no trace")

    @staticmethod
    def expect(condition, text):
        if not condition:
            sys.exit(f"Perfetto: {text}")

    def query(self, sql):
        return self.browser.run(QUERY % json.dumps(sql))

    def equals(self, what, sql, wanted):
        found = self.query(sql)
        self.expect(found == wanted, f"{what}: {str(found)[:400]} instead of {str(wanted)[:400]}")
        print(f"ok   {what}")


def compare(perfetto, events, db):
    count = lambda ph: sum(e["ph"] == ph for e in events)
    perfetto.equals("no errors, nothing lost",
                    "SELECT name, value FROM stats WHERE severity IN ('error', 'data_loss') AND value > 0", [])
    perfetto.equals("slices", "SELECT count(*) FROM slice", [[count("X")]])
    arrows = len({e["id"] for e in events if e["ph"] == "s"})
    perfetto.equals("flows: one less than the stations of each round trip", "SELECT count(*) FROM flow",
                    [[sum(e["ph"] in "stf" for e in events) - arrows]])
    perfetto.equals("counters", "SELECT count(*) FROM counter", [[count("C")]])
    names = sorted({e["args"]["name"] for e in events if e.get("name") == "process_name"})
    perfetto.equals("processes", "SELECT name FROM process WHERE name IS NOT NULL ORDER BY name", [[n] for n in names])
    perfetto.equals("conversions by cause and direction",
                    "SELECT s.name, extract_arg(s.arg_set_id, 'args.cause'), count(*), sum(s.dur) FROM slice s "
                    "WHERE s.category LIKE 'conversion%' GROUP BY 1, 2 ORDER BY 1, 2",
                    [list(r) for r in db.execute(
                        "SELECT ifnull(from_format, 'unknown') || ' to ' || ifnull(to_format, 'unknown') AS way, cause, count(*), "
                        "sum(dur_ns) FROM conversions WHERE dur_ns IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2")])
    perfetto.equals("time by operator", "SELECT name, count(*), sum(dur) FROM slice WHERE category LIKE 'operator%' GROUP BY name ORDER BY name",
                    [list(r) for r in db.execute("SELECT name, count(*), sum(dur_ns) FROM operators WHERE start_ns IS NOT NULL "
                                                 "AND dur_ns IS NOT NULL GROUP BY name ORDER BY name")])


def look(program, folder_of_perfetto, artefacts, folder):
    trace, exported = make_trace(program, "trained", folder), folder / "trace.json"
    subprocess.run([program, "export", trace, "--format", "perfetto", "-o", exported], check=True)
    server, browser = Server(folder_of_perfetto, exported), chromium.Chromium()
    try:
        browser.attach()
        perfetto = Perfetto(browser, server.url)
        compare(perfetto, json.loads(exported.read_text())["traceEvents"], sqlite3.connect(trace))
        if artefacts:
            artefacts.mkdir(parents=True, exist_ok=True)
            browser.run("new Promise((done) => setTimeout(done, 1000))")
            browser.screenshot(artefacts / "perfetto.png", whole=False)
    finally:
        browser.close()
        server.close()


def main():
    program, perfetto = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    artefacts = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else None
    for missing in [w for w, there in (("chromium", shutil.which("chromium")), (f"{perfetto}", (perfetto / "index.html").exists())) if not there]:
        print(f"skipped: {missing} is missing (scripts/deps.sh test brings it)")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        look(program, perfetto, artefacts, pathlib.Path(folder))


main()
