#!/bin/sh
# run.sh TARGET SECONDS: fuzzes one target for long, with clang's libFuzzer, ASan and UBSan. What it finds new stays in
# build/fuzz/corpus/TARGET; an input that fails is written to build/fuzz/crash-*, with the command that replays it.
set -eu
[ $# -eq 2 ] || { echo "usage: tests/fuzz/run.sh TARGET SECONDS    targets: $(cd "$(dirname -- "$0")" && echo fuzz_*.c | sed 's/fuzz_//g; s/\.c//g')" >&2; exit 2; }
cd "$(dirname -- "$0")/../.."
target=$1 seconds=$2
command -v clang >/dev/null || { echo "fuzzing needs clang and libclang-rt-dev: apt-get install clang libclang-rt-14-dev libomp-dev" >&2; exit 1; }
cmake --preset fuzz -G Ninja >/dev/null
cmake --build build/fuzz --target "fuzz_$target" >build/fuzz/build.log 2>&1 || { tail -30 build/fuzz/build.log; exit 1; }
mkdir -p "build/fuzz/corpus/$target"
# In memory: thousands of small traces a minute are written.
TMPDIR=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)" clprof-fuzz-XXXXXX)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 130' INT TERM
export ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
nice "build/fuzz/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -max_len=262144 -timeout=20 -rss_limit_mb=2048 \
    -artifact_prefix="build/fuzz/crash-$target-" -print_final_stats=1 "build/fuzz/corpus/$target" "tests/fuzz/seeds/$target"
