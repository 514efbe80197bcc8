#!/bin/sh
# Every report and comparison in JSON is what its schema says (reports/*.schema.json, JSON Schema draft 2020-12), for traces with
# everything, with nothing, and with names that try to break out; and the schema refuses what is not. Usage: schema.sh CLPROF.
# Exit 77 = skipped, with the reason.
set -eu
program=${1:?usage: schema.sh CLPROF}
tests=$(cd "$(dirname "$0")" && pwd)
python=/usr/bin/python3
"$python" -c 'import jsonschema' 2>/dev/null || { echo "skipped: no jsonschema (apt-get install python3-jsonschema)"; exit 77; }
command -v sqlite3 >/dev/null || { echo "skipped: no sqlite3 (apt-get install sqlite3)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

make_trace() { # NAME: SQL on stdin
    {
        echo "PRAGMA application_id = 0x636C7072; PRAGMA user_version = 4;"
        cat "$tests/../../profiler/sql/schema.sql" "$tests/../../profiler/sql/views.sql"
        echo "CREATE TEMP TABLE generated AS WITH RECURSIVE n(value) AS"
        echo "(SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 1000) SELECT value FROM n;"
        cat
        cat "$tests/../../profiler/sql/digest.sql"
    } | sqlite3 -bail "$work/$1.db" >/dev/null
}

make_trace small <"$tests/small.sql"
make_trace large <"$tests/large.sql"
make_trace bare <<'SQL'
INSERT INTO figure VALUES ('step_ms', NULL, NULL, NULL);
SQL
make_trace ranks <<'SQL'
INSERT INTO run (run_id, source, rank, world_size) VALUES (1, 'kineto', 0, 2), (2, 'kineto', 1, 2);
INSERT INTO step (step_id, run_id, step_index, start_ns, dur_ns) VALUES (1, 1, 0, 0, 5), (2, 2, 0, 0, 6);
INSERT INTO step_phase VALUES (1, 'steady'), (2, 'steady');
INSERT INTO finding (finding_id, scope, op_name, verdict) VALUES (1, 'operator', char(27) || x'ff' || '</script>"', 'unknown');
INSERT INTO figure VALUES ('lost_percent_total', NULL, NULL, NULL);
SQL
sqlite3 "$work/old.db" <"$tests/../profiler/format_1.sql"
"$program" analyze "$work/old.db" >/dev/null

for name in small large bare ranks old; do
    "$program" report "$work/$name.db" --format json -o "$work/report-$name.json"
    "$program" compare "$work/$name.db" "$work/small.db" --format json -o "$work/compare-$name.json"
done

"$python" - "$tests/../../reports" "$work" <<'PYTHON'
import copy, glob, json, os, sys
import jsonschema
schemas, work = sys.argv[1:]

def validator(name):
    schema = json.load(open(os.path.join(schemas, name + ".schema.json")))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)

failures = checked = 0
for kind in ("report", "compare"):
    judge = validator(kind)
    for path in sorted(glob.glob(os.path.join(work, kind + "-*.json"))):
        checked += 1
        for error in judge.iter_errors(json.load(open(path))):
            failures += 1
            print(os.path.basename(path), "/".join(map(str, error.absolute_path)), error.message)

# What the schemas have to refuse.
good = {kind: json.load(open(os.path.join(work, kind + "-small.json"))) for kind in ("report", "compare")}
def without(member): return lambda document: document.pop(member)
def put(*path):
    def change(document):
        for step in path[:-2]:
            document = document[step]
        document[path[-2]] = path[-1]
    return change
bad = [("report", without("findings")), ("report", without("lost_percent_total")), ("report", put("throughput", "low", "12")),
       ("report", put("findings", 0, "verdict", "guilty")), ("report", put("findings", 0, "verification", 7)),
       ("report", put("steps", "steady", -1)), ("report", put("fix_order", 0, "finding_ids", ["1"])),
       ("report", put("run", "batch_size", "16")), ("report", put("conversions", "by_cause", "input", {"per_step": 1})),
       ("compare", without("figures")), ("compare", put("operators", 0, "change", "odd")),
       ("compare", put("figures", "images_per_s", "change_percent", "low", "x"))]
for kind, change in bad:
    document = copy.deepcopy(good[kind])
    change(document)
    if validator(kind).is_valid(document):
        failures += 1
        print(kind, "takes what it should refuse, number", bad.index((kind, change)))
print(f"schema.sh: {checked} documents, {len(bad)} bad ones, {failures} failures")
sys.exit(failures > 0 or checked != 10)
PYTHON
