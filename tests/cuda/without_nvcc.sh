#!/bin/sh
# cmake/Cuda.cmake where CUDA's headers are and nvcc is not: no complaint and no back end; CLPROF_CUDA=ON says what is missing.
# without_nvcc.sh CMAKE C_COMPILER SOURCE_FOLDER TOOLKIT_BIN
set -u
cmake=$1 compiler=$2 source=$3 bin=$4
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0
fail() {
    echo "FAILED: $*"
    sed 's/^/    /' "$scratch/log"
    failures=$((failures + 1))
}
cat >"$scratch/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.22)
project(part LANGUAGES C)
include($source/cmake/Cuda.cmake)
message(STATUS "found: \${CLPROF_CUDA_FOUND}")
CMAKE

configure() { # OPTION...
    rm -rf "$scratch/build"
    CUDACXX='' "$cmake" -S "$scratch" -B "$scratch/build" -DCMAKE_C_COMPILER="$compiler" "$@" >"$scratch/log" 2>&1
}

# absent WORDS OPTION...: quiet by itself, and with the words where somebody insists.
absent() {
    words=$1
    shift
    configure "$@" || fail "$*: cmake exits $?"
    grep -q 'found: FALSE' "$scratch/log" || fail "$*: a back end without nvcc"
    grep -qiE 'warning|error' "$scratch/log" && fail "$*: it complains"
    configure -DCLPROF_CUDA=ON "$@" && fail "$*: CLPROF_CUDA=ON is content"
    tr -s ' \n' ' ' <"$scratch/log" | grep -qF "CLPROF_CUDA=ON, but $words" || fail "$*: '$words' is not said"
}

absent "no CUDA toolkit 12 or newer with nvcc" -DCUDAToolkit_NVCC_EXECUTABLE=/nowhere/nvcc -DCUDAToolkit_BIN_DIR="$bin"
absent "CMAKE_CUDA_COMPILER=/nowhere/nvcc is not there" -DCMAKE_CUDA_COMPILER=/nowhere/nvcc
[ "$failures" -eq 0 ] && echo "all as it should be"
exit "$failures"
