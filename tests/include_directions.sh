#!/bin/sh
# Reads every #include "..." of the project (first argument: its folder). Fails when a layer includes one that it may
# not see (docs/ARCHITECTURE.md), when files include each other in a circle, when a file has over 600 lines or no
# opening comment.
set -eu
cd "${1:-$(dirname -- "$0")/..}"
find clprof.c base kernels profiler importers trainer analysis reports commands shell bench tests -name '*.[ch]' |
    LC_ALL=C sort | xargs awk '
BEGIN {
    sees["base"] = "base"
    sees["kernels"] = "base kernels"
    sees["profiler"] = "base kernels profiler"
    sees["trainer"] = "base kernels profiler trainer"
    sees["analysis"] = "base profiler analysis"
    sees["importers"] = "base kernels profiler importers"
    sees["reports"] = "base profiler reports"
    sees["shell"] = "base kernels trainer reports commands shell"
}
function fail(text) { print text; failures++ }
function folder(path) { sub(/\/.*/, "", path); return path }
FNR == 1 && $0 !~ /^\/[*\/]/ { fail(FILENAME ":1: no opening comment that says what the file is for") }
FNR == 1 { files++ }
FNR == 601 { fail(FILENAME ": over 600 lines") }
/^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, part, "\"")
    layer = folder(FILENAME)
    if (layer in sees && index(" " sees[layer] " ", " " folder(part[2]) " ") == 0)
        fail(FILENAME ":" FNR ": " layer " may not include " part[2] "; it sees " sees[layer])
    from[++edges] = FILENAME; to[edges] = part[2]; left[FILENAME]++
}
END { # a file whose includes are all settled is settled; what never is stands on a circle or before one
    for (e = 1; e <= edges; e++) if (!(to[e] in left)) queue[++last] = e
    for (at = 1; at <= last; at++) {
        file = from[queue[at]]
        if (--left[file] > 0) continue
        for (e = 1; e <= edges; e++) if (to[e] == file) queue[++last] = e
    }
    for (file in left) if (left[file] > 0) fail(file ": stands on a circle of includes, or includes one that does")
    printf "%d files, %d includes, %d failures\n", files, edges, failures
    exit failures > 0 || files == 0
}'
