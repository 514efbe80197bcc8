# Exports: every view as CSV, and Chrome trace events whose tracks, slices and arrows are what they should be.
make_trace() { # make_trace NAME SQL_FILE
    {
        echo "PRAGMA application_id = 0x636C7072; PRAGMA user_version = 4;"
        cat "$here/../../profiler/sql/schema.sql" "$here/../../profiler/sql/views.sql"
        echo "CREATE TEMP TABLE generated AS WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 1000) SELECT value FROM n;"
        cat "$2" "$here/../../profiler/sql/digest.sql"
    } | sqlite3 -bail "$1" >/dev/null
}
make_trace small.db "$here/../reports/small.sql"
make_trace large.db "$here/../reports/large.sql"
sqlite3 old.db <"$here/../profiler/format_1.sql"

# Two ranks, threads of one number, a silent conversion, ends out of order, a round trip without times.
cp small.db ranks.db
sqlite3 ranks.db "UPDATE run SET rank = 0; INSERT INTO run (run_id, source, rank) VALUES (7, 'kineto', 1); UPDATE step SET run_id = 7 WHERE step_id > 3;
    UPDATE conversion SET start_ns = NULL, dur_ns = NULL, kernel_id = NULL WHERE conversion_id = 11;
    UPDATE conversion SET start_ns = 1 WHERE conversion_id = 22;
    UPDATE op SET start_ns = NULL, dur_ns = NULL WHERE op_id = 33; UPDATE conversion SET start_ns = NULL, dur_ns = NULL WHERE conversion_id = 31"
for name in small large ranks old; do
    run export $name.db --format perfetto -o $name.json
done
python3 - <<'PYTHON'
import bisect, collections, json
for name in ("small", "large", "ranks", "old"):
    events = json.load(open(name + ".json"))["traceEvents"]
    kinds = collections.Counter(event["ph"] for event in events)
    slices = [event for event in events if event["ph"] == "X"]
    names = {(event["name"], event["pid"], event["tid"]) for event in events if event["ph"] == "M"}
    assert len(names) == sum(event["ph"] == "M" for event in events), "a track has two names"
    for event in slices:
        assert event["ts"] >= 0 and event["dur"] >= 0 and event["name"] and event["cat"]
        assert ("thread_name", event["pid"], event["tid"]) in names and ("process_name", event["pid"], 0) in names
    by_track = collections.defaultdict(list)
    for event in slices:
        by_track[event["pid"], event["tid"]].append(event)
    for track in by_track.values(): # slices of a track follow each other here: the last one begun is the one around
        track.sort(key=lambda event: event["ts"])
    starts = {track: [event["ts"] for event in slices] for track, slices in by_track.items()}
    arrows = collections.defaultdict(list)
    for event in events:
        if event["ph"] in "stf":
            arrows[event["id"]].append(event)
            track = event["pid"], event["tid"]
            around = by_track[track][bisect.bisect(starts[track], event["ts"]) - 1]
            assert around["ts"] <= event["ts"] <= around["ts"] + around["dur"], "an end of an arrow lies in no slice"
    for arrow in arrows.values():
        assert [event["ph"] for event in arrow] == ["s"] + ["t"] * (len(arrow) - 2) + ["f"], "an arrow without its two ends"
        assert all(a["ts"] <= b["ts"] for a, b in zip(arrow, arrow[1:])), "an arrow goes back in time"
        assert arrow[0]["ts"] < arrow[-1]["ts"]
    conversions = [event for event in slices if event["cat"].startswith("conversion")]
    assert all(event["cname"] for event in conversions)
    print(name, dict(sorted(kinds.items())), len(arrows), "arrows,", len(conversions), "conversions,",
          sum("round_trip" in event["cat"] for event in conversions), "on round trips,",
          sum("culprit" in event["cat"] for event in slices), "culprits")
    print("  ", sorted(event["args"]["name"] for event in events if event["name"] == "process_name"))
PYTHON

# Every view; numbers of rows are those of the trace.
run export small.db --format csv --view all -o views
for file in views/*.csv; do
    view=$(basename "$file" .csv)
    python3 -c 'import csv, sys; rows = list(csv.reader(open(sys.argv[1], newline=""))); print(sys.argv[2], len(rows) - 1 == int(sys.argv[3]), len({len(row) for row in rows}))' \
        "$file" "$view" "$(sqlite3 small.db "SELECT count(*) FROM $view")"
done
"$CLPROF" export old.db --format csv --view all -o old_views && ls old_views | wc -l

run export small.db --format csv --view nothing -o none.csv
run export small.db --format csv --view all -o -
run export small.db --format csv --view all -o small.db
run export small.db --format perfetto --view steps -o none.json
run export small.db --format perfetto
run export small.db -o none.json
run export small.db --format perfetto -o large.db
(ulimit -f 20 && run export large.db --format perfetto -o none.json)
ls | grep none
