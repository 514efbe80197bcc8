# Steps go on after the window, untraced; schedules, optimizers, fp16 with its word about float32; reports to files.
train resnet18 --data synthetic --image-size 32 --batch 4 --channels-last --amp fp16 --optimizer adamw --schedule onecycle --steps 6 --profile 1:2 --report r.html >out
sed -n '/^!/p; $p' out
"$CLPROF" query trace.db "SELECT count(*) AS steps, min(grad_scale) > 0 AS scaled FROM steps"
head -c 15 r.html
run export trace.db --format csv --view steps -o steps.csv
wc -l <steps.csv
run export trace.db --format perfetto -o p.json
python3 -c 'import json; print(sorted({e["ph"] for e in json.load(open("p.json"))["traceEvents"]}))'
run report trace.db --format json -o r.json
python3 -c 'import json; r = json.load(open("r.json")); print(r["clprof"], r["steps"], r["conversions"]["by_cause"]["input"]["per_step"])'
