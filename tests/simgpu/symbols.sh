#!/bin/sh
# Holds the simulator's libraries against the real ones: soname, symbol versions, and that nothing is exported which the real ones
# have not; and that a plugin finds every symbol that it asks the real ones for. NCCL's, whose symbols bear no version, where it is given.
# usage: symbols.sh READELF SIM REAL_FOLDER PLUGIN [NCCL_PLUGIN REAL_NCCL]
set -eu
reader=$1 sim=$2 real=$3 plugin=$4
failures=0
fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# defined LIBRARY: "name@@version" of what it exports.
defined() {
    "$reader" -W --dyn-syms "$1" | awk '$4 == "FUNC" && $5 != "LOCAL" && $7 != "UND" { print $8 }' | LC_ALL=C sort -u
}

soname() {
    "$reader" -W -d "$1" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p'
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for library in libcudart.so.13 libcudnn.so.9 libcublasLt.so.13 libcupti.so.13; do
    [ "$(soname "$sim/$library")" = "$library" ] || fail "$library: the soname is $(soname "$sim/$library")"
    defined "$sim/$library" >"$scratch/sim"
    [ -s "$scratch/sim" ] || fail "$library: exports nothing"
    grep -v "@@$library\$" "$scratch/sim" >"$scratch/other" || true
    [ ! -s "$scratch/other" ] || fail "$library: not of this version: $(tr '\n' ' ' <"$scratch/other")"
    if [ -e "$real/$library" ]; then
        # cuDNN's front library hands most on to its parts, under the same version.
        for part in "$real/$library" "$real"/libcudnn_*.so.9; do
            [ "$part" = "$real/$library" ] || [ "$library" = libcudnn.so.9 ] || continue
            [ -e "$part" ] && defined "$part"
        done | sed 's/@@.*//' | LC_ALL=C sort -u >"$scratch/real"
        sed 's/@@.*//' "$scratch/sim" | LC_ALL=C sort -u | LC_ALL=C comm -23 - "$scratch/real" >"$scratch/extra"
        [ ! -s "$scratch/extra" ] || fail "$library: the real one has no $(tr '\n' ' ' <"$scratch/extra")"
    fi
    "$reader" -W --dyn-syms "$plugin" | awk -v want="@$library" '$7 == "UND" && index($8, want) { sub(/@.*/, "", $8); print $8 }' |
        LC_ALL=C sort -u >"$scratch/asked"
    sed 's/@@.*//' "$scratch/sim" | LC_ALL=C sort -u | LC_ALL=C comm -13 - "$scratch/asked" >"$scratch/missing"
    [ ! -s "$scratch/missing" ] || fail "$library: the plugin asks for $(tr '\n' ' ' <"$scratch/missing")"
    echo "$library: $(wc -l <"$scratch/sim") symbols, $(wc -l <"$scratch/asked") asked for"
done
if [ $# -gt 4 ]; then
    library=libnccl.so.2
    [ "$(soname "$sim/$library")" = "$library" ] || fail "$library: the soname is $(soname "$sim/$library")"
    defined "$sim/$library" | grep '^nccl' >"$scratch/sim" || fail "$library: exports nothing"
    defined "$6" | sed 's/@.*//' | LC_ALL=C sort -u | LC_ALL=C comm -23 "$scratch/sim" - >"$scratch/extra"
    [ ! -s "$scratch/extra" ] || fail "$library: the real one has no $(tr '\n' ' ' <"$scratch/extra")"
    "$reader" -W --dyn-syms "$5" | awk '$7 == "UND" && $8 ~ /^nccl/ { print $8 }' | LC_ALL=C sort -u >"$scratch/asked"
    LC_ALL=C comm -13 "$scratch/sim" "$scratch/asked" >"$scratch/missing"
    [ ! -s "$scratch/missing" ] || fail "$library: the plugin asks for $(tr '\n' ' ' <"$scratch/missing")"
    "$reader" -W -d "$5" | grep -q "NEEDED.*\[$library\]" || fail "$5 is not linked with $library"
    echo "$library: $(wc -l <"$scratch/sim") symbols, $(wc -l <"$scratch/asked") asked for"
fi
exit "$failures"
