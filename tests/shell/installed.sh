# use_installed FOLDER: FOLDER/bin/clprof runs, out of what is in FOLDER and in the system; everything else is in its place.
# Read by install.sh and package.sh, which set $build, $project and $work.

fail() {
    echo "$1"
    exit 1
}

installed() { # a program's answer, with nothing of the build in the environment
    (cd "$work" && env -i PATH=/usr/bin:/bin HOME="$work" TMPDIR="$work" OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive "$@")
}

use_installed() {
    prefix=$1
    program=$prefix/bin/clprof

    libraries=$(installed ldd "$program")
    case $libraries in *"not found"*) fail "a library is missing: $libraries" ;; esac
    if echo "$libraries" | grep -vF "$work/" | grep -F -e "$project/" -e "$build/"; then fail "a library is taken from the build"; fi
    if [ -e "$prefix/lib/clprof/onednn/libdnnl.so.3" ]; then
        real=$(readlink -f "$(echo "$libraries" | sed -n 's/.*libdnnl\.so\.3 => \([^ ]*\).*/\1/p')")
        [ "$real" = "$(readlink -f "$prefix/lib/clprof/onednn/libdnnl.so.3")" ] || fail "oneDNN is taken from $real"
    fi
    for text in "$project" "$build"; do
        if grep -rqF "$text" "$prefix"; then fail "names the build's folder $text: $(grep -rlF "$text" "$prefix")"; fi
    done

    [ "$(installed "$program" --version | head -1)" = "$("$build/bin/clprof" --version | head -1)" ] || fail "--version differs"
    installed "$program" train resnet18 --channels-last --policy torch-2.14-cuda --data synthetic --image-size 32 --batch 2 \
        --profile 0:1 --probe 0 --quiet -o "$work/trace.db" >"$work/report" || fail "training failed"
    grep -q '^Conversions' "$work/report" || fail "no report"
    installed "$program" report "$work/trace.db" -o "$work/report.html"
    installed "$program" query "$work/trace.db" --name operators >/dev/null
    [ "$(installed sqlite3 -csv "$work/trace.db" <"$prefix/share/clprof/sections/operators.sql" | wc -l)" -gt 0 ] || fail "no sections"
    python3 -m json.tool "$prefix/share/clprof/report.schema.json" >/dev/null || fail "no schema"
    installed "$program" policies | grep -q torch-2.14-cuda || fail "no policies"

    for page in clprof clprof-train; do
        gzip -t "$prefix/share/man/man1/$page.1.gz" || fail "no page $page"
    done
    bash -n "$prefix/share/bash-completion/completions/clprof"
    grep -q '^#compdef clprof$' "$prefix/share/zsh/site-functions/_clprof" || fail "no completion for zsh"
    for file in copyright changelog.gz README.md QUERIES.md; do
        test -s "$prefix/share/doc/clprof/$file" || fail "no $file"
    done
}
