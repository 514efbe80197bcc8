# Thin covers over apt and CMake. Each installs what it needs first (scripts/deps.sh).
.PHONY: deps build test test-torch deps-torch parity bench install uninstall package clean

deps:
	@scripts/deps.sh test

build:
	@scripts/deps.sh build
	@mkdir -p build
	@test -f build/release/build.ninja || cmake --preset release -G Ninja >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
	@test -x build/release/bin/clprof || echo 'building clprof, about a minute'
	@cmake --build build/release >build/build.log 2>&1 || { cat build/build.log; exit 1; }

test:
	@scripts/deps.sh test
	@tests/run.sh

deps-torch:
	@scripts/deps.sh torch

# PyTorch's steps and numbers, against which tests/parity compares, made again.
parity:
	@python=$$(scripts/deps.sh torch) && "$$python" tests/parity/layouts.py && "$$python" tests/parity/gradients.py

test-torch:
	@scripts/deps.sh test
	@tests/run_torch.sh

bench: build
	@scripts/deps.sh torch >/dev/null
	@bench/run.sh

PREFIX ?= /usr/local
installed = build/release/install_manifest.txt

install: build
	@cmake --install build/release --strip --prefix "$(PREFIX)"

# What the last install copied, and its own folders if nothing else is in them.
uninstall:
	@test -f $(installed) || { echo 'nothing to remove: $(installed) is not there' >&2; exit 1; }
	@while read -r file || test -n "$$file"; do rm -f "$(DESTDIR)$$file"; done <$(installed)
	@cd "$(DESTDIR)$(PREFIX)" && rmdir lib/clprof/onednn lib/clprof share/doc/clprof/onednn share/doc/clprof share/clprof/sections share/clprof 2>/dev/null || true

package: build
	@scripts/deps.sh package
	@echo 'packing, about half a minute'
	@cd build/release && cpack -G DEB -B .. >../package.log 2>&1 || { cat ../package.log; exit 1; }
	@ls build/clprof_*.deb

clean:
	rm -rf build/release build/dev build/ci build/asan-ubsan build/tsan
