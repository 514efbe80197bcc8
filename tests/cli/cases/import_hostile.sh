# What is no trace, hostile databases, and outputs that can't be written: one line, the right exit code, nothing left behind.
seeds=$here/../fuzz/seeds
mkdir folder
echo 'import torch' >train.py
printf '\211PNG\r\n\032\n\0\0\0\rIHDR' >picture.png
for file in folder train.py picture.png; do
    run import $file -o none.db
done

# A wrong checksum: what was inflated before it is whole, and it is said.
gzip -nc "$seeds/kineto/thrash.json" >whole.json.gz
size=$(wc -c <whole.json.gz)
{ head -c $((size - 8)) whole.json.gz; printf '\1\2\3\4'; tail -c 4 whole.json.gz; } >wrong_crc.json.gz
run import wrong_crc.json.gz -o crc.db | grep -E 'exit|!'
"$CLPROF" query crc.db "SELECT text FROM note WHERE text LIKE '%checksum%'"

# Depth costs nothing: within an event, and instead of one.
nested() { # nested LEVELS: an event with brackets that deep in its args
    printf '{"traceEvents":[{"ph":"X","cat":"cpu_op","name":"aten::relu","pid":1,"tid":1,"ts":1,"dur":2,"args":{"deep":'
    awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "["; for (i = 0; i < n; i++) printf "]" }'
    printf '}}]}'
}
for levels in 40 1000000; do
    nested $levels >deep.json
    run import deep.json -o deep.db | grep -E 'exit|!'
    "$CLPROF" query deep.db "SELECT name, dur_ns FROM operators"
    rm deep.db
done
awk 'BEGIN { printf "{\"traceEvents\":"; for (i = 0; i < 1000000; i++) printf "[" }' >bottomless.json
run import bottomless.json -o none.db

# A trace of clprof's own is no input.
run import crc.db -o none.db

# Databases: names with SQL in them, a view in a table's place, wrong types, missing columns, damage.
hostile() { # hostile SQL: an Nsight Systems database as far as its kernels, then SQL
    rm -f hostile.sqlite
    sqlite3 hostile.sqlite "CREATE TABLE StringIds (id INTEGER PRIMARY KEY, value TEXT);
        INSERT INTO StringIds VALUES (1, 'void nchwToNhwcKernel''; DROP TABLE StringIds; --'), (2, 'cudaLaunchKernel');
        CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INTEGER, end INTEGER, deviceId INTEGER, streamId INTEGER, correlationId INTEGER,
            globalPid INTEGER, demangledName INTEGER, shortName INTEGER);
        INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (100, 200, 0, 7, 5, 16777216, 1, 1);
        CREATE TABLE CUPTI_ACTIVITY_KIND_RUNTIME (start INTEGER, end INTEGER, globalTid INTEGER, correlationId INTEGER, nameId INTEGER);
        INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES (50, 60, 16777217, 5, 2);
        $1"
    run import hostile.sqlite -o nsys.db | grep -E 'exit|!'
    test -e nsys.db && "$CLPROF" query nsys.db "SELECT name, dur_ns, launch_ns FROM kernels"
    "$CLPROF" query nsys.db "SELECT text FROM note WHERE text LIKE '%left out%'"
    rm -f nsys.db
}
hostile "CREATE TABLE \"a\"\"; DROP TABLE StringIds; --\" (\"x'); DROP TABLE kernel; --\" TEXT);
    ALTER TABLE CUPTI_ACTIVITY_KIND_KERNEL ADD COLUMN \"y\"\" FROM sqlite_master; --\" TEXT;"
hostile "INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES ('soon', x'00ff', 'zero', 1e300, -1, NULL, 'name', 99);
    INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (9223372036854775807, -9223372036854775808, 0, 7, 6, 16777216, 1, 1);"
hostile "ALTER TABLE CUPTI_ACTIVITY_KIND_KERNEL DROP COLUMN streamId; ALTER TABLE CUPTI_ACTIVITY_KIND_KERNEL DROP COLUMN correlationId;"
hostile "ALTER TABLE CUPTI_ACTIVITY_KIND_KERNEL DROP COLUMN start;"
hostile "DROP TABLE CUPTI_ACTIVITY_KIND_RUNTIME; CREATE VIEW CUPTI_ACTIVITY_KIND_RUNTIME AS WITH RECURSIVE t(start) AS (SELECT 1 UNION ALL
    SELECT start + 1 FROM t) SELECT start, start AS end, 1 AS globalTid, 5 AS correlationId, 2 AS nameId FROM t;"
sqlite3 other.sqlite "CREATE TABLE customers (name TEXT)"
run import other.sqlite -o none.db
head -c 5000 "$seeds/nsys/nsys-3.24.14-rtx3080.sqlite" >cut.sqlite
run import cut.sqlite -o none.db
{ head -c 4096 "$seeds/nsys/nsys-3.24.14-rtx3080.sqlite"; head -c 8704 /dev/zero; } >zeroed.sqlite
run import zeroed.sqlite -o none.db

# Outputs: no folder, a folder, a file that is no trace; a trace that is there survives an import that fails, also on a full disk.
cp "$seeds/kineto/thrash.json" .
run import thrash.json -o nowhere/none.db
run import thrash.json -o folder
run import thrash.json -o train.py
cat train.py
cp crc.db kept.db
run import train.py -o kept.db
cmp crc.db kept.db
(ulimit -f 60 && run import thrash.json -o kept.db)
cmp crc.db kept.db
(ulimit -f 60 && run import thrash.json -o none.db)
ls -A
