#!/bin/sh
# Every test, twice: the release build with warnings as errors, then ASan and UBSan. Last line: "N passed, N failed".
set -u
cd "$(dirname -- "$0")/.." || exit 1
passed=0 failed=0 skipped=0

suite() {
    preset=$1
    shift
    log=build/$preset.log
    mkdir -p build
    echo "== $preset: build"
    if ! { cmake --preset "$preset" -G Ninja && cmake --build "build/$preset"; } >"$log" 2>&1; then
        tail -40 "$log"
        failed=$((failed + 1))
        return
    fi
    echo "== $preset: tests"
    ctest --test-dir "build/$preset" --output-on-failure -j "$(nproc)" "$@" | tee "$log"
    rm -rf "build/$preset/scratch"/* # of tests that were killed
    passed=$((passed + $(grep -c ' Passed ' "$log")))
    skipped=$((skipped + $(grep -c '\*\*\*Skipped' "$log")))
    failed=$((failed + $(grep -cE '\*\*\*(Failed|Timeout|Exception|Not Run)' "$log")))
}

# Where clang and its libFuzzer are, the importers are fuzzed for some seconds, too; tests/fuzz/main.c stands in elsewhere.
fuzzer_works() {
    echo 'int LLVMFuzzerTestOneInput(const char *d, long n) { return d && n < 0; }' |
        clang -fsanitize=fuzzer,address -fopenmp -x c - -o build/fuzzer_works 2>/dev/null
}

export OMP_WAIT_POLICY=passive # tests run beside each other: threads that spin at a barrier would take the others' cores
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
suite ci
suite asan-ubsan
if fuzzer_works; then
    suite fuzz
fi
if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
