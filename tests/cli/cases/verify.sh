# Training again with findings fixed: which rows come of it, and what is refused. Times are the machine's, so none is shown.
small="--data synthetic --image-size 32 --batch 2 --profile 1:2 --probe 0"
sed 's/^\(aten::max_pool2d[a-z0-9_]*\)\t[a-z]*/\1\tcontiguous/' \
    "$here/../../kernels/policy/torch-2.14-cuda.tsv" >'no pool.tsv'
train resnet18 --channels-last --policy './no pool.tsv' $small -o pool.db >/dev/null
run verify pool.db --pairs 3 --warmup 0 --quiet
"$CLPROF" query pool.db "SELECT finding_id, scope, op_name, pairs BETWEEN 1 AND 3 AS pairs, baseline_images_per_s > 0 AS baseline,
  abs(fixed_images_per_s / baseline_images_per_s - 1 - gain_percent / 100) < 1e-6 AS gain FROM verifications LEFT JOIN findings USING (finding_id)"
run verify pool.db --pairs 2 --warmup 0 --quiet --finding 1
"$CLPROF" query pool.db "SELECT count(*) AS rows_still FROM verifications"
"$CLPROF" report pool.db | grep -c "with it fixed, measured"
sqlite3 pool.db "UPDATE figure SET value = 1e9 WHERE name = 'images_per_s'"
"$CLPROF" verify pool.db --pairs 2 --warmup 0 --finding 1 2>&1 >/dev/null | grep -c "the speed at which the trace was recorded (1000000000.0 images/s)"
# A step of 16 passes has 16 batches: were they forgotten, the ratio would be near 0.06. It is 1, but for the machine's other work.
train resnet18 --channels-last --policy './no pool.tsv' --data synthetic --image-size 32 --batch 2 --profile 0:2 --probe 0 --threads 1 --grad-accum-steps 16 -o accumulated.db >/dev/null
"$CLPROF" verify accumulated.db --pairs 2 --warmup 0 --quiet >/dev/null
"$CLPROF" query accumulated.db "SELECT max(baseline_images_per_s) / (SELECT sum(images) / sum(dur_ns / 1e9) FROM steps) > 0.2 AS images_of_all_passes
  FROM verifications"
run verify pool.db --finding 9999
run verify pool.db --finding "$("$CLPROF" query pool.db "SELECT 'id', finding_id FROM findings WHERE verdict = 'clean' LIMIT 1" | awk 'NR == 2 { print $2 }')"
train resnet18 --channels-last $small -o clean.db >/dev/null
run verify clean.db
"$CLPROF" import "$here/../importers/data/onednn_3_3.log" -o imported.db >/dev/null
run verify imported.db
run verify nowhere.db
sqlite3 pool.db "UPDATE run SET command_line = 'clprof train ''resnet18'"
run verify pool.db
sqlite3 pool.db "UPDATE run SET command_line = 'clprof train resnet18 --data nowhere'"
run verify pool.db
sqlite3 pool.db "UPDATE run SET command_line = 'something else'"
run verify pool.db
