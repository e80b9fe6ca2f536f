# Run from the repository's root: ansible.cfg is read only there.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
export PATH := $(BIN):$(PATH)
# The longest first, so that none of them is left to run alone at the end.
LONG := dr_agent mysql vpn_gateway haproxy redis
ROLES := $(LONG) $(filter-out $(LONG), $(sort $(notdir $(wildcard roles/*))))
# Those that need no host, only a cloud's API.
API_ROLES := $(filter $(ROLES), $(subst /, , $(shell grep -ls 'molecule/shared/[a-z]*_apis*/create' roles/*/molecule/default/molecule.yml)))
# Of those that make the clouds' resources, the ones that no playbook of tests/clouds runs; call by call, that takes its time.
STEERING := aws_dns aws_lambda aws_state runbook
ALONE := aws_compute aws_edge aws_iam aws_monitoring gcp_iam gcp_secrets

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

setup: ## Debian packages that the lab needs (root)
	@lab/setup.sh

venv: $(VENV)/.locked ## the virtual environment, at the locked versions

$(VENV)/.locked: requirements.txt
	python3 -m venv $(VENV)
	$(BIN)/pip install --quiet --requirement requirements.txt
	touch $@

lock: ## take new versions into the lock file
	rm -rf $(VENV) && python3 -m venv $(VENV)
	$(BIN)/pip install --quiet '.[dev]'
	(echo "# The versions that CI runs. Made by \`make lock\` from pyproject.toml's ranges; do not edit."; \
	  $(BIN)/pip freeze --exclude multicloud-dr) > requirements.txt

lab: setup venv ## both clouds on this machine, built and configured (BARE=1: nothing downloaded beforehand)
	@python -m lab up $(if $(BARE),--bare)
	@ansible-playbook playbooks/site.yml lab/cdn/playbook.yml

lab-status: ## the lab's hosts
	@python -m lab status

lab-down: setup venv ## remove every trace of the lab
	@python -m lab down

lint: venv ## ansible-lint (production), yamllint, ruff, mypy
	ruff format --check .
	ruff check .
	yamllint --strict .
	mypy lab plugins app roles/dr_agent/files tests
	ansible-lint -c .config/ansible-lint.yml -q

unit: venv ## unit tests
	pytest -q --numprocesses auto --dist loadfile

molecule: setup venv ## every role's scenarios (ROLE=name: one role; JOBS: roles at a time)
	@printf '%s\n' $(or $(ROLE),$(ROLES)) | xargs -P $(or $(JOBS),3) -I{} molecule/run.sh {}

e2e: setup venv ## the running lab, seen from its client
	pytest -q --durations=30 tests/e2e

clouds: setup venv ## what only calls the clouds' APIs: roles and playbooks (make molecule: all scenarios)
	$(MAKE) molecule ROLES="$(STEERING)" JOBS=1
	SCENARIO=default $(MAKE) molecule ROLES="$(ALONE)" JOBS=2
	pytest -q --durations=10 tests/clouds

# The lab mostly waits: for leases, health checkers and TTLs.
test: lint unit ## everything that CI runs
	$(MAKE) molecule ROLES="$(filter-out $(API_ROLES), $(ROLES))"
	$(MAKE) lab
	$(MAKE) --jobs=2 --output-sync=target e2e clouds-aside

clouds-aside:
	nice -n 19 $(MAKE) clouds

status: venv ## how things are, on one screen
	@out=$$(ansible-playbook playbooks/status.yml) || { echo "$$out"; exit 1; }; sed -n '/msg: |-/,/^$$/s/^        //p' <<< "$$out"

sim: venv ## the failover protocol through five million hostile steps (STEPS: another number)
	python -m tests.simulation --steps $(or $(STEPS),5000000)

lambda: venv ## the arbiter's function as a zip, the same bytes every time
	mkdir -p results && python -m plugins.module_utils._lambda.bundle results/arbiter.zip

bench-site: setup venv ## first and second run of site.yml: time per role, as a table and JSON
	python -m tests.bench.site

bench-failover: setup venv ## failovers of the running lab, as distributions, JSON and a plot (KIND, RUNS)
	PYTHONPATH=collections python -m tests.bench.failover $(if $(KIND),--kind $(KIND)) $(if $(RUNS),--runs $(RUNS))

bench-triggers: setup venv ## what the deadline in the database costs a write, on the running lab
	PYTHONPATH=collections python -m tests.bench.triggers

.PHONY: help setup lock lab lab-status lab-down lint unit molecule e2e clouds clouds-aside test status sim lambda bench-site bench-failover bench-triggers
