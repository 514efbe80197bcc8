#!/bin/sh
# Makes the Debian package of a Release build, looks at what it says of itself, unpacks it and uses what was in it.
# Usage: package.sh BUILD_FOLDER PROJECT_FOLDER VERSION. Exit code 77: no dpkg-dev here.
set -eu
build=$1 project=$2 version=$3
for tool in dpkg-shlibdeps dpkg-deb file; do
    command -v $tool >/dev/null || { echo "skipped: no $tool (apt-get install dpkg-dev file)"; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$project/tests/shell/installed.sh"

# gzip instead of xz: 30 seconds less for what the test looks at
cpack -G DEB --config "$build/CPackConfig.cmake" -B "$work" -D CPACK_DEBIAN_COMPRESSION_TYPE=gzip >"$work/log" 2>&1 ||
    { cat "$work/log"; exit 1; }
package=$work/clprof_${version}_$(dpkg --print-architecture).deb
[ -s "$package" ] || fail "no $package: $(ls "$work")"

field() { dpkg-deb --field "$package" "$1"; }
[ "$(field Package) $(field Version)" = "clprof $version" ] || fail "it is $(field Package) $(field Version)"
for library in libc6 libgomp1 libsqlite3-0 libisal2 libpng16-16 libjpeg62-turbo zlib1g libstdc++6; do
    field Depends | grep -q "$library" || fail "does not depend on $library but on: $(field Depends)"
done
[ "$(field Recommends)" = dataset-fashion-mnist ] || fail "recommends $(field Recommends)"

dpkg-deb --contents "$package" >"$work/contents"
if grep -q libdnnl "$build/packaging/cmake_install.cmake"; then # not where an installed oneDNN is used
    grep -qE ' \./usr/lib/clprof/onednn/libdnnl.so.3$' "$work/contents" || fail "no oneDNN"
fi
for path in /usr/bin/clprof /usr/share/doc/clprof/copyright /usr/share/doc/clprof/changelog.gz \
    /usr/share/man/man1/clprof.1.gz /usr/share/man/man1/clprof-train.1.gz /usr/share/bash-completion/completions/clprof \
    /usr/share/zsh/site-functions/_clprof; do
    grep -qE " \.$path$" "$work/contents" || fail "no $path"
done
if awk '$2 != "root/root" {print; found = 1} END {exit !found}' "$work/contents"; then fail "files that are not root's"; fi
if grep -vE '^(-rw-r--r--|-rwxr-xr-x|drwxr-xr-x) ' "$work/contents"; then fail "files with odd permissions"; fi
[ "$(grep -c '^-rwx' "$work/contents")" = 1 ] || fail "more than one program"

mkdir "$work/unpacked"
dpkg-deb --extract "$package" "$work/unpacked"
[ "$(zcat "$work/unpacked/usr/share/doc/clprof/changelog.gz" | sed -n '1s/.*(\(.*\)).*/\1/p')" = "$version" ] ||
    fail "the newest entry of packaging/changelog is not of $version"
use_installed "$work/unpacked/usr"
echo "package.sh: passed"
