# Traces that are none, newer, cut short or in the way.
run report missing.db
echo "just text" >text.db
run report text.db
run analyze text.db
sqlite3 other.db 'CREATE TABLE t (a)'
run report other.db
run train resnet18 --data synthetic --image-size 32 --batch 2 --quiet --profile 0:1 -o other.db
sqlite3 other.db '.tables'
train resnet18 --data synthetic --image-size 32 --batch 2 --profile 1:2 >/dev/null
cp trace.db newer.db
sqlite3 newer.db 'PRAGMA user_version = 99'
run report newer.db
head -c 20000 trace.db >cut.db
run report cut.db
run query trace.db 'DELETE FROM step'
run query trace.db 'SELECT nothing FROM steps'
sqlite3 trace.db 'SELECT count(*) FROM steps'
