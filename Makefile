# The workspace's verbs. `make` lists them; each one sets up what it needs first.
.DEFAULT_GOAL := help
SHELL := /bin/sh

# Nobody puts the repository root on sys.path: a folder named `operator` there would hide Python's own module.
export PYTHONSAFEPATH := 1
# Caches stay in the checkout: the home folder may be read-only.
export BUF_CACHE_DIR := $(CURDIR)/.cache/buf
export UV_CACHE_DIR := $(CURDIR)/.cache/uv
export UV_PYTHON_DOWNLOADS := never
# Images often forbid it, and then every worker of the tests and every process of a stack compiles the suite anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON := .venv/bin/python
CROSSDOCK := .venv/bin/crossdock
# One more than the two cores of a small machine: tests wait for servers as long as they work.
WORKERS ?= 3

COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --python "$(CURDIR)/$(PYTHON)" \
	--generate-hashes --no-emit-index-url --no-header

.PHONY: help
help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## make .venv from requirements.lock (needs Python 3.11 to 3.13, nothing else)
	@CROSSDOCK_PYTHON="$(CROSSDOCK_PYTHON)" sh tools/setup.sh

.PHONY: lock
lock: setup ## resolve requirements*.in into requirements*.lock
	@$(COMPILE) requirements.in --output-file requirements.lock
	@$(COMPILE) requirements-services.in --constraints requirements.lock --output-file requirements-services.lock
	@$(COMPILE) requirements-operator.in --constraints requirements.lock --output-file requirements-operator.lock
	@sh tools/setup.sh

.PHONY: proto
proto: setup ## generate libs/contracts from proto/
	@$(PYTHON) tools/proto.py generate

.PHONY: proto-check
proto-check: setup ## prove libs/contracts fresh, lint the contracts, look for breaking changes
	@$(PYTHON) tools/proto.py check
	@$(PYTHON) tools/docs.py check
	@$(PYTHON) tools/crd.py check
	@$(PYTHON) tools/charts.py check

.PHONY: lint
lint: setup ## ruff, its formatter, and the layers of .importlinter
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/lint-imports --no-cache

.PHONY: types
types: setup ## mypy --strict
	@.venv/bin/mypy

.PHONY: test
test: setup ## everything that must hold: lint, types, contracts, all tests on real servers
	@$(MAKE) --no-print-directory -j2 $(if $(filter output-sync,$(.FEATURES)),--output-sync) lint types proto-check
	@$(PYTHON) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: test-again
test-again: setup ## the tests that failed, one at a time: whether it was they or the company they kept
	@$(MAKE) --no-print-directory lint types proto-check
	@$(PYTHON) -m pytest --last-failed --last-failed-no-failures none --maxfail 1

.PHONY: explore
explore: setup ## the tests that draw their examples, with examples that nobody has seen
	@$(PYTHON) -m pytest -n $(WORKERS) -m hypothesis --hypothesis-profile exploring

# Two control planes, since most tests wait for what a cluster does in its own time; the file with the thousand connectors comes
# last and has the machine nearly for itself. A cluster that is given has one place for an operator, so nothing is at once there.
#
# Read when gRPC is loaded. Operators are started while the tests speak gRPC, whose handlers of forks then run in the child
# and may close what the start needs, so that it never gets to its program.
test-cluster: export GRPC_ENABLE_FORK_SUPPORT = false
.PHONY: test-cluster
test-cluster: setup ## the resource and the operator against a real Kubernetes API server (built once, needs Go 1.26 or PyPI)
	@$(PYTHON) -m control_plane build
	@$(PYTHON) -m pytest tests/cluster --durations=10 $(if $(KUBECONFIG),,-n 2 --dist loadfile)

.PHONY: demo
demo: setup ## play a day of trade until every transaction is settled (DOCUMENTS=<folder> feeds your own files)
	@$(CROSSDOCK) demo $(if $(DOCUMENTS),--documents "$(DOCUMENTS)")

.PHONY: up
up: setup ## start the stack and leave it running
	@$(CROSSDOCK) up

.PHONY: down
down: setup ## stop the stack; its data stays
	@$(CROSSDOCK) down

.PHONY: bench
bench: setup ## ratios against the naive way, each with its floor: make bench [ONLY=orders,stored] [MINUTES=1 LINES=1000]
	@$(PYTHON) -m benchmarks --only "$(ONLY)"

.PHONY: faults-smoke
faults-smoke: setup ## over a hundred faults under load in ten minutes, and the seeds that catch the mutants: SEEDS=1 TIMES=told
	@$(PYTHON) -m faults smoke $(if $(SEEDS),--seeds "$(SEEDS)") $(if $(TIMES),--times "$(TIMES)")

.PHONY: faults
faults: setup ## faults of some rows, a run for each seed: make faults ROWS=F01,F02 SEEDS=1,2 MINUTES=10
	@$(PYTHON) -m faults rows "$(ROWS)" --seeds "$(or $(SEEDS),1)" --minutes "$(or $(MINUTES),10)"

.PHONY: faults-doubled
faults-doubled: setup ## 50,000 deliveries, every message one to four times and in another order: SEED=1
	@$(PYTHON) -m faults doubled --seed "$(or $(SEED),1)"

.PHONY: faults-outage
faults-outage: setup ## the ERP is away for thirty minutes of load, told in ninety seconds: SEED=1
	@$(PYTHON) -m faults outage --seed "$(or $(SEED),1)"

.PHONY: faults-restore
faults-restore: setup ## a service's database comes back from a backup while streams and consumers are newer: SEED=1
	@$(PYTHON) -m faults restore --seed "$(or $(SEED),1)"

.PHONY: faults-failover
faults-failover: setup ## the database fails over to a replica that was behind; the loss is measured: SEED=1
	@$(PYTHON) -m faults failover --seed "$(or $(SEED),1)"

.PHONY: faults-sales
faults-sales: setup ## orders are sold, carried, invoiced and called off while things fail: SEEDS=1,2
	@$(PYTHON) -m faults sales --seeds "$(or $(SEEDS),1)"

.PHONY: faults-overload
faults-overload: setup ## five times the capacity; wants a machine of its own: SEED=1
	@$(PYTHON) -m faults overload --seed "$(or $(SEED),1)"

.PHONY: faults-whole
faults-whole: setup ## every row and scene, over a thousand faults, hours; again, it goes on where it was: BUILDS=any
	@$(PYTHON) -m faults whole --builds "$(or $(BUILDS),this)"

.PHONY: faults-report
faults-report: setup ## what all runs that are kept come to together
	@$(PYTHON) -m faults report

.PHONY: mutants
mutants: setup ## builds of the suite without one of its guards, each to be caught by a checker: BUILDS=any
	@$(PYTHON) -m faults mutants --builds "$(or $(BUILDS),this)"

.PHONY: fuzz
fuzz: setup ## break EDI files for SECONDS (60) and see what breaks: coverage-guided, then files of 1 MiB
	@$(PYTHON) -m edi_fuzz "$(or $(SECONDS),60)"

.PHONY: simulate
simulate: setup ## the data plane under virtual time: make simulate SEEDS=1000 FIRST=1, SEED=7 replays one, MUTANTS=1
	@$(PYTHON) -m simulation --workers $(WORKERS) \
		$(if $(MUTANTS),--mutants,$(if $(SEED),--seed $(SEED),--first $(or $(FIRST),1) --seeds $(or $(SEEDS),1000)))

.PHONY: docs
docs: setup ## write the event catalog, AsyncAPI, ownership, lifecycles, the resource's definition, and what charts say of these
	@$(PYTHON) tools/docs.py write
	@$(PYTHON) tools/crd.py write
	@$(PYTHON) tools/charts.py write

.PHONY: charts
charts: setup ## package the charts into build/charts
	@$(PYTHON) -m charted

.PHONY: charts-audit
charts-audit: setup ## checkov over every profile of the charts; what it may say stands in docs/charts-audit.md
	@$(PYTHON) -m charted.audit

.PHONY: quick-start
quick-start: charts ## begin on an empty cluster: make quick-start REGISTRY=registry.example.com/crossdock [NAMESPACE=crossdock]
	@sh tools/quick_start.sh "$(or $(NAMESPACE),crossdock)" "$(REGISTRY)"

.PHONY: features
features: setup ## each row of docs/features.tsv with the tests that show it
	@$(PYTHON) tools/features.py

.PHONY: new-service
new-service: setup ## make a service that starts and passes its law tests: make new-service NAME=returns
	@$(PYTHON) tools/new_service.py "$(NAME)"

.PHONY: release
release: proto-check ## accept today's contracts as the baseline of breaking-change checks
	@$(PYTHON) tools/proto.py release
	@$(PYTHON) tools/crd.py release

.PHONY: clean
clean: ## stop the stack and remove its data, caches and .venv
	@if [ -x $(CROSSDOCK) ]; then $(CROSSDOCK) down --purge; fi
	@rm -rf .venv .cache .crossdock .crossdock-demo .mypy_cache .ruff_cache .pytest_cache .hypothesis build
