#!/bin/sh
# What needs PyTorch: the stored reference values are made again and compared with the committed ones; real training jobs run
# under clprof and are judged by a script that shares nothing with it (tests/torch).
# Last line: "N passed, N failed".
set -u
cd "$(dirname -- "$0")/.." || exit 1
python=$(scripts/deps.sh torch) || exit 1
if [ -z "${CLPROF_PROGRAM:-}" ]; then # a program that is built already
    make -s build || exit 1
    CLPROF_PROGRAM=$PWD/build/release/bin/clprof
fi
passed=0 failed=0

check() {
    name=$1
    shift
    if "$@"; then
        echo "ok   $name"
        passed=$((passed + 1))
    else
        echo "FAIL $name"
        failed=$((failed + 1))
    fi
}

check "losses of resnet18 (tests/parity)" "$python" tests/parity/resnet18_losses.py --check
check "operators and formats of the zoo's steps (tests/parity)" "$python" tests/parity/layouts.py --check
check "losses, outputs and gradients of the zoo (tests/parity)" "$python" tests/parity/gradients.py --check 2>/dev/null
check "learning rate schedules (tests/trainer)" "$python" tests/trainer/schedules.py --check
check "weights to and from PyTorch (tests/torch)" "$python" tests/torch/weights.py "$CLPROF_PROGRAM"
check "operators of one microsecond (tests/torch)" "$python" tests/torch/order.py
check "recipes in Python (docs/QUERIES.md)" "$python" tests/shell/recipes.py "$CLPROF_PROGRAM" docs/QUERIES.md python
check "the agent of clprof run (tests/torch)" "$python" tests/torch/agent.py "$CLPROF_PROGRAM"

log=build/torch.log
"$python" tests/torch/compare.py "$CLPROF_PROGRAM" | tee "$log" | grep -v 'passed, .* failed$'
passed=$((passed + $(grep -c '^ok ' "$log")))
failed=$((failed + $(grep -c '^FAIL ' "$log")))
grep -q 'passed, .* failed$' "$log" || failed=$((failed + 1)) # it broke off
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
