# Every recipe works on a fresh Debian 12 with Python 3.11 and make; nothing outside this folder is changed,
# except by `apt-get install` for python3-venv and chromium where it may run.

PORT ?= 8501
PYTHON ?= python3
export PORT
# One more than there are processors: browsers and servers are waited for.
WORKERS := $(shell echo $$(($$(nproc) + 1)))

PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --no-input --quiet
APT := DEBIAN_FRONTEND=noninteractive apt-get
LOCK := $(PY) -m piptools compile --quiet --strip-extras --generate-hashes --allow-unsafe --no-header \
	--no-emit-index-url --no-emit-find-links

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check bench attack faults fuzz mutations payloads properties readme words pictures lock chromium \
	office superset caddy provider

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 16

run: .venv/.run ## the app on 127.0.0.1:$PORT (8501), with the sample park if nothing is loaded
	@told=$$($(PY) -m data load-sample) || { echo "$$told" >&2; exit 1; }; \
	if [ -n "$$told" ]; then echo "The invented sample park is loaded."; fi
	@command -v chromium >/dev/null || ( echo "Installing Chromium, which draws pictures of charts (once) ..."; \
		$(call need_package,chromium,Chromium) ) || echo "Until then charts can be had as CSV and XLSX."
	@$(PY) -m ui >/dev/null
	@exec $(PY) -m streamlit run app.py --server.port "$(PORT)"

test: .venv/.dev chromium caddy provider ## every test, a browser's included
	@$(PY) -m pytest -n $(WORKERS) --dist loadgroup

HOUSE := app.py access charts data metrics pages publish ui words
check: .venv/.dev ## format, lint, types and what bandit finds unsafe; no test
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@$(PY) -m bandit --quiet --configfile pyproject.toml --recursive $(HOUSE)

bench: .venv/.dev .bench-venv/.made superset chromium ## the side-by-side measurements; writes bench/results.json
	@$(PY) -m bench

faults: .venv/.dev ## 200 uploads killed at random moments, one at every point that writes, and full disks
	@ESSAIM_KILLS=200 $(PY) -m pytest -n logical tests/faults

attack: .venv/.dev ## 200 random parks and 20 releases in a row, protected and attacked; a tenth is in `make test`
	@ESSAIM_ATTACK=200 $(PY) -m pytest -n logical tests/attack

FUZZ ?= 100000
fuzz: .venv/.dev ## 100,000 damaged spreadsheets, others each time; 5,000 of them are in `make test`
	@ESSAIM_FUZZ_SEED=$${ESSAIM_FUZZ_SEED:-$$(date +%s)} ESSAIM_FUZZ=$(FUZZ) $(PY) -m pytest -n logical -rP --tb=short tests/fuzz

mutations: .venv/.dev ## each protection taken away once, to see that a test notices; a few of them are in `make test`
	@ESSAIM_MUTATIONS=1 $(PY) -m pytest -n logical tests/mutations

payloads: .venv/.dev chromium office ## cells made to act, on every page; some pages of them are in `make test`
	@ESSAIM_PAYLOADS=1 $(PY) -m pytest tests/payloads

properties: .venv/.dev ## the laws of the figures on three times as many random parks as in `make test`
	@ESSAIM_PROPERTIES=1 $(PY) -m pytest -n logical $$(grep -l "import often" tests/test_*.py)

readme: .venv/.dev ## the README's table of metrics, from the catalogue
	@$(PY) -m tests.test_readme

pictures: .venv/.dev chromium ## the README's screenshots
	@$(PY) -m tests.pictures

words: .venv/.dev ## the catalogues: new sentences in, unused ones out
	@$(PY) -m tests.catalogue

lock: .venv/.dev ## the newest versions that work together, with their hashes
	@$(LOCK) --upgrade --output-file requirements.txt pyproject.toml
	@$(LOCK) --upgrade --extra dev --output-file requirements-dev.txt pyproject.toml
	@$(LOCK) --upgrade --output-file bench/requirements.txt bench/requirements.in
	@$(LOCK) --upgrade --output-file bench/requirements-superset.txt bench/requirements-superset.in

# One line in, one line out: installs a Debian package where that is allowed, else says what to type.
define need_package
if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	$(APT) -qq update >/dev/null && $(APT) -qq install -y $(1) >/dev/null; \
elif command -v apt-get >/dev/null && sudo -n true 2>/dev/null; then \
	sudo -n env $(APT) -qq update >/dev/null && sudo -n env $(APT) -qq install -y $(1) >/dev/null; \
else \
	echo "$(2) is missing: install it with 'sudo apt-get install $(1)', then run make again." >&2; exit 1; \
fi
endef

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: set PYTHON=/path/to/python3.11." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { $(call need_package,python3-venv,Python's venv module); }
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.run: requirements.txt | .venv/.made
	@echo "Installing what the app needs (once) ..."
	@$(PIP) install --require-hashes --only-binary :all: -r requirements.txt
	@touch $@

.venv/.dev: requirements-dev.txt | .venv/.made
	@echo "Installing what the app and its tests need (once) ..."
	@$(PIP) install --require-hashes --only-binary :all: -r requirements-dev.txt
	@touch $@ .venv/.run

.bench-venv/.made: bench/requirements.txt | .venv/.made
	@echo "Installing what the measurements compare with (once) ..."
	@$(PYTHON) -m venv .bench-venv
	@.bench-venv/bin/python -m pip --disable-pip-version-check --no-input --quiet install --require-hashes -r bench/requirements.txt
	@touch $@

# Large and not ours: where it does not install, the measurements go on without it.
superset: .venv/.dev
	@if ! [ .bench-superset/.made -nt bench/requirements-superset.txt ]; then \
		echo "Installing Apache Superset for the measurements (once) ..."; \
		mkdir -p .bench-superset; \
		if { $(PYTHON) -m venv .bench-superset && .bench-superset/bin/python -m pip --disable-pip-version-check --no-input \
			--quiet install --require-hashes -r bench/requirements-superset.txt && $(PY) -m bench.superset; \
		} >.bench-superset/made.log 2>&1; then touch .bench-superset/.made; \
		else echo "Superset could not be installed: left out. The reason is in .bench-superset/made.log."; fi; \
	fi

chromium:
	@command -v chromium >/dev/null || { echo "Installing Chromium for the browser test ..."; $(call need_package,chromium,Chromium); }

office:
	@command -v soffice >/dev/null || { echo "Installing LibreOffice, which opens files as a person does ..."; $(call need_package,libreoffice-calc,LibreOffice); }

# What stands before the app on a server, for the tests: into this folder, so that no service of the machine begins.
caddy:
	@command -v caddy >/dev/null || [ -x .caddy/usr/bin/caddy ] || { \
		echo "Fetching Caddy for the tests ..."; mkdir -p .caddy; \
		{ if [ "$$(id -u)" = 0 ]; then $(APT) -qq update; fi; \
		cd .caddy && apt-get -qq download caddy && dpkg -x caddy_*.deb .; } >/dev/null 2>&1; \
	} || echo "Caddy is missing: tests of the app behind it are skipped. Install it with 'sudo apt-get install caddy'."

# The OpenID provider that the tests sign in with, which needs Node 20 or newer; npm trusts whom the system trusts.
provider:
	@[ tests/oidc/node_modules/.package-lock.json -nt tests/oidc/package-lock.json ] || { \
		echo "Installing the OpenID provider of the tests (once) ..."; \
		node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null \
			&& NODE_EXTRA_CA_CERTS="$${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}" npm --prefix tests/oidc ci --ignore-scripts --no-audit --no-fund --silent \
			&& touch tests/oidc/node_modules/.package-lock.json; \
	} || echo "Node 20 (or newer) with npm is missing: tests of signing in through an organisation are skipped."
