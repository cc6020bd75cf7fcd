# Each target does its own set-up, and does it once: nothing is done again that has not changed.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
READY := .venv/.ready

.PHONY: help demo dev test check bench-handoff bench-loop lock clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1 /' | expand -t 24

$(READY): scripts/set-up requirements.lock pyproject.toml
	@scripts/set-up
	@touch $@

demo: $(READY) ## one call from end to end: heard, handed over, recorded in out/demo
	@$(PYTHON) -m local.demo

dev: $(READY) ## the same stack, kept running
	@$(PYTHON) -m local.dev

test: $(READY) ## all tests, on real servers
	@$(PYTHON) -m local.livekit_binary
	@$(PYTHON) -m pytest

check: $(READY) ## format, lint, types, layers
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy .
	@$(PYTHON) -m pytest -q tests/unit/test_layers.py

bench-handoff: $(READY) ## a handoff measured beside three baselines
	@$(PYTHON) -m bench.handoff

bench-loop: $(READY) ## the service's event loop under load, beside how it was and how it became
	@$(PYTHON) -m local.livekit_binary
	@$(PYTHON) -m bench.loop

lock: $(READY) ## renew requirements.lock from pyproject.toml
	@scripts/lock

clean: ## remove what was made here; the cache folder stays
	rm -rf .venv out .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
