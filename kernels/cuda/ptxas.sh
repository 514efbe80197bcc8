#!/bin/sh
# Prints what ptxas says of every kernel, as a table: file, kernel, registers of a thread, bytes spilled, stack and shared bytes.
# usage: ptxas.sh NVCC ARCHITECTURE PROJECT_DIR      (e.g. nvcc sm_80 .)
set -eu
nvcc=$1 architecture=$2
cd "$3"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
printf '# ptxas for %s, CUDA %s; made by kernels/cuda/ptxas.sh (build target cuda_ptxas).\n' "$architecture" \
    "$("$nvcc" --version | sed -n 's/.*release \([0-9.]*\),.*/\1/p')"
printf 'file\tkernel\tregisters\tspill_bytes\tstack_bytes\tshared_bytes\n'
for source in kernels/cuda/*.cu; do
    "$nvcc" -std=c++17 -O3 -arch="$architecture" -I. -diag-suppress=20012 -Xptxas -v -cubin -o "$out/cubin" "$source" 2>&1 |
        c++filt | awk -v file="$(basename "$source")" '
            / Compiling entry function / { kernel = $0; sub(/.*function .(void )?/, "", kernel); sub(/. for .sm_.*/, "", kernel)
                                           sub(/\(.*/, "", kernel) }
            /bytes stack frame/ { stack = $1; spill = $5 + $9 }
            /: Used [0-9]+ registers/ {
                registers = shared = 0
                for (i = 1; i < NF; i++) {
                    if ($(i + 1) ~ /^registers/) registers = $i
                    if ($(i + 1) == "bytes" && $(i + 2) ~ /^smem/) shared = $i
                }
                printf "%s\t%s\t%d\t%d\t%d\t%d\n", file, kernel, registers, spill, stack, shared
            }' | LC_ALL=C sort
done
