# Every command of the project. The first use of any of them makes .venv and installs what is needed into it.
SHELL  := /bin/sh
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   ?= .venv
JUDGE  ?= ../shared/judge
EYE    ?= $(JUDGE)/../benchmarks/eye
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
HERE   := -c constraints.txt --config-settings editable_mode=compat -e

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench-agent bench-grounding bench-layouts bench-people bench-planner bench-reading bench-repair bench-tokens bench-verify wheel clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:[^#]*## /\t/' | expand -t 18

demo: $(VENV)/.render ## plan and draw three prompts, paint and verify three more, into demo/
	@$(BIN)/python -m scenewright.demo demo

test: $(VENV)/.dev ## run all tests
	@$(BIN)/python -m pytest -q $(ARGS)

check: $(VENV)/.dev ## lint, strict types, import contract
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.dev ## let the linter mend what it can
	@$(BIN)/ruff check --fix .

bench-agent: $(VENV)/.dev ## success and cost of plain, guided and repaired pictures; goes on where it was stopped
	@PYTHONPATH=. $(BIN)/python tests/bench/agent.py $(ARGS)

bench-grounding: $(VENV)/.dev ## every way of painting on the same prompts and seeds; goes on where it was stopped
	@PYTHONPATH=. $(BIN)/python -m grounding.bench $(ARGS)

bench-layouts: $(VENV)/.dev ## everyday scenes placed and drawn, laid out to be marked by eye (JUDGE=folder)
	@PYTHONPATH=. $(BIN)/python tests/bench/layouts.py --prompts $(JUDGE)/../benchmarks/scenes/prompts.jsonl \
	  --nsr $(JUDGE)/../benchmarks/nsr1k $(ARGS)

bench-people: $(VENV)/.dev ## two hundred prompts in free words, painted and laid out to be marked by eye
	@PYTHONPATH=. $(BIN)/python tests/bench/people.py $(ARGS)

bench-llm: $(VENV)/.dev ## read typed prompts with a local model (WEIGHTS=file.gguf; cyllama on PYTHONPATH)
	@PYTHONPATH=.:$$PYTHONPATH $(BIN)/python tests/bench/llm.py --weights $(WEIGHTS) --judge $(JUDGE) --out bench/out/llm $(ARGS)

bench-planner: $(VENV)/.dev ## time reading and placing on the judge's prompts (JUDGE=folder)
	@$(BIN)/python tests/bench/planning.py --judge $(JUDGE) $(ARGS)

bench-reading: $(VENV)/.dev ## prompts as people type them, read, placed and scored (JUDGE=folder)
	@PYTHONPATH=. $(BIN)/python tests/bench/reading.py --judge $(JUDGE) $(ARGS)

bench-repair: $(VENV)/.dev ## move published boxes until all claims hold (JUDGE=folder)
	@$(BIN)/python tests/bench/repair.py --benchmarks $(JUDGE)/../benchmarks $(ARGS)

bench-tokens: $(VENV)/.dev ## learned prompt tokens against seeds of the same cost; goes on where it was stopped
	@PYTHONPATH=. $(BIN)/python tests/bench/tokens.py $(ARGS)

bench-verify: $(VENV)/.dev ## precision and recall of "verified" by eye and by the judge (EYE=folder of marked pictures)
	@PYTHONPATH=. $(BIN)/python tests/bench/verify.py --eye $(EYE) $(ARGS)

wheel: $(VENV)/.dev ## build the wheel into dist/
	@$(PIP) wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

clean: ## remove what the commands above made
	rm -rf $(VENV) build dist demo *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# torch comes first and at the tested version: nothing that follows may pull another one.
$(VENV)/.torch: constraints.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'expected Python 3.11 or newer, got "$(PYTHON)"; run make PYTHON=/path/to/python3.11' >&2; exit 1; }
	@echo 'making $(VENV) (a few minutes, once)'
	@"$(PYTHON)" -m venv $(VENV)
	@$(PIP) install --quiet "$$(grep '^torch==' constraints.txt)" -c constraints.txt
	@touch $@

$(VENV)/.render: $(VENV)/.torch pyproject.toml
	@echo 'installing scenewright into $(VENV)'
	@$(PIP) install --quiet $(HERE) '.[render]'
	@touch $@

$(VENV)/.dev: $(VENV)/.render
	@echo 'installing the development tools into $(VENV)'
	@$(PIP) install --quiet $(HERE) '.[render,dev]'
	@touch $@
