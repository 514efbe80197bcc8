# oneDNN verbose logs: the report, the program's own output around the log, packed, cut short, nothing executed, a report that is no export.
cp "$here"/../importers/data/onednn_*.log .
"$CLPROF" import onednn_v1_timestamps.log -o v1.db | grep -E '^(Ran on|Steps|Step |Conversions |Round trips|library|weight|gradient|onednn::| +(library|unknown) )'
counts() {
    "$CLPROF" query "$1" "SELECT cause, count(*) AS conversions, sum(dur_ns) AS ns FROM conversions GROUP BY cause"
}
"$CLPROF" import onednn_mkldnn_0.log -o oldest.db >.stdout && counts oldest.db
{ echo '[INFO] {"epoch": 1}'; cat onednn_3_3.log; } | gzip >program.log.gz
"$CLPROF" import program.log.gz -o packed.db >.stdout && counts packed.db
head -c 1950 onednn_2_6.log >cut.log
"$CLPROF" import cut.log -o cut.db >.stdout && "$CLPROF" query cut.db "SELECT text FROM note ORDER BY text"

run import v1.db -o again.db
grep info onednn_2_6.log >idle.log
run import idle.log -o idle.db
echo x >report.nsys-rep
run import report.nsys-rep -o report.db
ls *.db
