#!/bin/sh
# The whole GPU check, in one command:  tests/gpu/check.sh [--simulated] [--build FOLDER] [--model NAME] [--no-tests]
# One line each: "pass", "FAIL", "skip" (what it needs isn't here), what was checked, what was seen. Exit code 1 when anything failed.
# On a machine with a GPU it builds with the preset `cuda` and runs there. --simulated runs the same on tests/simgpu (build/dev), where
# times mean nothing and are not judged.
# shellcheck disable=SC2086 # $small is several words
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
simulated=0 build='' model=resnet18 tests=1 failures=0
while [ $# -gt 0 ]; do
    case $1 in
    --simulated) simulated=1 ;;
    --build) build=$(cd "$2" && pwd) && shift ;;
    --model) model=$2 && shift ;;
    --no-tests) tests=0 ;; # a test itself: not those of the build once more
    *) echo "usage: tests/gpu/check.sh [--simulated] [--build FOLDER] [--model NAME] [--no-tests]" >&2 && exit 2 ;;
    esac
    shift
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

pass() { echo "pass  $*"; }
skip() { echo "skip  $*"; }
fail() {
    echo "FAIL  $*"
    failures=$((failures + 1))
    [ ! -s "$scratch/err" ] || sed 's/^/        /' "$scratch/err" | head -5
}
# try WHAT COMMAND...: passes when the command does; its output is in $scratch/out and err.
try() {
    what=$1 && shift
    if "$@" >"$scratch/out" 2>"$scratch/err"; then pass "$what"; else fail "$what"; fi
}
value() { # TRACE SQL: the first value of the first row
    "$clprof" query --format csv "$1" "$2" 2>/dev/null | tr -d '\r' | sed -n 2p
}
# expect WHAT TRACE SQL WANTED: passes when the query gives that.
expect() {
    said=$(value "$2" "$3")
    if [ "$said" = "$4" ]; then pass "$1"; else : >"$scratch/err" && fail "$1: '$said', not '$4'"; fi
}

if [ -z "$build" ]; then
    preset=cuda
    [ $simulated = 0 ] || preset=dev
    build=$here/build/$preset
    (cd "$here" && cmake --preset $preset && cmake --build "$build" -j) >"$scratch/out" 2>"$scratch/err" || {
        fail "the build with preset $preset"
        tail -20 "$scratch/out"
        exit 1
    }
    pass "the build with preset $preset"
fi
clprof=$build/bin/clprof
if [ $simulated = 1 ]; then
    export LD_LIBRARY_PATH="$build/simgpu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
    small="--batch 2 --image-size 32" window=1:1 steps=2
else
    small="--batch 64" window=2:4 steps=6
fi
cd "$scratch" || exit 1
train() { # TRACE ARGUMENTS...: one short training on the GPU
    trace=$1 && shift
    device=cuda
    [ "$trace" != cpu.db ] || device=cpu
    "$clprof" train "$model" --device $device --data synthetic $small --seed 7 --probe 0 --quiet -o "$trace" "$@"
}

# The machine.
for plugin in clprof_cuda clprof_cupti clprof_inject; do
    if [ -e "$build/bin/$plugin.so" ]; then pass "$plugin.so is built"; else fail "$plugin.so is built"; fi
done
"$clprof" devices >out 2>err
if grep '^cuda' out | grep -qv 'no \|not \|unavailable\|without'; then pass "clprof devices: $(grep '^cuda' out)"; else
    fail "clprof devices: $(grep '^cuda' out)"
fi

# The kernels, each against the reference back end, and the plugins' own tests.
if [ $tests = 0 ]; then
    skip "tests of label cuda, cupti, simgpu: --no-tests"
elif [ -e "$build/CTestTestfile.cmake" ]; then
    if [ "$(ctest --test-dir "$build" -N -L 'cuda|cupti|simgpu' | sed -n 's/^Total Tests: //p')" -gt 0 ]; then
        try "tests of label cuda, cupti, simgpu" ctest --test-dir "$build" -L 'cuda|cupti|simgpu' --output-on-failure
    else
        skip "tests of label cuda: this build has none"
    fi
else
    skip "tests of label cuda: this build has no tests (CLPROF_TESTS=ON)"
fi

# A training, and what its trace holds.
try "train $model --channels-last" train last.db --channels-last --profile $window
grep -q 'device times are unknown' err && fail "CUPTI is at hand: $(grep 'device times' err)"
try "train $model --contiguous" train first.db --contiguous --profile $window
for trace in last.db first.db; do
    [ -e $trace ] || continue
    expect "$trace: $steps steps with a finite loss" $trace "SELECT count(*) FROM steps WHERE abs(loss) < 1e6" $steps
    expect "$trace: the device's kernels are there" $trace "SELECT count(*) > 100 FROM kernels WHERE device = 'cuda'" 1
    expect "$trace: every kernel that is no copy or fill has its operator" $trace \
        "SELECT count(*) FROM kernels WHERE op_id IS NULL AND name NOT LIKE 'Mem%' AND step_id IS NOT NULL" 0
    expect "$trace: kernels start behind their launch" $trace \
        "SELECT count(*) FROM kernels WHERE start_ns < launch_ns - 20000" 0
    expect "$trace: kernels are within their step" $trace \
        "SELECT count(*) FROM kernels k JOIN steps s USING (step_id) WHERE k.op_id IS NOT NULL AND (k.start_ns < s.start_ns - 20000
         OR k.start_ns + k.dur_ns > s.start_ns + s.dur_ns + 20000)" 0
    expect "$trace: on a stream one kernel follows the other" $trace \
        "SELECT count(*) FROM (SELECT start_ns, lag(start_ns + dur_ns) OVER (PARTITION BY stream ORDER BY start_ns) AS before FROM kernels)
         WHERE start_ns < before - 1000" 0
    expect "$trace: operators with kernels have a device time" $trace \
        "SELECT count(*) FROM operators o WHERE device_dur_ns IS NULL AND EXISTS (SELECT 1 FROM kernels WHERE kernels.op_id = o.op_id)" 0
    expect "$trace: no record is missing" $trace "SELECT count(*) FROM note WHERE text LIKE '%of the device%'" 0
    notes=$(value $trace "SELECT group_concat(text, '; ') FROM note")
    [ -z "$notes" ] || echo "      $trace notes: $notes"
done
expect "contiguous float16: cuDNN's own conversions are under convolutions" first.db \
    "SELECT count(*) > 0 FROM conversions WHERE cause = 'library' AND op_name LIKE 'aten::convolution%'" 1
[ ! -e last.db ] || echo "      last.db: kernels by which cuDNN pads channels itself: $(value last.db "SELECT count(*) FROM kernels WHERE name LIKE '%AddPaddingKernel%'") (kernels/cuda/conv_channels.h)"
expect "channels_last: no conversion inside the library" last.db "SELECT count(*) FROM conversions WHERE cause = 'library'" 0

# The same numbers as the CPU's.
try "train $model on the CPU" train cpu.db --channels-last --amp off --profile 1:1
try "train $model in float32" train float.db --channels-last --amp off --profile 1:1
if [ -e cpu.db ] && [ -e float.db ]; then
    first_loss="SELECT loss FROM steps ORDER BY step_index" # later ones grow apart: small differences are learnt from
    cpu=$(value cpu.db "$first_loss") gpu=$(value float.db "$first_loss")
    if awk -v a="$cpu" -v b="$gpu" 'BEGIN { d = a - b; if (d < 0) d = -d; exit !(a == a && d <= 0.01 * (a < 0 ? -a : a)) }'; then
        pass "the first step's loss is the CPU's: $gpu, $cpu"
    else
        fail "the first step's loss is the CPU's: $gpu, $cpu"
    fi
fi

# What a user sees.
if [ $simulated = 0 ] && [ -e last.db ] && [ -e first.db ]; then
    last=$(value last.db "SELECT value FROM figure WHERE name = 'images_per_s'")
    first=$(value first.db "SELECT value FROM figure WHERE name = 'images_per_s'")
    pass "images per second: channels_last $last, contiguous $first (docs/GPU.md has what to expect)"
else
    skip "images per second: a simulated device has no speed"
fi

# Two ranks with half of the batch each: the mean of their first losses is that of one process with all of it. A model without batch norm.
gpus=$(nvidia-smi -L 2>/dev/null | wc -l)
[ $simulated = 0 ] || { gpus=2 && export SIMGPU_DEVICES=2; }
if [ ! -e "$build/bin/clprof_nccl.so" ]; then
    skip "two ranks: this build has no NCCL"
elif [ "$gpus" -lt 2 ]; then
    skip "two ranks: there is one GPU"
else
    whole="$small" judged=$model
    model=resnet50_gn small="--image-size 32 --batch 4 --amp off --tf32 off"
    try "one process" train one.db --profile 0:2
    try "two ranks" train two.db --profile 0:2 --batch 2 --ranks 2
    for step in 0 1; do
        said=$(for trace in one two two.rank1; do value $trace.db "SELECT loss FROM steps WHERE step_index = $step"; done | paste -sd' ')
        if echo "$said" | awk '{ d = ($2 + $3) / 2 - $1; exit !(NF == 3 && $1 > 0 && d * d <= 1e-6 * $1 * $1) }'; then
            pass "two ranks, step $step: the mean of their losses is that of one process: $said"
        else
            fail "two ranks, step $step: the mean of their losses is that of one process: $said"
        fi
    done
    expect "two ranks: NCCL's kernel is under its operator" two.db \
        "SELECT count(*) FROM operators o JOIN kernels k USING (op_id) WHERE o.name = 'c10d::allreduce_' AND k.name LIKE 'nccl%'" 2
    model=$judged small="$whole"
fi

# CUPTI in somebody else's process: this program without its own recorder is one.
try "clprof run --cupti" "$clprof" run --cupti -o foreign.db -- "$clprof" train "$model" --device cuda --data synthetic $small \
    --channels-last --steps 1 --no-profile --quiet
expect "foreign.db: the device's kernels are there" foreign.db "SELECT count(*) > 100 FROM kernels WHERE device = 'cuda'" 1

# Somebody else has CUPTI, records are dropped.
if [ $simulated = 1 ]; then
    SIMGPU_FAULT=cupti_busy train busy.db --channels-last --profile 1:1 >out 2>err
    if grep -q 'device times are unknown' err; then pass "a taken CUPTI is said"; else fail "a taken CUPTI is said"; fi
    expect "busy.db: the training is recorded with host times" busy.db \
        "SELECT count(*) > 0 AND sum(device_dur_ns IS NOT NULL) = 0 FROM operators WHERE dur_ns > 0" 1
    SIMGPU_FAULT=drop_buffers train dropped.db --channels-last --profile 1:1 >out 2>err
    expect "dropped.db: dropped records are said" dropped.db "SELECT count(*) > 0 FROM note WHERE text LIKE '%were dropped%'" 1
elif command -v nsys >/dev/null; then
    nsys profile -o nsys --force-overwrite true "$clprof" train "$model" --device cuda --data synthetic $small --channels-last --profile 1:1 \
        --probe 0 --quiet -o busy.db >out 2>err
    if grep -q 'device times are unknown' err out; then pass "a taken CUPTI is said"; else fail "a taken CUPTI is said"; fi
else
    skip "a taken CUPTI: no nsys here"
fi

# Memory and races.
if [ $simulated = 1 ]; then
    skip "compute-sanitizer: the simulated device checks memory by itself"
elif command -v compute-sanitizer >/dev/null; then
    for tool in memcheck racecheck initcheck; do
        try "compute-sanitizer $tool" compute-sanitizer --tool $tool --error-exitcode 9 "$clprof" train "$model" --device cuda \
            --data synthetic --batch 2 --image-size 64 --channels-last --steps 1 --no-profile --quiet
    done
else
    skip "compute-sanitizer: it isn't in PATH"
fi
echo "$failures failed"
[ $failures = 0 ]
