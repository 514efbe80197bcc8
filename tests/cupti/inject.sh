#!/bin/sh
# clprof run --cupti in somebody else's process: inject.sh PROGRAM PAPER_PROGRAM. Needs no device.
set -eu
clprof=$1 program=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
fail() {
    echo "inject.sh: $*"
    cat out err 2>/dev/null
    exit 1
}
expect() { # SQL, what it must say
    said=$("$clprof" query --format csv trace.db "$1" 2>&1 | tail -n +2 | tr -d '\r' | tr '\n' ' ')
    [ "$said" = "$2 " ] || fail "$1: '$said', not '$2'"
}
run() { # exit code, arguments
    rm -f trace.db
    code=0
    "$clprof" run --cupti -- "$program" "$2" >out 2>err || code=$?
    [ "$code" = "$1" ] || fail "run $2: exit code $code, not $1"
}
run 0 none
grep -q '^injection 1 1$' out || fail "the command's own output is missing"
expect "SELECT count(*) FROM kernels" 8
expect "SELECT cause || from_format || to_format || dur_ns || source_dtype FROM conversions LIMIT 2" \
    "librarycontiguouschannels_last1000float16 librarychannels_lastcontiguous2000float16"
expect "SELECT source || device FROM runs" cupticuda
expect "SELECT count(*) FROM kernels WHERE launch_ns IS NULL OR start_ns < 0 OR stream NOT IN ('7', '8')" 0
expect "SELECT count(*) FROM note" 0
run 3 exit3
expect "SELECT text FROM note" "the command's exit code was 3"
run 0 fork
expect "SELECT count(*) FROM kernels" 8
run 137 kill
expect "SELECT count(*) FROM kernels" 4
expect "SELECT count(*) FROM note WHERE text LIKE '%signal 9%'" 1
run 0 taken
grep -q 'nothing was recorded: CUPTI for nsys has CUPTI already' err || fail "it does not say who has CUPTI"
[ ! -e trace.db ] || fail "a trace of nothing"
run 0 idle
grep -q 'ran nothing on a GPU' err || fail "it does not say that nothing ran"
# Without the option nobody is disturbed.
"$clprof" run -- "$program" none >out 2>err || fail "run without --cupti"
! grep -q injection out || fail "injected without being asked"
echo "all is well"
