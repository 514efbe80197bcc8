#!/bin/sh
# Why there is no GPU, in words, and that all else goes on: words.sh PROGRAM, on tests/simgpu, whose faults are switched on one by one.
. "$(dirname -- "$0")/lib.sh"
model=shufflenet_v2_x1_0 # the fewest parameters
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

# Auto takes the GPU, and the CPU where it can't, with the reason; a machine without NVIDIA's driver has none to tell.
device_of() { # TRACE
    "$CLPROF" query "$1" "SELECT device, autocast_dtype, policy FROM runs" | awk 'END { print $1, $2, $3 }'
}
train --profile 0:1 -o auto.db
[ "$code" -eq 0 ] || fail "--device auto exits $code: $(cat err)"
[ "$(device_of auto.db)" = "cuda float16 torch-2.15-cuda" ] || fail "--device auto with a GPU: $(device_of auto.db)"
[ ! -s err ] || fail "--device auto with a GPU says: $(cat err)"
for fault in no_device old_driver; do
    SIMGPU_FAULT=$fault train --profile 0:1 -o "$fault.db"
    [ "$code" -eq 0 ] || fail "--device auto, $fault: exit $code: $(cat err)"
    says "clprof: training on the CPU, since cuda is not usable: " err
    [ "$(device_of $fault.db)" = "cpu bfloat16 torch-2.15-cpu" ] || fail "--device auto, $fault: $(device_of $fault.db)"
    grep -q '^Ran on  *cpu' out || fail "--device auto, $fault: $(grep 'Ran on' out)"
done
libraries=$LD_LIBRARY_PATH
unset LD_LIBRARY_PATH
train --profile 0:1 -o driverless.db
[ "$code" -eq 0 ] || fail "--device auto without a driver: exit $code: $(cat err)"
LD_LIBRARY_PATH=$libraries
export LD_LIBRARY_PATH
if [ "$(device_of driverless.db)" = "cpu bfloat16 torch-2.15-cpu" ]; then
    [ ! -s err ] || fail "--device auto without a driver says: $(cat err)"
fi
end
