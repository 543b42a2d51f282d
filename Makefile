# make setup   create .venv from the locked constraints
# make run     run the quickstart campaign to its end
# make test    run the tests, JOBS=2 files at a time (make test-slow: the long ones; make check:
#              ruff and mypy)

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo $$p && break; done)
EXTRAS ?= dev
HOME_DIR ?= cellwright-home
JOBS ?= 2
BIN := .venv/bin
STAMP := .venv/installed-$(EXTRAS)

.PHONY: setup run test test-slow check format clean

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

clean:
	rm -rf .venv build dist *.egg-info
