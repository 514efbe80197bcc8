# Thin covers over apt and CMake. Each installs what it needs first (scripts/deps.sh).
.PHONY: deps build test test-torch deps-torch parity bench install clean

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

install: build
	cmake --install build/release

clean:
	rm -rf build/release build/dev build/ci build/asan-ubsan build/tsan
