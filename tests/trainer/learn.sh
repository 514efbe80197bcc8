#!/usr/bin/env bash
# Does every model learn real images, in both formats and both precisions? learn.sh CLPROF [MODEL...]; default: all of the zoo.
#
# Each combination trains LEARN_STEPS steps (48; twice that where noise needs it) on Fashion-MNIST at batch 16, AdamW, 10 classes, images of LEARN_SIZE pixels
# (32; a model that needs larger ones takes 64). It has learned when the losses of the last third of its steps are lower than
# those of the first third: Mann and Whitney's rank test, z > 3, which one in 700 would reach by chance. Ranks, because
# the first steps' losses are as wild as they are high. One line each: model, format, precision, both means, z. Exit code 1
# when one has not learned.
set -u
clprof=$(realpath -- "$1")
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
[ $# -gt 0 ] || mapfile -t models < <("$clprof" models | awk '{print $1}')
[ $# -eq 0 ] || models=("$@")

# size_of MODEL: what its strides leave something of.
size_of() {
    case $1 in
    alexnet_lrn) echo 64 ;;
    *) echo "${LEARN_SIZE:-32}" ;;
    esac
}

# Plain stacks without residuals start slowly at the rate that suits the others.
rate_of() {
    case $1 in
    alexnet_lrn | vgg16_bn) echo 0.0003 ;;
    *) echo 0.001 ;;
    esac
}

# Stochastic depth, and groups of few channels, make noisy losses.
steps_of() {
    case $1 in
    resnext50_32x4d | efficientnet_b0) echo $((2 * ${LEARN_STEPS:-48})) ;;
    *) echo "${LEARN_STEPS:-48}" ;;
    esac
}

# judge: losses, one a line -> mean of the first third, of the last, z of the rank test.
judge() {
    awk '{x[NR] = $1}
    END {
        n = int(NR / 3)
        for (i = 1; i <= n; i++) { a += x[i] / n; b += x[NR - n + i] / n }
        for (i = 1; i <= n; i++) for (j = 1; j <= n; j++) u += x[i] > x[NR - n + j] ? 1 : (x[i] == x[NR - n + j] ? 0.5 : 0)
        printf "%.3f\t%.3f\t%.1f\n", a, b, (u - n * n / 2) / sqrt(n * n * (2 * n + 1) / 12)
    }'
}

# learn MODEL FORMAT PRECISION
learn() {
    local amp=off losses steps
    steps=$(steps_of "$1")
    [ "$3" = float32 ] || amp=bf16
    if ! "$clprof" train "$1" "--${2/_/-}" --amp "$amp" --data fashion-mnist --classes 10 --batch 16 --image-size "$(size_of "$1")" \
        --optimizer adamw --lr "$(rate_of "$1")" --profile "0:$steps" --probe 0 --threads "${LEARN_THREADS:-1}" --quiet \
        -o "$folder/learn.db" >"$folder/log" 2>&1; then
        tail -1 "$folder/log"
        return 1
    fi
    losses=$("$clprof" query "$folder/learn.db" "SELECT loss FROM steps ORDER BY step_index" | tail -n +2)
    [ "$(wc -l <<<"$losses")" -eq "$steps" ] || { echo "$1: the trace does not hold the $steps losses"; return 1; }
    local verdict z word=learns
    verdict=$(judge <<<"$losses")
    z=${verdict##*$'\t'}
    awk -v z="$z" 'BEGIN {exit !(z > 3)}' || word="DOES NOT LEARN"
    printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$verdict" "$word"
    [ "$word" = learns ]
}

printf 'model\tformat\tprecision\tfirst third\tlast third\tz\tverdict\n'
status=0
for model in "${models[@]}"; do
    for format in ${LEARN_FORMATS:-channels_last contiguous}; do
        for precision in ${LEARN_PRECISIONS:-bfloat16 float32}; do
            learn "$model" "$format" "$precision" || status=1
        done
    done
done
exit $status
