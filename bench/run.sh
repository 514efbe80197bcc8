#!/bin/sh
# make bench: every claimed ratio, clprof and its peer in one run. Arguments: names of benchmarks (default: all).
# --record appends the ratios to bench/results.tsv.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
python=$("$root/scripts/deps.sh" torch)
exec "$python" "$root/bench/run.py" "$@"
