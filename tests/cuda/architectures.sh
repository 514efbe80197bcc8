#!/bin/sh
# Which GPUs have code: the plugin of this build has what CMake was asked for; nvcc makes all that the preset `cuda` names, from sm_75 to the
# newest, and PTX for those to come. The preset's own build takes too long for every day (docs/GPU.md); one empty kernel stands in for it.
# architectures.sh PLUGIN "ARCHITECTURE..." CMakePresets.json NVCC CUOBJDUMP
set -u
plugin=$1 built=$2 presets=$3 nvcc=$4 dump=$5
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0
fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# has FILE "ARCHITECTURE...": a number, with -real for machine code only, -virtual for PTX only; and nothing else. Once for each .cu file.
has() {
    "$dump" --list-elf "$1" | sed -n 's/.*\.\(sm_[0-9a-z]*\)\.cubin$/elf \1/p' >"$scratch/all"
    "$dump" --list-ptx "$1" | sed -n 's/.*\.\(sm_[0-9a-z]*\)\.ptx$/ptx \1/p' >>"$scratch/all"
    sort "$scratch/all" | uniq -c | awk '{ print $2, $3 }' >"$scratch/found"
    for one in $2; do
        number=${one%%-*}
        case $one in *-virtual) ;; *) echo "elf sm_$number" ;; esac
        case $one in *-real) ;; *) echo "ptx sm_$number" ;; esac
    done | sort >"$scratch/wanted"
    diff "$scratch/wanted" "$scratch/found" >"$scratch/difference" || {
        fail "$1: not the code that was asked for (< wanted, > found):"
        cat "$scratch/difference"
    }
    [ "$(sort "$scratch/all" | uniq -c | awk '{ print $1 }' | sort -u | wc -l)" -eq 1 ] || {
        fail "$1: not every .cu file has the same:"
        sort "$scratch/all" | uniq -c
    }
}

has "$plugin" "$built"

named=$(sed -n 's/.*"name": "cuda".*"CLPROF_CUDA_ARCHITECTURES": "\([^"]*\)".*/\1/p' "$presets" | tr ';' ' ')
[ -n "$named" ] || fail "the preset cuda names no architectures"
for one in $named; do
    number=${one%%-*}
    case $one in
    *-real) echo "-gencode=arch=compute_$number,code=sm_$number" ;;
    *) echo "-gencode=arch=compute_$number,code=[compute_$number,sm_$number]" ;;
    esac
done >"$scratch/options"
echo '__global__ void nothing() {}' >"$scratch/nothing.cu"
if xargs "$nvcc" -fatbin "$scratch/nothing.cu" -o "$scratch/nothing.fatbin" <"$scratch/options" >"$scratch/log" 2>&1; then
    has "$scratch/nothing.fatbin" "$named"
else
    fail "nvcc does not take the preset's architectures: $(cat "$scratch/log")"
fi
case " $named " in *" 75-real "*) ;; *) fail "the preset leaves out sm_75: $named" ;; esac
case ${named##* } in *-real) fail "the preset has no PTX for GPUs to come: $named" ;; esac
[ "$failures" -eq 0 ] && echo "the plugin: $built; the preset: $named"
exit "$failures"
