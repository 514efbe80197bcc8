# Kineto traces: real ones (counts were made by an independent script), a sidecar, ranks, and what is no trace.
cp "$here"/../importers/data/*.gz "$here"/../kineto/data/*.json .
import() { # prints only what fails
    "$CLPROF" import "$@" >.stdout 2>&1 || cat .stdout
}
counts() {
    "$CLPROF" query "$1" "SELECT (SELECT count(*) FROM steps) AS steps, (SELECT count(*) FROM kernels) AS on_device, count(*) AS conversions,
        sum(kernels.dur_ns) AS converting_ns, sum(conversions.op_id IS NULL) AS of_nobody FROM conversions JOIN kernels USING (kernel_id)"
}
import kineto-h100-vit.json.gz -o vit.db
counts vit.db
"$CLPROF" query vit.db "SELECT source, device, device_name, started_unix_ns FROM runs"
"$CLPROF" query vit.db "SELECT name, module_path, input_format, input_shape FROM operators WHERE name = 'aten::convolution'"
import kineto-a100-alexnet.json.gz -o alexnet.db
counts alexnet.db
"$CLPROF" import kineto-h100-vit.json.gz -o vit.db --report vit.html | grep -E '^(Conversions  |Round trips)'
grep -c '<html' vit.html

# Plain, cut short, and cut short when packed.
gzip -dc kineto-h100-vit.json.gz >vit.json
import vit.json -o plain.db
counts plain.db
head -c 2000000 vit.json >cut.json
import cut.json -o cut.db
"$CLPROF" query cut.db "SELECT text FROM note WHERE text LIKE '%break%'"
head -c 100000 kineto-h100-vit.json.gz >cut.json.gz
import cut.json.gz -o cut_gz.db
"$CLPROF" query cut_gz.db "SELECT text FROM note WHERE text LIKE '%break%'"

# Ranks, and tensors from an ExecutionTrace.
import 2024_epoch_decimals.json hip.json -o ranks.db
"$CLPROF" query ranks.db "SELECT rank, device_name FROM runs ORDER BY rank"
import 2025_strides.json execution_trace.json -o beside.db
"$CLPROF" query beside.db "SELECT count(*) AS operators FROM operators"
run import execution_trace.json -o lonely.db

# No trace is left behind.
: >empty.json
echo '{"traceEvents": []}' >nothing.json
echo '[1] [2]' >two.json
echo '{"traceEvents": [' >open.json
printf '\037\213\010rubbish' >rubbish.json.gz
head -c 4000 vit.json >head.json
for file in missing.json empty.json nothing.json two.json open.json rubbish.json.gz head.json; do
    run import $file -o none.db
done
run import vit.json -o vit.json
run import
ls -- *.db*
