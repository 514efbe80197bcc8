# SIGINT: finished steps are kept, findings are printed, exit code 1. SIGKILL: the trace opens and is sound.
"$CLPROF" train resnet18 --data synthetic --image-size 32 --batch 2 --quiet --profile 1:100000 -o int.db >out 2>err &
job=$!
until [ "$(sqlite3 -readonly int.db 'SELECT count(*) FROM step' 2>/dev/null || echo 0)" -ge 5 ]; do sleep 0.2; done
kill -INT $job
wait $job
echo "exit $?"
sed 's/after [0-9]* steps/after N steps/' err
grep -c Throughput out
sqlite3 int.db 'PRAGMA integrity_check'
ls int.db*
"$CLPROF" train resnet18 --data synthetic --image-size 32 --batch 2 --quiet --profile 1:100000 -o kill.db >out 2>err &
job=$!
until [ "$(sqlite3 -readonly kill.db 'SELECT count(*) FROM step' 2>/dev/null || echo 0)" -ge 5 ]; do sleep 0.2; done
kill -KILL $job
wait $job 2>/dev/null
sqlite3 kill.db 'PRAGMA integrity_check'
"$CLPROF" analyze kill.db >/dev/null && sqlite3 kill.db 'SELECT count(*) >= 5 FROM steps WHERE phase IS NOT NULL'
sqlite3 kill.db "SELECT count(DISTINCT n) FROM (SELECT count(*) AS n FROM op WHERE step_id IS NOT NULL GROUP BY step_id)"
