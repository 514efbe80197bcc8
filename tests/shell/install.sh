#!/bin/sh
# Installs a Release build into a scratch folder, takes build/deps' libraries out of reach, and uses what was installed.
# Usage: install.sh BUILD_FOLDER PROJECT_FOLDER
set -eu
build=$1 project=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$project/tests/shell/installed.sh"

DESTDIR=$work cmake --install "$build" --prefix /opt/clprof >/dev/null
cp "$build/install_manifest.txt" "$work/manifest"
cp -a "$work/opt/clprof" "$work/elsewhere" # it finds its library wherever it stands
make -s -C "$project" uninstall installed="$work/manifest" DESTDIR="$work" PREFIX=/opt/clprof
left=$(find "$work/opt" -type f)
[ -z "$left" ] || fail "make uninstall leaves $left"
use_installed "$work/elsewhere"
echo "install.sh: passed"
