#!/bin/sh
# Installs a Release build into a scratch folder, takes build/deps' libraries out of reach, and uses what was installed.
# Usage: install.sh BUILD_FOLDER PROJECT_FOLDER
set -eu
build=$1 project=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$project/tests/shell/installed.sh"

DESTDIR=$work cmake --install "$build" --prefix /opt/clprof >/dev/null
mv "$work/opt/clprof" "$work/elsewhere" # it finds its library wherever it stands
use_installed "$work/elsewhere"
echo "install.sh: passed"
