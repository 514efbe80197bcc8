# Queries for programs, and what a query may not do: write, reach other files, load code, go on for ever.
sqlite3 trace.db <"$here/../profiler/format_1.sql"
"$CLPROF" analyze trace.db >/dev/null
cp trace.db before.db
run query trace.db --format csv "SELECT op_name, verdict, lost_percent, advice IS NULL AS quiet FROM findings WHERE scope = 'operator'"
run query trace.db --format json "SELECT op_id, name, module_path, parent_op_id FROM operators LIMIT 2"
run query trace.db --format json "SELECT 1 AS a, 2 AS a, 3 AS a_2, 'x' AS b, NULL AS c, 1e999 AS d, x'00ff' AS e, -0.5 AS f"
run query trace.db --format json "SELECT 1 AS a WHERE 0"
run query trace.db --format csv --name round_trips -o trips.csv
cat trips.csv
run query trace.db --format csv "SELECT 1; SELECT 2"
run query trace.db --format json "SELECT 1; -- one only"
python3 -c 'import json, subprocess, sys
rows = json.loads(subprocess.check_output([sys.argv[1], "query", "trace.db", "--format", "json", "SELECT * FROM kernels"]))
print(len(rows), sorted(rows[0])[:3])' "$CLPROF"

refused() { # prints what is not refused
    "$CLPROF" query trace.db "$1" >.stdout 2>.stderr && echo "not refused: $1"
    [ -s .stdout ] && echo "output of: $1"
    [ "$(wc -l <.stderr)" = 1 ] || cat .stderr
}
echo secret >secret.txt
for sql in "ATTACH 'other.db' AS o" "ATTACH ':memory:' AS o" "VACUUM INTO 'other.db'" "SELECT readfile('secret.txt')" \
    "SELECT writefile('other.db', 'x')" "SELECT load_extension('x')" "SELECT fts3_tokenizer('simple')" \
    "CREATE VIRTUAL TABLE temp.t USING fts5(x)" "CREATE VIRTUAL TABLE t USING csv(filename='secret.txt')" \
    "CREATE TEMP TABLE t AS SELECT 1" "CREATE TEMP VIEW v AS SELECT 1" "INSERT INTO step DEFAULT VALUES" \
    "SELECT * FROM fsdir('.')" "SELECT edit('x')" "PRAGMA writable_schema = 1" "PRAGMA journal_mode = WAL" \
    "PRAGMA user_version = 9" "PRAGMA temp_store_directory = '.'" "PRAGMA wal_checkpoint(TRUNCATE)" "PRAGMA optimize" \
    "PRAGMA integrity_check" "PRAGMA trusted_schema = 1" "PRAGMA data_store_directory = '.'" "PRAGMA hard_heap_limit = 1" \
    "SELECT * FROM pragma_user_version(7)" "BEGIN IMMEDIATE" "COMMIT" "REINDEX" "ANALYZE" "DETACH main" "DROP VIEW runs" \
    "WITH a AS (SELECT 1) INSERT INTO note SELECT 9, 'x' FROM a" "DELETE FROM note RETURNING *" "EXPLAIN UPDATE run SET model = 'x'" \
    "SELECT length(zeroblob(1000000000))"; do
    refused "$sql"
done
cmp trace.db before.db && echo "the trace is as it was"
ls

# What never ends is ended by Ctrl-C (130), and a report's file that was begun is gone; so is one that SIGTERM ends (143).
endless="WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT"
interrupt() { # interrupt SIGNAL ARGUMENTS
    signal=$1
    shift
    timeout --preserve-status -s "$signal" 1 "$CLPROF" query trace.db "$@" >/dev/null 2>.stderr
    echo "exit $?"
}
interrupt INT "$endless count(*) FROM n"
interrupt INT "$endless sum(length(hex(x))) FROM n" --format json
interrupt INT "$endless x FROM n ORDER BY x DESC" -o numbers.txt
interrupt TERM "$endless x FROM n" --format csv -o numbers.txt
ls | grep numbers

# Outputs that cannot be written.
run query trace.db "SELECT 1" -o no/such/folder/x.csv
run query trace.db "SELECT 1" -o before.db
for format in text csv json; do
    "$CLPROF" query trace.db --format $format "SELECT * FROM operators, kernels" >/dev/full
    echo "exit $?"
done
"$CLPROF" query trace.db --format csv "SELECT * FROM operators, kernels" | head -1 | cut -c1-20
