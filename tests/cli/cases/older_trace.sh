# A trace of format 1: read as it lies there (also where nothing may be written), upgraded by who may write.
sqlite3 old.db <"$here/../profiler/format_1.sql"
cp old.db copy.db
run report old.db
run query old.db 'SELECT op_id, name, parent_op_id, level FROM operators WHERE step_id = 1'
run query old.db 'SELECT step_index, phase, mode FROM steps'
run query old.db 'SELECT count(*) AS kernels, count(launch_ns) AS launches FROM kernels'
run query old.db --name operator_time
run query old.db 'PRAGMA user_version'
cmp old.db copy.db && echo "untouched by reading"
run analyze old.db
run query old.db 'PRAGMA user_version'
run query old.db 'SELECT op_name, verdict, conversions_per_step, round_trips_per_step, round(lost_percent, 2) AS lost FROM findings WHERE scope = '"'operator'"
run analyze old.db
run report old.db
run compare old.db copy.db
run check old.db --max-round-trips 0
run export copy.db --format csv -o -

# A trace of format 3 lacks what reports read: whoever opens it adds it up, and shows the same.
cp old.db third.db
for table in median_step median_longest median_op median_conversion cost_conversion cost_round_trip; do sqlite3 third.db "DROP TABLE $table"; done
sqlite3 third.db 'PRAGMA user_version = 3'
cp third.db copy.db
for format in html csv; do
    "$CLPROF" report old.db --format $format | sed 's/old\.db/third.db/g' >expected.$format
    "$CLPROF" report third.db --format $format | cmp - expected.$format && echo "the same $format"
done
for name in timeline timeline_conversions paths operator_instances operator_conversions largest_conversions round_trips conversions; do
    "$CLPROF" query old.db --name $name >expected.txt
    "$CLPROF" query third.db --name $name | cmp - expected.txt
done
cmp third.db copy.db && echo "untouched by reading"
