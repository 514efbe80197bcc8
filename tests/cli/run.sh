#!/bin/sh
# Runs one golden case: run.sh PROGRAM CASE.sh [--update]. The case runs in a scratch folder with $CLPROF set and `run` to
# show a command's exit code, stdout and stderr; what it prints must equal CASE.out, where a line may hold * wildcards.
set -u
CLPROF=$1 case=$2
expected=${case%.sh}.out
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export CLPROF here
export CLPROF_PLUGINS=$scratch # what a case prints is a CPU's, whatever the machine has

cat >"$scratch/.lib" <<'LIB'
run() {
    echo "\$ clprof $*"
    "$CLPROF" "$@" >.stdout 2>.stderr
    code=$?
    cat .stdout
    sed 's/^/! /' .stderr
    echo "exit $code"
}
train() { # a small fast training run
    run train "$@" --quiet --threads 2
}
LIB
(cd "$scratch" && . ./.lib && . "$case") >"$scratch/.actual" 2>&1

if [ "${3:-}" = --update ]; then
    cp "$scratch/.actual" "$expected"
    exit 0
fi
awk -v expected="$expected" '
    function glob(pattern,   out, i, c) {
        out = "^"
        for (i = 1; i <= length(pattern); i++) {
            c = substr(pattern, i, 1)
            out = out (c == "*" ? ".*" : c ~ /[][\\.^$()|+?{}]/ ? "\\" c : c)
        }
        return out "$"
    }
    BEGIN { while ((getline line < expected) > 0) want[++n] = line }
    {
        if (FNR > n || $0 !~ glob(want[FNR])) {
            printf "line %d\n  expected: %s\n  actual:   %s\n", FNR, want[FNR], $0
            bad++
        }
    }
    END {
        if (NR < n) { printf "output ends at line %d, %d lines expected\n", NR, n; bad++ }
        exit bad > 0
    }' "$scratch/.actual"
