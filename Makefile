# Each target does its own set-up, and repeats it only after a change.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
READY := .venv/.ready
TESTED := .venv/.ready-for-tests
SOUND := operators/console/vendor/livekit-client.esm.mjs

# Tests of these folders start no livekit-server and no browser.
FAST := $(addprefix tests/,unit contract standin api groq)
FAST_PROCESSES ?= 3
# All other folders. The longest come first, so that all test processes finish at about the same time. Two processes: with
# a third, two cores are too busy for calls.
LONGEST := $(addprefix tests/,acceptance recovery browser life)
REAL := $(LONGEST) $(filter-out $(FAST) $(LONGEST) tests/support tests/__pycache__,$(patsubst %/,%,$(sort $(wildcard tests/*/))))
REAL_PROCESSES ?= 2

.PHONY: help demo dev groq test test-fast slowest check bench-handoff bench-turns bench-loop bench-operators faults told soak lock screenshots clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1 /' | expand -t 24

# What `make demo` and `make dev` need. A .venv that has the tests' packages too has these.
$(READY): scripts/set-up scripts/common.sh requirements.lock requirements-test.lock pyproject.toml
	@scripts/set-up $(if $(wildcard $(TESTED)),requirements-test.lock,requirements.lock)
	@touch $@

# With what the tests, the checks and the benchmarks need on top.
$(TESTED): scripts/set-up scripts/common.sh requirements-test.lock pyproject.toml
	@scripts/set-up requirements-test.lock
	@touch $(READY) $@

# If npm cannot install livekit-client, this prints why and does not fail: everything else works without it.
$(SOUND): scripts/set-up-console scripts/common.sh operators/console/package.json operators/console/package-lock.json
	@scripts/set-up-console

demo: $(READY) ## one call from end to end: heard, handed over, recorded in out/demo
	@$(PYTHON) -m local.demo $(if $(SCRIPT),--script "$(SCRIPT)")

dev: $(READY) $(SOUND) ## the same stack, kept running
	@$(PYTHON) -m local.dev $(if $(SCRIPT),--script "$(SCRIPT)")

groq: $(READY) ## tries the key in GROQ_API_KEY: models, voices, limits, and where Groq differs from the stand-in
	@$(PYTHON) -m local.groq_key

test-fast: $(TESTED) ## the tests that need no server and no browser, in under 3 minutes
	@$(PYTHON) -m pytest -n $(FAST_PROCESSES) $(FAST) --junitxml=out/tests/fast.xml

test: $(TESTED) $(SOUND) ## all tests: the fast ones, then those on real servers
	@$(PYTHON) -m local.chromium
	@$(PYTHON) -m local.livekit.binary
	@$(MAKE) --no-print-directory test-fast
	@$(PYTHON) -m pytest -n $(REAL_PROCESSES) --dist loadscope --no-loadscope-reorder $(REAL) -m "not long and not alone" --junitxml=out/tests/real.xml
	@$(PYTHON) -m pytest $(REAL) -m "alone and not long" --junitxml=out/tests/alone.xml

slowest: $(TESTED) ## the twenty slowest tests of the last run
	@$(PYTHON) -m tests.support.slowest out/tests

check: $(TESTED) ## format, lint, types, layers
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy .
	@$(PYTHON) -m pytest -q tests/unit/test_layers.py

bench-handoff: $(TESTED) ## a handoff measured beside three baselines
	@$(PYTHON) -m bench.handoff

bench-turns: $(TESTED) ## nods, pauses, interruptions, handoffs, beside LiveKit's AgentSession; ONLY=nods,pauses ROUNDS=2
	@$(PYTHON) -m bench.turns --only "$(ONLY)" $(if $(ROUNDS),--rounds $(ROUNDS))

faults: $(TESTED) ## the catalogue of faults, row by row on the real stack; ONLY=A6,C3 for some
	@$(PYTHON) -m local.livekit.binary
	@$(PYTHON) -m bench.faults --only "$(ONLY)"

bench-loop: $(TESTED) ## the service's event loop under load, beside how it was and how it became
	@$(PYTHON) -m local.livekit.binary
	@$(PYTHON) -m bench.loop

bench-operators: $(TESTED) $(SOUND) ## an operator's act, until the caller hears it and another operator sees it
	@$(PYTHON) -m local.livekit.binary
	@$(PYTHON) -m bench.operators

told: $(TESTED) ## 20 handoffs with operators' acts: transcript, timeline, store and recording compared
	@$(PYTHON) -m pytest -q -s tests/api_live/test_told_and_waited.py -m "long or not long"

soak: $(TESTED) ## many calls with handoffs, agents killed among them; CALLS=500 SEED=1
	@$(PYTHON) -m bench.soak $(if $(CALLS),--calls $(CALLS)) $(if $(SEED),--seed $(SEED))

lock: $(READY) ## renew requirements.lock from pyproject.toml
	@scripts/lock

screenshots: $(TESTED) $(SOUND) ## docs/console*.png, made anew from a real call
	@$(PYTHON) -m local.screenshots

clean: ## remove what was made here; the cache folder stays
	rm -rf .venv operators/console/vendor out .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
