#!/bin/sh
# Training on a GPU or on tests/simgpu: the losses are the CPU's, the trace is whole, options work. train.sh PROGRAM
. "$(dirname -- "$0")/lib.sh"
need_cuda

losses() { # TRACE
    "$CLPROF" query "$1" "SELECT step_index, loss FROM steps ORDER BY 1" | awk 'NR > 1'
}

# same_losses A B TOLERANCE: relative, step by step, and there are some.
same_losses() {
    losses "$1" >a; losses "$2" >b
    paste a b | awk -v limit="$3" '{ d = $2 - $4; d = d < 0 ? -d : d; n++; if (!($2 > 0) || d > limit * $2) bad++ }
        END { exit !(n >= 2 && !bad) }' || { fail "losses of $1 and $2 differ by more than $3:"; paste a b; }
}

count() { # TRACE SQL
    "$CLPROF" query "$1" "$2" | awk 'END { print $1 }'
}

# float32 without TF32 is the CPU's arithmetic, whatever the format.
train --device cpu --amp off --profile 1:1 --policy torch-2.15-cuda -o cpu.db --channels-last
[ "$code" -eq 0 ] || fail "the CPU: $(cat err)"
for format in channels-last contiguous; do
    train --device cuda --amp off --tf32 off --profile 1:1 -o "$format.db" "--$format"
    [ "$code" -eq 0 ] || fail "$format: exit $code: $(cat err)"
    same_losses cpu.db "$format.db" 0.001
done

# fp16 with GradScaler is the default, and near the CPU's float32.
train --device cuda --profile 1:1 -o half.db --channels-last
[ "$code" -eq 0 ] || fail "fp16: exit $code: $(cat err)"
same_losses cpu.db half.db 0.03
[ "$(count half.db "SELECT autocast_dtype || device || policy FROM runs")" = float16cudatorch-2.15-cuda ] || fail "not fp16 on cuda under its policy"
[ "$(count half.db "SELECT count(*) FROM steps WHERE grad_scale IS NULL")" -eq 0 ] || fail "no scale"
"$CLPROF" check half.db --max-round-trips 0 >checked 2>&1 || { fail "check:"; cat checked; }

# The stem's 3 channels become 4 by kernels of ours, one in each direction, not by cuDNN's; within a format that is no conversion.
last_step="step_id = (SELECT max(step_id) FROM steps)"
[ "$(count half.db "SELECT count(*) FROM kernels k JOIN operators o USING (op_id) WHERE o.module_path = 'conv1' AND k.role = 'copy' AND o.$last_step")" -eq 2 ] ||
    fail "the stem is not padded once forward and once backward"
[ "$(count half.db "SELECT count(*) FROM kernels WHERE name LIKE '%AddPaddingKernel%'")" -eq 0 ] || fail "cuDNN pads"
[ "$(count half.db "SELECT count(*) FROM conversions WHERE op_name LIKE 'aten::convolution%' OR padded")" -eq 0 ] || fail "padding is told as a conversion"

# The same operators as on the CPU, in the same formats.
operators="SELECT name, phase, module_path, input_format, output_format FROM operators WHERE $last_step"
"$CLPROF" query cpu.db "$operators ORDER BY sequence" >cpu.ops
"$CLPROF" query channels-last.db "$operators ORDER BY sequence" >cuda.ops
cmp -s cpu.ops cuda.ops || { fail "other operators than on the CPU:"; diff cpu.ops cuda.ops | head -5; }

# Steps launched as a graph compute the same as steps launched one by one.
train --device cuda --amp off --tf32 off --channels-last --no-profile --steps 3 --checkpoint plain.safetensors
train --device cuda --amp off --tf32 off --channels-last --no-profile --steps 3 --checkpoint graph.safetensors --cuda-graph
[ "$code" -eq 0 ] || fail "--cuda-graph: exit $code: $(cat err)"
grep -q "can't be kept as a graph" err && fail "$(cat err)"
cmp -s plain.safetensors graph.safetensors || fail "--cuda-graph learns something else"

# Moving average, accumulation, a checkpoint and autotuning.
train --device cuda --autotune --no-profile --steps 1 --grad-accum-steps 2 --model-ema --checkpoint first.safetensors
[ "$code" -eq 0 ] || fail "--grad-accum-steps: exit $code: $(cat err)"
end
