# `make` prints what can be made. Everything is set up on first use, in .venv; PYTHON=… picks the interpreter.

VENV := .venv
PYTHON_IN_VENV := $(VENV)/bin/python
BENCH_VENV := .venv-bench
ZOO_VENV := .venv-zoo
GUARDS_VENV := .venv-guards
SOURCES := $(shell find pyrepl_tui worker -name '*.py')
JOBS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); [ "$$n" -gt 4 ] && n=4; echo "$$n")
ARGS ?=

# An environment remembers the folder it was made in: after a move its scripts and links lead nowhere.
# The same goes for one whose interpreter is gone. Both are set up anew.
MADE_FOR := $(shell cat $(VENV)/made-for 2>/dev/null)
ifneq ($(MADE_FOR),$(if $(MADE_FOR),$(CURDIR)))
$(shell rm -rf $(VENV) $(BENCH_VENV) $(ZOO_VENV) $(GUARDS_VENV))
else ifeq ($(wildcard $(PYTHON_IN_VENV)),)
$(shell rm -f $(VENV)/installed $(VENV)/installed-dev)
endif

.DEFAULT_GOAL := help
.PHONY: help run test lint types contracts check bench zoo guards screenshots pictures format readme clean

help: ## print the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r target text; do \
		printf '%-20s %s\n' "$$target" "$$text"; done

run: $(VENV)/compiled ## open the workspace (ARGS="file.py …" opens files)
	@exec $(PYTHON_IN_VENV) -m pyrepl_tui $(ARGS)

test: $(VENV)/installed-dev $(VENV)/compiled ## run the tests (ARGS="tests/engine -k name" picks some)
	@exec $(PYTHON_IN_VENV) -m pytest -n $(JOBS) $(ARGS)

lint: $(VENV)/installed-dev ## check style and formatting
	$(PYTHON_IN_VENV) -m ruff check .
	$(PYTHON_IN_VENV) -m ruff format --check .

types: $(VENV)/installed-dev ## check types, strictly
	$(PYTHON_IN_VENV) -m mypy

contracts: $(VENV)/installed-dev ## check who imports whom
	$(VENV)/bin/lint-imports

check: lint types contracts test ## all of the above

bench: $(VENV)/compiled $(BENCH_VENV)/installed ## measure, beside ipykernel and others (ARGS="--quick")
	@exec $(PYTHON_IN_VENV) -m benchmarks --peer-python $(BENCH_VENV)/bin/python $(ARGS)

zoo: $(VENV)/installed-dev $(VENV)/compiled $(ZOO_VENV)/installed ## send objects of many kinds through archives and images and print the scores
	@$(PYTHON_IN_VENV) -m tests.worker.archive.zoo --python $(ZOO_VENV)/bin/python $(ARGS)
	@exec $(PYTHON_IN_VENV) -m tests.worker.archive.image_zoo --python $(ZOO_VENV)/bin/python $(ARGS)

guards: $(VENV)/installed-dev $(VENV)/compiled $(GUARDS_VENV)/installed ## send real packages through checkpoints (downloads 2 GB)
	@GUARDS_PYTHON=$(CURDIR)/$(GUARDS_VENV)/bin/python exec $(PYTHON_IN_VENV) -m pytest tests/worker/test_guards_packages.py $(ARGS)

screenshots: $(VENV)/installed-dev $(VENV)/compiled ## take the pictures in screenshots/ anew
	@exec $(PYTHON_IN_VENV) screenshots/make.py

pictures: $(VENV)/installed-dev $(VENV)/compiled ## take the pictures that tests compare with anew
	@PYREPL_TUI_PICTURES=1 exec $(PYTHON_IN_VENV) -m pytest tests/tui/test_pictures.py $(ARGS)

format: $(VENV)/installed-dev ## format the code
	$(PYTHON_IN_VENV) -m ruff check --fix .
	$(PYTHON_IN_VENV) -m ruff format .

readme: $(VENV)/compiled ## write the table of docs/keys.md anew
	@$(PYTHON_IN_VENV) tools/update-keys

clean: ## remove environments and caches
	rm -rf $(VENV) $(BENCH_VENV) $(ZOO_VENV) $(GUARDS_VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find pyrepl_tui worker tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/installed: pyproject.toml tools/set-up
	@PYTHON="$(PYTHON)" tools/set-up $(VENV) -e .
	@pwd >$(VENV)/made-for
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	@echo "Installing what the tests and checks need ..." >&2
	@PYTHON="$(PYTHON)" tools/set-up $(VENV) -e '.[dev]'
	@touch $@

# With PYTHONDONTWRITEBYTECODE set, every start would compile the product again.
$(VENV)/compiled: $(VENV)/installed $(SOURCES)
	@$(PYTHON_IN_VENV) -m compileall -q pyrepl_tui worker
	@touch $@

$(BENCH_VENV)/installed: benchmarks/requirements.txt tools/set-up
	@echo "Installing the peers of the benchmarks in $(BENCH_VENV) ..." >&2
	@PYTHON="$(PYTHON)" tools/set-up $(BENCH_VENV) -r benchmarks/requirements.txt
	@touch $@

$(ZOO_VENV)/installed: tests/worker/archive/requirements.txt tools/set-up
	@echo "Installing the packages whose objects the zoo keeps in $(ZOO_VENV) ..." >&2
	@PYTHON="$(PYTHON)" tools/set-up $(ZOO_VENV) -r tests/worker/archive/requirements.txt
	@touch $@

$(GUARDS_VENV)/installed: tests/worker/guards-requirements.txt tools/set-up
	@echo "Installing the packages that the guards know in $(GUARDS_VENV) ..." >&2
	@PYTHON="$(PYTHON)" tools/set-up $(GUARDS_VENV) -r tests/worker/guards-requirements.txt
	@touch $@
