#!/bin/sh
# What else users do with a training, on a GPU or on tests/simgpu: go on from a checkpoint, lose steps to GradScaler, diverge, verify.
# commands.sh PROGRAM
. "$(dirname -- "$0")/lib.sh"
model=shufflenet_v2_x1_0 # the fewest parameters
need_cuda

answer() { # TRACE SQL
    "$CLPROF" query --format csv "$1" "$2" | tr -d '\r' | sed -n 2p
}

# expect WHAT TRACE SQL WANTED
expect() {
    said=$(answer "$2" "$3")
    [ "$said" = "$4" ] || fail "$1: '$said', not '$4'"
}

# Two steps in one go, as graphs; one, a checkpoint, one more: the same file, with GradScaler's state.
train --batch 2 --device cuda --channels-last --no-profile --steps 2 --checkpoint whole.safetensors --cuda-graph
[ "$code" -eq 0 ] || fail "two steps: exit $code: $(cat err)"
train --batch 2 --device cuda --channels-last --no-profile --steps 1 --checkpoint half.safetensors
train --batch 2 --device cuda --channels-last --no-profile --steps 2 --resume half.safetensors --checkpoint resumed.safetensors
[ "$code" -eq 0 ] || fail "--resume: exit $code: $(cat err)"
cmp -s whole.safetensors resumed.safetensors || fail "--resume does not go on bit for bit"
cmp -s half.safetensors resumed.safetensors && fail "--resume learns nothing"

# A scale that nothing survives: every step is skipped and the scale halved, while the loss is a number.
train --batch 2 --device cuda --channels-last --init-scale 1e30 --autotune --profile 0:3 -o skipped.db
[ "$code" -eq 0 ] || fail "--init-scale 1e30: exit $code: $(cat err)"
expect "skipped steps" skipped.db "SELECT count(*) || ' ' || sum(loss BETWEEN 0 AND 100) || ' ' || sum(skipped) || ' ' || (min(grad_scale) / max(grad_scale)) FROM steps" "3 3 3 0.25"

# A loss that is no number ends the training as failed; what was finished is kept.
train --batch 2 --device cuda --channels-last --amp off --lr 1e6 --weight-decay 1000 --profile 0:4 -o diverged.db
[ "$code" -eq 1 ] || fail "a loss that is no number: exit $code"
says "is not a number: the training has diverged" err
expect "steps before a loss that is no number" diverged.db "SELECT count(*) > 1 AND count(loss) < count(*) FROM steps" 1

# Verify trains again on the GPU with the finding fixed; what cuDNN converts itself is fixed by channels_last.
train --batch 2 --device cuda --contiguous --profile 0:2 -o library.db
[ "$code" -eq 0 ] || fail "contiguous: exit $code: $(cat err)"
"$CLPROF" verify library.db --pairs 2 --warmup 0 --quiet >out 2>err || fail "verify: exit $?: $(cat err)"
expect "verify" library.db "SELECT count(*) > 0 AND min(pairs) >= 1 AND min(baseline_images_per_s) > 0 FROM verifications" 1
end
