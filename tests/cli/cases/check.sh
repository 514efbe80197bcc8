# The gate: limits, a baseline, annotations for GitHub, JUnit XML; names that would be commands of a CI system stay text.
sqlite3 trace.db <"$here/../profiler/format_1.sql"
"$CLPROF" analyze trace.db >/dev/null
cp trace.db base.db
run check trace.db --max-round-trips 1 --max-lost 20
run check trace.db --max-round-trips 0 --max-lost 20 --github --junit check.xml
cat check.xml
run check trace.db --baseline base.db

# A baseline without the culprit; then the culprit has a name that ends lines, begins commands and closes elements.
sqlite3 base.db "UPDATE finding SET verdict = 'clean', round_trips_per_step = 0, lost_percent = 0, lost_percent_low = 0, lost_percent_high = 0;
    UPDATE figure SET value = 0, low = 0, high = 0 WHERE name IN ('lost_percent_total', 'round_trips_per_step')"
run check trace.db --baseline base.db
run check base.db --baseline trace.db
sqlite3 trace.db "UPDATE finding SET op_name = '::set-env name=A::b' || char(10) || '::error title=c,d:e::100%25' || char(27, 8238, 155) || '\"]]></failure>&' WHERE op_name LIKE '%group_norm'"
run check trace.db --baseline base.db --github --junit hostile.xml
"$CLPROF" check trace.db --baseline base.db --github 2>/dev/null | grep -cE '^[[:space:]]*(::set-env|##)'
python3 - <<'PYTHON'
import xml.dom.minidom
for name in ("check.xml", "hostile.xml"):
    suite = xml.dom.minidom.parse(name).documentElement.getElementsByTagName("testsuite")[0]
    cases = suite.getElementsByTagName("testcase")
    failures = suite.getElementsByTagName("failure")
    print(name, suite.getAttribute("tests") == str(len(cases)), suite.getAttribute("failures") == str(len(failures)))
    for failure in failures:
        print(failure.parentNode.getAttribute("name"), "|", failure.getAttribute("message"))
PYTHON

# What cannot be checked is no pass; a report that cannot be written, or would replace a trace, neither.
run check trace.db
run check trace.db --tolerance 2 --max-lost 5
run check trace.db --max-lost ten
run check trace.db --baseline missing.db
run check trace.db --max-round-trips 5 --junit no/such/folder/check.xml
run check trace.db --max-round-trips 5 --junit base.db
"$CLPROF" check trace.db --max-round-trips 5 >/dev/full
echo "exit $?"

# Every `clprof check` and `clprof report` of docs/CI.md is a command line that is understood.
cp base.db main.db
sed -n 's/^ *\(- \)\{0,1\}\(run: \)\{0,1\}clprof \(check\|report\) /\3 /p' "$here/../../docs/CI.md" | sort -u >commands
wc -l <commands
while read -r line; do
    eval "set -- $line"
    "$CLPROF" "$@" >.stdout 2>.stderr
    case $? in 0 | 3) ;; *) echo "$line" && cat .stderr ;; esac
done <commands
ls layouts.*
