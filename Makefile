# make setup   create .venv from the locked constraints
# make run     run the quickstart campaign to its end
# make test    run the tests, JOBS=2 files at a time (make test-slow: the long ones; make check:
#              ruff and mypy; make axe-core: what the browser tests check pages with, from npm)

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo $$p && break; done)
EXTRAS ?= dev
HOME_DIR ?= cellwright-home
JOBS ?= 2
BIN := .venv/bin
AXE := 4.14.1
AXE_SHA256 := e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745
STAMP := .venv/installed-$(EXTRAS)

.PHONY: setup run test test-slow check format axe-core clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Cellwright needs Python 3.11 to 3.13 on the PATH"; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade -c constraints.txt pip setuptools
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[$(EXTRAS)]"
	@echo "compiling the numerical kernels for this machine, once (about a minute)"
	$(BIN)/python -m simulators.compile_kernels
	touch $@

run: setup
	$(BIN)/cellwright --home $(HOME_DIR) run quickstart

test: setup
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

test-slow: setup
	$(BIN)/python -m pytest -m slow --timeout 3600

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# For tests only (MPL-2.0): neither in the repository nor in the wheel.
axe-core: build/axe-core/axe-$(AXE)

build/axe-core/axe-$(AXE):
	mkdir -p build/axe-core
	npm pack --silent axe-core@$(AXE) --pack-destination build >/dev/null
	echo "$(AXE_SHA256)  build/axe-core-$(AXE).tgz" | sha256sum --check --quiet
	tar -xzf build/axe-core-$(AXE).tgz -C build/axe-core --strip-components 1 package/axe.min.js
	touch $@

clean:
	rm -rf .venv build dist *.egg-info
