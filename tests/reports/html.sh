#!/bin/sh
# Opens the HTML report in headless Chromium: the script runs without an error, fills in what only it can, and the page
# asks for nothing from outside. Usage: html.sh CLPROF [FOLDER of the tests]. Exit 77 = skipped, with the reason.
set -eu
program=${1:?usage: html.sh CLPROF}
tests=$(cd "$(dirname "$0")" && pwd)
browser=$(command -v chromium || true)
[ -n "$browser" ] || { echo "skipped: no chromium (apt-get install chromium)"; exit 77; }
command -v sqlite3 > /dev/null || { echo "skipped: no sqlite3 (apt-get install sqlite3)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

make_trace() { # NAME: tests/reports/NAME.sql -> $work/NAME.db
    {
        echo "PRAGMA application_id = 0x636C7072; PRAGMA user_version = 3;"
        cat "$tests/../../profiler/sql/schema.sql" "$tests/../../profiler/sql/views.sql"
        echo "CREATE TEMP TABLE generated AS WITH RECURSIVE n(value) AS"
        echo "(SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 1000) SELECT value FROM n;"
        cat "$tests/$1.sql"
    } | sqlite3 -bail "$work/$1.db" > /dev/null
}

fail() {
    echo "html.sh: $1"
    grep CONSOLE "$work/log" || sed -n 1,5p "$work/log"
    exit 1
}

for name in small large; do
    make_trace $name
    "$program" report "$work/$name.db" --format html -o "$work/$name.html"
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" \
        --enable-logging=stderr --dump-dom "file://$work/$name.html" > "$work/dom" 2> "$work/log" ||
        fail "chromium did not finish"
    if grep -q 'CONSOLE' "$work/log"; then fail "$name: messages on the console"; fi
    grep -q '<html lang="en" class="scripted">' "$work/dom" || fail "$name: the script did not run"
    grep -q '<canvas id="canvas"[^>]*width="[1-9]' "$work/dom" || fail "$name: the timeline was not drawn"
    grep -q '<li><i style="background: var(--channels-last);"></i>channels_last</li>' "$work/dom" ||
        fail "$name: the timeline has no legend"
    in_dom=$(grep -o '<tr data-verdict=' "$work/dom" | wc -l)
    in_trace=$(sqlite3 "$work/$name.db" "SELECT count(*) FROM findings WHERE scope = 'operator'")
    [ "$in_dom" = "$in_trace" ] || fail "$name: $in_dom rows of operators, $in_trace in the trace"
    grep -q ">$in_trace operators</span>" "$work/dom" || fail "$name: the filter did not count the operators"
done
grep -q 'alert(1)' "$work/small.html" || fail "the hostile name is gone"
echo "html.sh: passed"
