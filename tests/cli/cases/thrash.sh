# The main job, small: what converts under which policy. Counts of what oneDNN repacks depend on the machine, so only
# conversions between the two formats of PyTorch are counted.
small="--data synthetic --image-size 64 --batch 2 --profile 1:2 --probe 0"
counts() {
    "$CLPROF" query "$1" "SELECT cause, count(*) / 3.0 AS per_step FROM conversions WHERE step_id IS NOT NULL AND from_format IN ('contiguous', 'channels_last') AND to_format IN ('contiguous', 'channels_last') GROUP BY cause ORDER BY cause"
    "$CLPROF" query "$1" "SELECT kind, count(*) / 3.0 AS per_step FROM round_trips GROUP BY kind ORDER BY kind"
    "$CLPROF" query "$1" "SELECT op_name, verdict, round_trips_per_step FROM findings WHERE scope = 'operator' AND verdict NOT IN ('clean', 'slow_kernel') ORDER BY op_name"
}
train resnet50_gn --channels-last --policy torch-2.14-cuda $small -o gn14.db >/dev/null
counts gn14.db
train resnet50_gn --channels-last --policy torch-2.15-cuda $small -o gn15.db >/dev/null
counts gn15.db
train resnet18 --contiguous $small -o contiguous.db >/dev/null
counts contiguous.db
train mobilenet_v2 --channels-last $small -o mobilenet.db >/dev/null
counts mobilenet.db
run check gn14.db --max-round-trips 0
run check gn15.db --max-round-trips 0 --max-lost 0
# An independent count: 4-D activations that go in with one format and come out with the other.
"$CLPROF" query gn14.db "
WITH image AS (SELECT * FROM op_tensors WHERE length(shape) - length(replace(shape, ',', '')) = 3
               AND memory_format IN ('contiguous', 'channels_last')),
     made AS (SELECT op_id, memory_format FROM image WHERE direction = 'out' AND position = 0)
SELECT o.name, count(*) / 3.0 AS per_step FROM image JOIN made USING (op_id) JOIN operators o USING (op_id)
WHERE direction = 'in' AND image.memory_format <> made.memory_format AND o.step_id IS NOT NULL
  AND NOT (o.name = 'aten::convolution' AND position = 1) AND NOT (o.name = 'aten::convolution_backward' AND position = 2)
GROUP BY o.name ORDER BY o.name"
# A sound trace breaks no rule.
for trace in gn14 gn15 contiguous mobilenet; do
    sqlite3 $trace.db <"$here/../../profiler/sql/checks.sql"
done
