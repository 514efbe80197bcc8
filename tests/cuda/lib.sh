# What the tests of the back end cuda share: sourced with $1 = the program. They run on a GPU when there is one and
# SIMGPU is not set, else on tests/simgpu in $SIMGPU; exit 77 = skipped.
set -u
CLPROF=$1
failures=0
model=resnet18
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
if [ -n "${SIMGPU:-}" ]; then
    LD_LIBRARY_PATH=$SIMGPU${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    export LD_LIBRARY_PATH
fi

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# says TEXT FILE: the file holds the text.
says() {
    grep -qF -- "$1" "$2" || {
        fail "'$1' is not said; there is:"
        head -5 "$2"
    }
}

# One small training of $model, whose steps are too short for rounding to be magnified; $@ = further options. Output in out, err; the exit code in $code.
train() {
    "$CLPROF" train "$model" --data synthetic --image-size 32 --batch 4 --classes 10 --lr 0.0005 --probe 0 --quiet --threads 1 "$@" >out 2>err
    code=$?
}

need_cuda() {
    "$CLPROF" devices >devices 2>&1
    if ! grep -q '^cuda ' devices || grep -q '^cuda *not usable' devices; then
        echo "skipped: $(grep '^cuda' devices)"
        exit 77
    fi
}

end() {
    [ "$failures" -eq 0 ] && echo "all as it should be"
    exit "$failures"
}
