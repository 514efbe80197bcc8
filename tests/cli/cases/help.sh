# Every command answers -h, and `help COMMAND` with the same, on stdout with exit code 0, in 80 columns, with examples.
for command in $("$CLPROF" -h | sed -n 's/^  \([a-z]*\)  *.*/\1/p'); do
    "$CLPROF" "$command" -h >out 2>err && test -s out && test ! -s err && echo "$command ok"
    "$CLPROF" help "$command" | cmp - out
    awk -v command="$command" 'length > 80 && !/^  clprof / {print command ": over 80 columns: " $0}' out
    grep -q '^Examples:$' out || echo "$command: no example"
done
"$CLPROF" -h | awk 'length > 80 {print "over 80 columns: " $0}'
"$CLPROF" help >out && "$CLPROF" -h | cmp - out
run help trian
run help train report
# What is loaded, by the libraries' own word; versions differ between machines.
"$CLPROF" --version >out
sed 's/[0-9][0-9.]*/N/' out
test "$(sed -n 's/^zlib //p' out)" = "$(python3 -c 'import zlib; print(zlib.ZLIB_RUNTIME_VERSION)')" && echo 'zlib as Python says'
test "$(sed -n 's/^SQLite //p' out)" = "$(python3 -c 'import sqlite3; print(sqlite3.sqlite_version)')" && echo 'SQLite as Python says'
