# The few commands that people type. The build itself is CMake's: see CMakePresets.json.
# `make demo` and `make test` each work as the only command on a bare Debian 12.
CMAKE ?= cmake
PREFIX ?= /usr/local

.DEFAULT_GOAL := build
.PHONY: help setup build dev test install docs coverage format clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the missing Debian packages (as root, or through sudo)
	@sh scripts/setup.sh

build: setup ## build/release/resile (the default)
	@$(CMAKE) --preset release --log-level=WARNING
	@$(CMAKE) --build --preset release

dev: setup
	@$(CMAKE) --preset dev --log-level=WARNING
	@$(CMAKE) --build --preset dev

test: dev ## build with sanitizers, run every test
	@ctest --preset dev -j $$(nproc)

docs: build ## man pages and completions into build/release/docs
	@$(CMAKE) --build --preset release --target docs

install: build ## install under PREFIX (/usr/local), below DESTDIR if set
	@$(CMAKE) --install build/release --prefix $(PREFIX)

coverage: setup ## line coverage of the tests (needs gcovr)
	@$(CMAKE) --preset coverage --log-level=WARNING
	@$(CMAKE) --build --preset coverage
	@ctest --preset coverage -j $$(nproc)
	@gcovr -r . --object-directory build/coverage --filter src/ --filter cli/ --sort-percentage

format: ## clang-format every source file
	@find src cli include tests -name '*.[ch]' -exec clang-format -i {} +

clean: ## remove build/
	@rm -rf build
