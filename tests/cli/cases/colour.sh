# Colours on a terminal only, and not where NO_COLOR or a terminal without colours says so. `script` is the terminal.
sqlite3 trace.db <"$here/../profiler/format_1.sql"
"$CLPROF" analyze trace.db >/dev/null
escapes() { # lines with an escape, of what a command writes to a terminal
    script -qec "$*" /dev/null </dev/null >.typescript
    grep -c "$(printf '\033')" .typescript
}
unset NO_COLOR
export TERM=xterm
[ "$(escapes "$CLPROF" report trace.db)" -gt 10 ] && echo "report has colours"
[ "$(escapes "$CLPROF" compare trace.db trace.db)" -gt 5 ] && echo "compare has colours"
[ "$(escapes "$CLPROF" check trace.db --max-round-trips 5)" -gt 0 ] && echo "check has colours"
[ "$(escapes "$CLPROF" import "$here/../importers/data/onednn_v1_timestamps.log" -o new.db)" -gt 10 ] && echo "import has colours"
escapes "$CLPROF" report trace.db --format json
escapes "$CLPROF" query trace.db --name operators
NO_COLOR=1 escapes "$CLPROF" report trace.db
TERM=dumb escapes "$CLPROF" report trace.db
TERM= escapes "$CLPROF" report trace.db
"$CLPROF" report trace.db | grep -c "$(printf '\033')"
"$CLPROF" report trace.db -o report.txt && grep -c "$(printf '\033')" report.txt

# What is shown is the same text, with and without.
NO_COLOR='' script -qec "'$CLPROF' report trace.db" /dev/null </dev/null | sed 's/\x1b\[[0-9;]*m//g; s/\r$//' >coloured.txt
"$CLPROF" report trace.db | cmp - coloured.txt && echo "same text"
