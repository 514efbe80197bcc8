#!/bin/sh
# smoke.sh PROGRAM SEEDS LIBFUZZER: all seeds, then three seconds of changed ones, always the same.
set -eu
program=$1 seeds=$2 libfuzzer=$3
# In memory: thousands of small traces a minute are written.
TMPDIR=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)" clprof-fuzz-XXXXXX)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 130' INT TERM
cd "$TMPDIR"
if [ "$libfuzzer" = 1 ]; then
    "$program" -runs=0 "$seeds" >log 2>&1 || { tail -30 log; exit 1; }
    mkdir found
    "$program" -seed=1 -max_total_time=3 -max_len=65536 -timeout=20 found "$seeds" >log 2>&1 || { tail -30 log; exit 1; }
    tail -1 log
else
    "$program" -seconds=3 -seed=1 -keep=input "$seeds" || { echo "the input, in base64:"; base64 input; exit 1; }
fi
