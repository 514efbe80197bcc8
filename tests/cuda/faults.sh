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

# A launch that fails, some steps in. The number of launches to a step is taken from a run.
train --device cuda --profile 1:2 -o whole.db
[ "$code" -eq 0 ] || fail "a whole run: $(cat err)"
launches=$("$CLPROF" query whole.db "SELECT count(*) FROM kernels" | awk 'END { print $1 }')
[ "${launches:-0}" -gt 0 ] || launches=2000
for fault in launch sticky; do
    rm -f "$fault.db"
    SIMGPU_FAULT=$fault:$((launches - launches / 6)) train --device cuda --profile 1:2 -o "$fault.db"
    broken "$fault" "clprof train: "
    says "cudaError" err
    kept=$(steps "$fault.db")
    { [ "$kept" -ge 1 ] && [ "$kept" -le 2 ]; } 2>/dev/null || fail "$fault: $kept steps are kept"
done
says "the device is lost to this process" err
end
