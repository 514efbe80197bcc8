"""Cuts seeds for the fuzz targets out of real traces: python make.py FOLDER-OF-TRACES [TORCH-TRACES...]. What it made is committed."""
import gzip
import json
import os
import sqlite3
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def write(target, name, data):
    os.makedirs(os.path.join(HERE, target), exist_ok=True)
    with open(os.path.join(HERE, target, name), "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())


def pick(events, kinds, each):
    """The first `each` events of every category, and those that share a correlation or sequence with them."""
    taken, seen = [], {}
    for event in events:
        kind = (event.get("ph"), event.get("cat"))
        if seen.get(kind, 0) < each:
            seen[kind] = seen.get(kind, 0) + 1
            taken.append(event)
    return taken


def kineto(folder):
    for file in sorted(os.listdir(folder)):
        if file.startswith("kineto") and file.endswith(".gz"):
            with gzip.open(os.path.join(folder, file), "rt", encoding="utf-8", errors="replace") as stream:
                root = json.load(stream)
            events = root if isinstance(root, list) else root["traceEvents"]
            copies = [e for e in events if "copy" in str(e.get("name")) or "nchwToNhwc" in str(e.get("name"))][:4]
            few = pick(events, None, 3) + copies
            small = few if isinstance(root, list) else {"schemaVersion": root.get("schemaVersion"), "distributedInfo": {"rank": 1, "world_size": 2},
                                                       "deviceProperties": root.get("deviceProperties", [])[:1], "traceEvents": few}
            write("kineto", file.removesuffix(".gz"), json.dumps(small))


def nsys(folder):
    for file in sorted(os.listdir(folder)):
        if file.endswith(".sqlite"):
            source = sqlite3.connect(f"file:{os.path.join(folder, file)}?mode=ro", uri=True)
            path = os.path.join(HERE, "nsys", file)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if os.path.exists(path):
                os.remove(path)
            small = sqlite3.connect(path)
            small.execute("PRAGMA page_size=512")
            kept = ("CUPTI_ACTIVITY_KIND_KERNEL", "CUPTI_ACTIVITY_KIND_RUNTIME", "CUPTI_ACTIVITY_KIND_MEMCPY", "NVTX_EVENTS", "META_DATA_EXPORT")
            ids = set()
            for name, sql in source.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall():
                if name in kept:
                    small.execute(sql)
                    rows = source.execute(f"SELECT * FROM {name} LIMIT 6").fetchall()
                    for row in rows:
                        small.execute(f"INSERT INTO {name} VALUES ({','.join('?' * len(row))})", row)
                        ids |= {v for v in row if isinstance(v, int) and 0 <= v < 100000}
            small.execute("CREATE TABLE StringIds (id INTEGER NOT NULL PRIMARY KEY, value TEXT NOT NULL)")
            for number in sorted(ids):
                small.executemany("INSERT INTO StringIds VALUES (?, ?)",
                                  source.execute("SELECT id, substr(value, 1, 80) FROM StringIds WHERE id = ?", (number,)).fetchall())
            small.commit()
            small.execute("VACUUM")
            small.close()


def onednn(folder):
    for file in sorted(os.listdir(folder)):
        if file.endswith(".log"):
            with open(os.path.join(folder, file), encoding="utf-8") as stream:
                lines = stream.readlines()
            exec_lines = [line for line in lines if ",exec," in line]
            write("onednn", file, "".join(lines[:6] + exec_lines[:14]))


def execution_trace(path):
    with open(path, encoding="utf-8") as stream:
        root = json.load(stream)
    nodes = root["nodes"]
    few = [n for n in nodes if n["name"] in ("aten::convolution", "aten::clone", "aten::cat", "aten::add_", "[pytorch|profiler|execution_trace|thread]")][:8]
    for number, node in enumerate(few):
        for attribute in node.get("attrs", []):
            if attribute.get("name") == "rf_id":
                attribute["value"] = number + 1
    root["nodes"] = few
    write("execution_trace", "torch-2.15.json", json.dumps(root))


if __name__ == "__main__":
    kineto(sys.argv[1])
    nsys(sys.argv[1])
    onednn(sys.argv[1])
    for path in sys.argv[2:]:
        execution_trace(path)
