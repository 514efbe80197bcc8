#!/bin/sh
# What needs PyTorch: the stored reference values are made again and compared with the committed ones.
# Last line: "N passed, N failed".
set -u
cd "$(dirname -- "$0")/.." || exit 1
python=$(scripts/deps.sh torch) || exit 1
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
check "learning rate schedules (tests/trainer)" "$python" tests/trainer/schedules.py --check
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
