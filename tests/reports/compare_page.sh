#!/bin/sh
# Opens a comparison in headless Chromium: no message on the console (which a style that its policy refuses would leave), no script,
# what the JSON says. Usage: compare_page.sh CLPROF. Exit 77 = skipped, with the reason.
set -eu
program=${1:?usage: compare_page.sh CLPROF}
tests=$(cd "$(dirname "$0")" && pwd)
browser=$(command -v chromium || true)
[ -n "$browser" ] || { echo "skipped: no chromium (apt-get install chromium)"; exit 77; }
command -v sqlite3 >/dev/null || { echo "skipped: no sqlite3 (apt-get install sqlite3)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for name in small large; do
    {
        echo "PRAGMA application_id = 0x636C7072; PRAGMA user_version = 4;"
        cat "$tests/../../profiler/sql/schema.sql" "$tests/../../profiler/sql/views.sql"
        echo "CREATE TEMP TABLE generated AS WITH RECURSIVE n(value) AS"
        echo "(SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 1000) SELECT value FROM n;"
        cat "$tests/$name.sql" "$tests/../../profiler/sql/digest.sql"
    } | sqlite3 -bail "$work/$name.db" >/dev/null
done
"$program" compare "$work/small.db" "$work/large.db" -o "$work/compare.html"
"$program" compare "$work/small.db" "$work/large.db" -o "$work/compare.json"
timeout 120 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" --enable-logging=stderr \
    --dump-dom "file://$work/compare.html" >"$work/dom" 2>"$work/log" || { echo "chromium did not finish"; exit 1; }

fail() {
    echo "compare_page.sh: $1"
    grep CONSOLE "$work/log" || true
    exit 1
}
if grep -q CONSOLE "$work/log"; then fail "messages on the console"; fi
if grep -qiE '<script|<link|https?:|src=' "$work/dom"; then fail "the page has a script or asks for something"; fi
grep -q '<h2 id="findings-title">' "$work/dom" || fail "no findings"
changes=$(grep -c '"change": "' "$work/compare.json")
[ "$(grep -c '<span class="badge' "$work/dom")" = "$changes" ] || fail "not the $changes findings of the JSON"
grep -q 'toy &lt;script&gt;alert(1)&lt;/script&gt;' "$work/dom" || fail "the hostile name is gone"
echo "compare_page.sh: passed"
