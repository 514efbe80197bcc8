#!/bin/sh
# Several GPUs train one model: what all of them learn is what one with their batches together learns. ranks.sh PROGRAM
. "$(dirname -- "$0")/lib.sh"
export SIMGPU_DEVICES=2
need_cuda
[ -e "${CLPROF_PLUGINS:-$(dirname -- "$CLPROF")}/clprof_nccl.so" ] || { echo "skipped: this build has no NCCL"; exit 77; }

answer() { # TRACE SQL
    "$CLPROF" query --format csv "$1" "$2" | tr -d '\r' | sed 1d
}

expect() { # WHAT TRACE SQL WANTED
    said=$(answer "$2" "$3")
    [ "$said" = "$4" ] || fail "$1: '$said', not '$4'"
}

losses="SELECT step_index, loss FROM steps ORDER BY 1"

# A model whose norms look at one image alone: the mean of two ranks' losses is the loss of both batches, step by step.
model=resnet50_gn
train --device cuda --amp off --tf32 off --channels-last --profile 0:3 -o alone.db
[ "$code" -eq 0 ] || fail "alone: exit $code: $(cat err)"
train --device cuda --amp off --tf32 off --channels-last --profile 0:3 -o two.db --batch 2 --ranks 2
[ "$code" -eq 0 ] || fail "--ranks 2: exit $code: $(cat err)"
for trace in alone two two.rank1; do
    answer $trace.db "$losses" >$trace.losses
done
paste -d, alone.losses two.losses two.rank1.losses | awk -F, '{ d = ($4 + $6) / 2 - $2; d = d < 0 ? -d : d; n++; if (!($2 > 0) || d > 0.001 * $2 || $4 == $6) bad++ }
    END { exit !(n == 3 && !bad) }' || { fail "the ranks learn something else:"; paste alone.losses two.losses two.rank1.losses; }
expect "ranks" two.rank1.db "SELECT rank || ' ' || world_size || ' ' || batch_size FROM runs" "1 2 2"
expect "NCCL's version" two.db "SELECT library_versions LIKE '%, NCCL _.%' FROM runs" 1
expect "rank 0" two.db "SELECT rank || ' ' || world_size FROM runs" "0 2"
expect "the mean over ranks" two.db \
    "SELECT count(*) || ' ' || count(DISTINCT o.step_id) || ' ' || min(k.name LIKE 'ncclDevKernel_AllReduce%') || ' ' || min(o.phase) || ' ' || min(k.dur_ns > 0) FROM operators o JOIN kernels k USING (op_id) WHERE o.name = 'c10d::allreduce_'" \
    "3 3 1 optimizer 1"
expect "none alone" alone.db "SELECT count(*) FROM operators WHERE name = 'c10d::allreduce_'" 0
"$CLPROF" verify two.db --pairs 2 >out 2>err && fail "verify of a rank is not refused"
says "trained by 2 ranks" err

# GradScaler, graphs and a checkpoint: what goes on is what was never interrupted.
model=shufflenet_v2_x1_0
train --batch 2 --device cuda --ranks 2 --no-profile --steps 2 --checkpoint whole.safetensors --cuda-graph
[ "$code" -eq 0 ] || fail "two steps: exit $code: $(cat err)"
train --batch 2 --device cuda --ranks 2 --no-profile --steps 1 --checkpoint half.safetensors
train --batch 2 --device cuda --ranks 2 --no-profile --steps 2 --resume half.safetensors --checkpoint resumed.safetensors
[ "$code" -eq 0 ] || fail "--resume: exit $code: $(cat err)"
cmp -s whole.safetensors resumed.safetensors || fail "--resume does not go on bit for bit"
train --batch 2 --device cuda --no-profile --steps 2 --ranks 2 --grad-accum-steps 2 --clip-grad 1 --checkpoint clipped.safetensors
[ "$code" -eq 0 ] || fail "--grad-accum-steps: exit $code: $(cat err)"

# What can't be.
train --device cpu --ranks 2 --no-profile --steps 1
[ "$code" -eq 1 ] || fail "--device cpu: exit $code"
says "has no ranks" err
mkdir plugins
ln -s "${CLPROF_PLUGINS:-$(dirname -- "$CLPROF")}/clprof_cuda.so" plugins
CLPROF_PLUGINS=plugins train --device cuda --ranks 2 --no-profile --steps 1
[ "$code" -eq 1 ] || fail "without NCCL: exit $code"
says "ranks need NCCL" err
train --device cuda --ranks 3 --no-profile --steps 1
[ "$code" -eq 1 ] || fail "three ranks: exit $code"
says "3 ranks need a GPU each; there are 2" err
train --device cuda --ranks 2 --no-profile --steps 1 --channels-last --contiguous
[ "$code" -eq 2 ] || fail "both formats: exit $code"
[ "$(wc -l <err)" -eq 1 ] || fail "what is wrong is said more than once: $(cat err)"
if [ -n "${SIMGPU:-}" ]; then
    SIMGPU_FAULT=nccl_launch:2 train --batch 2 --device cuda --ranks 2 --profile 0:3 -o broken.db
    [ "$code" -eq 1 ] || fail "a launch that fails: exit $code"
    says "NCCL, a mean over the ranks: unhandled cuda error" err
    expect "steps before a launch that fails" broken.db "SELECT count(*) FROM steps WHERE loss IS NOT NULL" 1
fi

# Told to stop, all stop after the same step; killed, one takes the other along, whose trace keeps its steps.
run_and_tell() { # WHOM SIGNAL: trains for long; once steps are there, sends the signal
    rm -f long.db long.rank1.db
    "$CLPROF" train $model --data synthetic --image-size 32 --batch 2 --classes 10 --probe 0 --quiet --device cuda --ranks 2 --profile 0:2 \
        --steps 100000 -o long.db >out 2>err &
    parent=$!
    for i in $(seq 300); do
        [ -s long.db ] && [ "$(answer long.db "SELECT count(*) FROM steps" 2>/dev/null)" = 2 ] && break
        sleep 0.2
    done
    if [ "$1" = parent ]; then
        kill "-$2" $parent
    else
        kill "-$2" "$(pgrep -P $parent | tail -1)"
    fi
    wait $parent
    code=$?
}
run_and_tell parent INT
[ "$code" -eq 1 ] || fail "SIGINT: exit $code: $(cat err)"
said=$(sed -n 's/.*interrupted after \([0-9]*\) steps/\1/p' err | sort -u | wc -l)
[ "$said" -eq 1 ] && [ "$(grep -c 'interrupted after' err)" -eq 2 ] || fail "SIGINT: the ranks stop apart: $(cat err)"
run_and_tell rank KILL
[ "$code" -eq 1 ] || fail "a rank that is killed: exit $code: $(cat err)"
says "rank 1 was ended by signal 9" err
expect "the other's steps" long.db "SELECT count(*) FROM steps" 2
end
