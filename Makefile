# The few commands that people type. The build itself is CMake's: see CMakePresets.json.
# `make demo` and `make test` each work as the only command on a bare Debian 12.
CMAKE ?= cmake
PREFIX ?= /usr/local
CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/resile/reproduce

.DEFAULT_GOAL := build
.PHONY: help setup build demo dev test bench reproduce reproduce-fortune fuzz install deb docs mpi coverage tsan tidy cppcheck format clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the missing Debian packages (as root, or through sudo)
	@sh scripts/setup.sh

build: setup ## build/release/resile (the default)
	@$(CMAKE) --preset release --log-level=WARNING
	@$(CMAKE) --build --preset release --target resile_cli docs

demo: build ## the whole way on drawn data; report in build/demo
	@sh scripts/demo.sh $(CURDIR)/build/release/resile $(CURDIR)/build/demo

dev: setup
	@$(CMAKE) --preset dev --log-level=WARNING
	@$(CMAKE) --build --preset dev

test: dev ## build with sanitizers, run every test
	@ctest --preset dev -j $$(nproc)

docs: build ## man pages and completions into build/release/docs

bench: build ## forward passes, training steps and fault injection beside PyTorch and ONNX Runtime
	@sh scripts/setup.sh python3 python3-torch python3-onnx
	@command -v npm >/dev/null || sh scripts/setup.sh npm
	@python3 bench/forward.py
	@/usr/bin/python3 bench/int8.py
	@python3 bench/train.py
	@/usr/bin/python3 bench/inject.py

reproduce: build ## the trained networks of docs/results again: DATA=folder, hours, resumable (CACHE=folder)
	@sh scripts/reproduce.sh $(CURDIR)/build/release/resile "$(DATA)" "$(CACHE)" $(ONLY)

reproduce-fortune: build ## Table II of FORTUNE again: DATA=folder, hours, resumable (CACHE=folder, ONLY=networks)
	@sh scripts/reproduce_fortune.sh $(CURDIR)/build/release/resile "$(DATA)" "$(CACHE)" $(ONLY)

fuzz: ## fuzz every reader, SECONDS (60) each; needs clang
	@sh scripts/setup.sh clang libclang-rt-dev libomp-dev
	@sh tests/fuzz/run.sh $(or $(SECONDS),60)

install: build ## install under PREFIX (/usr/local), below DESTDIR if set
	@$(CMAKE) --install build/release --prefix $(PREFIX)

mpi: ## build/mpi/resile for `mpirun -n 4 resile inject ...`, and its tests
	@sh scripts/setup.sh libopenmpi-dev openmpi-bin
	@$(CMAKE) --preset mpi --log-level=WARNING
	@$(CMAKE) --build --preset mpi --target resile_cli json_get synthetic_store test_campaign
	@ctest --preset mpi -R 'campaign|mpi|inject'

deb: setup ## Debian packages of the program, the library and its headers into build/deb
	@sh scripts/setup.sh debhelper dpkg-dev
	@sh scripts/deb.sh $(CURDIR)/build/deb

coverage: ## line coverage of the tests
	@sh scripts/setup.sh gcovr
	@$(CMAKE) --preset coverage --log-level=WARNING
	@$(CMAKE) --build --preset coverage
	@find build/coverage -name '*.gcda' -delete # counts of earlier runs, perhaps of other sources
	@ctest --preset coverage -j $$(nproc)
	@gcovr -r . --object-directory build/coverage --exclude-directories '.*resile_mpi.*' --filter src/ --filter cli/ \
	    --sort-percentage

tsan: ## ThreadSanitizer over every test; needs clang
	@sh scripts/setup.sh clang libclang-rt-dev libomp-dev
	@$(CMAKE) --preset tsan --log-level=WARNING
	@$(CMAKE) --build --preset tsan
	@ctest --preset tsan -j $$(nproc)

tidy: ## clang-tidy over src/ and cli/ (see .clang-tidy)
	@sh scripts/setup.sh clang clang-tidy libomp-dev
	@$(CMAKE) --preset clang --log-level=WARNING
	@$(CMAKE) --build --preset clang
	@find src cli -name '*.c' | xargs -P $$(nproc) -n 8 clang-tidy -p build/clang --quiet

cppcheck: ## cppcheck over src/ and cli/ (see .cppcheck)
	@sh scripts/setup.sh cppcheck
	@$(CMAKE) --preset dev --log-level=WARNING
	@cppcheck --quiet --error-exitcode=1 --inline-suppr --enable=warning,performance,portability \
	    --std=c11 --library=posix -j $$(nproc) -I src -I include --suppressions-list=.cppcheck src cli

format: ## clang-format every source file
	@sh scripts/setup.sh clang-format
	@find src cli include tests examples -name '*.[ch]' -exec clang-format -i {} +

clean: ## remove build/
	@rm -rf build
