#!/bin/sh
# Why there is no GPU, in words, and that all else goes on: words.sh PROGRAM, on tests/simgpu, whose faults are switched on one by one.
. "$(dirname -- "$0")/lib.sh"
[ -n "${SIMGPU:-}" ] || { echo "skipped: needs tests/simgpu"; exit 77; }

# refused FAULT WORDS
refused() {
    SIMGPU_FAULT=$1 "$CLPROF" devices >devices 2>&1 || fail "$1: clprof devices exits $?"
    says "cuda  not usable: $2" devices
    grep -q '^cpu .*oneDNN' devices || fail "$1: the CPU is gone"
    SIMGPU_FAULT=$1 train --device cuda --profile 1:1
    [ "$code" -eq 1 ] || fail "$1: train --device cuda exits $code"
    says "clprof train: cuda is not usable: $2" err
    [ ! -e trace.db ] || fail "$1: a trace was made"
}

refused no_driver "no NVIDIA driver"
refused old_driver "the NVIDIA driver is too old"
refused no_device "there is an NVIDIA driver but no GPU"
refused old_cudnn "the loaded cuDNN is not version 9"

"$CLPROF" devices >devices 2>&1
grep -q '^cuda .*cuDNN 9' devices || { fail "without a fault:"; cat devices; }

# Auto takes the CPU then, without a word.
SIMGPU_FAULT=no_device train --profile 1:1 -o auto.db
[ "$code" -eq 0 ] || fail "--device auto without a GPU exits $code"
grep -qi cuda err && fail "--device auto speaks of cuda: $(cat err)"
grep -q '^Ran on  *cpu' out || fail "--device auto: $(grep 'Ran on' out)"
end
