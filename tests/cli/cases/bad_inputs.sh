# Every command that reads a trace, with what is none, is newer, damaged, cut short or not analysed: one line, exit code 1, nothing left.
sqlite3 good.db <"$here/../profiler/format_1.sql"
cp good.db raw.db
"$CLPROF" analyze good.db >/dev/null
echo "just text" >text.db
: >empty.db
mkdir folder.db
sqlite3 foreign.db "CREATE TABLE run (a); INSERT INTO run VALUES (1)"
sqlite3 impostor.db "PRAGMA application_id = 0x636C7072; PRAGMA user_version = 3; CREATE TABLE run (a); CREATE TABLE step (b)"
cp good.db newer.db && sqlite3 newer.db 'PRAGMA user_version = 99'
head -c 20000 good.db >cut.db
cp good.db scrambled.db && dd if=/dev/zero of=scrambled.db bs=1 seek=4096 count=30000 conv=notrunc 2>/dev/null
cp good.db dropped.db && sqlite3 dropped.db 'DROP TABLE finding'
cp good.db endless.db && sqlite3 endless.db "DROP VIEW runs; CREATE VIEW runs AS SELECT load_extension('x') AS run_id"
printf 'x\033[31m\n' >"$(printf 'red\033[31m\n.db')"

try() { # try ARGUMENTS: only what is not one line and exit code 1
    "$CLPROF" "$@" >.stdout 2>.stderr
    code=$?
    [ $code = 1 ] && [ "$(wc -l <.stderr)" = 1 ] && [ ! -s .stdout ] && return
    echo "clprof $*: exit $code" && cat .stdout .stderr
}
for trace in missing text empty folder foreign impostor newer cut scrambled dropped endless; do
    try report $trace.db
    try report $trace.db --format html -o out.html
    try report $trace.db --format json
    try report $trace.db --format csv
    try compare $trace.db good.db
    try compare good.db $trace.db -o out.html
    case $trace in dropped | endless) continue ;; esac # what else they hold can be read
    try check $trace.db --max-round-trips 0
    try check good.db --baseline $trace.db
    try query $trace.db "SELECT 1"
    try export $trace.db --format perfetto -o out.json
    try export $trace.db --format csv -o out.csv
done
try report raw.db
try check raw.db --max-round-trips 0
ls | grep out
for trace in text foreign impostor newer scrambled dropped endless; do
    run report $trace.db
done
"$CLPROF" report "$(printf 'red\033[31m\n.db')" 2>&1 | cat -v

# A full disk: the report that was there stays, no part of a new one is left.
echo "old report" >report.html
(ulimit -f 8 && run report good.db --format html -o report.html)
cat report.html
(ulimit -f 8 && run compare good.db good.db -o compare.html)
for format in text html json csv; do
    "$CLPROF" report good.db --format $format >/dev/full
    echo "exit $?"
done
run report good.db -o raw.db
run report good.db -o folder.db
ls
