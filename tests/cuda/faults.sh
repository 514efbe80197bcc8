#!/bin/sh
# Bad states: one line, exit 1, every finished step kept. faults.sh PROGRAM, on tests/simgpu.
. "$(dirname -- "$0")/lib.sh"
[ -n "${SIMGPU:-}" ] || { echo "skipped: needs tests/simgpu"; exit 77; }
need_cuda

# broken NAME WORDS: the training that just ended failed with one line that has the words.
broken() {
    [ "$code" -eq 1 ] || fail "$1: exit $code"
    says "$2" err
    [ "$(grep -c '^clprof train: ' err)" -ge 1 ] || fail "$1: no line"
}

steps() { # TRACE
    "$CLPROF" query "$1" "SELECT count(*) FROM steps" 2>&1 | awk 'END { print $1 }'
}

# Memory: what was asked, is held, is free, and for which operator.
SIMGPU_MEMORY=60000000 train --device cuda --profile 1:1 -o memory.db
broken memory "the GPU's memory is out"
grep -qE '[0-9]+ MB were asked for .*clprof holds [0-9]+ MB, [0-9]+ of [0-9]+ MB are free' err || fail "memory: $(cat err)"

# A launch that fails in the second step (one has some 250), and one that loses the device.
for fault in launch sticky; do
    SIMGPU_FAULT=$fault:450 train --device cuda --profile 1:1 -o "$fault.db"
    broken "$fault" "clprof train: "
    says "cudaError" err
    [ "$(steps "$fault.db")" = 1 ] || fail "$fault: $(steps "$fault.db") steps are kept"
    "$CLPROF" report "$fault.db" >report 2>&1 || { fail "$fault: no report:"; cat report; }
done
says "the device is lost to this process" err
end
