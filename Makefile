# Everything sets itself up in .venv: a fresh machine needs python3 (3.11 to 3.13, with venv) and make.
# Another Python: make test PYTHON=python3.12. More processes for the tests: make test WORKERS=8.

PYTHON ?= python3
WORKERS ?= 2
BENCH ?=

BIN := .venv/bin
# The name carries the folder's place, so a copied or moved checkout is installed again.
READY := .venv/ready-$(shell pwd | cksum | cut -d' ' -f1)

.PHONY: help calibrate origins hindcast compare test test-all test-lowest test-mesa check bench targets golden docs site clean

help:
	@echo 'make compare   four policies against the status quo: results/four-policies/brief.html'
	@echo 'make test      all tests but the slowest'
	@echo 'make test-all  all tests'
	@echo 'make test-lowest  part of the tests with the oldest versions that pyproject.toml allows, in .venv-lowest'
	@echo 'make test-mesa  golden numbers and the tests of Mesa with three versions of Mesa, in .venv-mesa-*'
	@echo 'make check     style and types'
	@echo 'make bench     speed and memory, about 10 minutes; make bench BENCH=--help for more'
	@echo 'make calibrate fit the parameters anew (20 minutes) and put the result in place of the shipped one'
	@echo 'make origins   fit to what was known by three earlier months (15 minutes) and put the draws in place of the shipped ones'
	@echo 'make hindcast  run the ensemble from 2023 to 2026 and write its page in docs/ again (2 minutes)'
	@echo 'make targets   the calibration targets and what the model gives'
	@echo 'make golden    write the golden numbers again (after a change that is meant to change results)'
	@echo 'make docs      write the generated pages in docs/ again'
	@echo 'make site      the pages in docs/ as a site: site/index.html'
	@echo 'make clean     remove caches, build leftovers, .venv-lowest and .venv-mesa-*, not results/ and .venv'

compare: $(READY)
	@$(BIN)/openstakes experiment four-policies --out results/four-policies
	@$(BIN)/openstakes why results/four-policies parts

# Each process begins with a part of its own in one piece, so that what a module shares is mostly made once.
PARALLEL = -n $(WORKERS) --dist worksteal

test: $(READY)
	@$(BIN)/python -m pytest $(PARALLEL) -m 'not slow'

test-all: $(READY)
	@$(BIN)/python -m pytest $(PARALLEL)

# Old versions call what newer neighbours of theirs deprecate, and old typer stumbles over a NUL, which no shell can pass on:
# nobody sees either.
# What a dependency does not offer in its oldest version shows in the command line, pages, figures, tables and sweeps.
LOWEST := tests/scenario/test_library.py tests/scenario/test_schema.py tests/cli/test_cli.py \
	tests/cli/test_starting.py tests/cli/test_listing.py tests/cli/test_bad_input.py \
	tests/cli/test_folders.py \
	tests/report/test_page.py tests/report/test_page_language.py \
	tests/report/test_described_scenarios.py tests/report/test_figures.py \
	tests/report/test_chance_in_figures.py tests/report/test_maps.py tests/report/test_style.py \
	tests/analysis/test_study.py tests/analysis/test_frames.py \
	tests/analysis/test_study_rubric.py tests/analysis/test_countries.py \
	tests/analysis/test_exports.py tests/analysis/test_public_calls.py \
	tests/sweep/test_sampling.py

test-lowest: pyproject.toml
	@$(PYTHON) -m venv --clear .venv-lowest
	@.venv-lowest/bin/python -m pip install -qq --disable-pip-version-check uv
	@.venv-lowest/bin/uv pip install -q --python .venv-lowest/bin/python --resolution lowest-direct -e '.[dev]'
	@.venv-lowest/bin/python -m pytest -p no:cacheprovider \
	  -W ignore::DeprecationWarning -k 'not NUL' $(LOWEST)

test-mesa:
	@$(PYTHON) tests/guarantees/mesa_versions.py

check: $(READY)
	@$(BIN)/python -m ruff check --output-format concise
	@$(BIN)/python -m ruff format --check --output-format concise
	@$(BIN)/python -m mypy

bench: $(READY)
	@$(BIN)/python -m benchmarks $(BENCH)

# What is shipped: the draws, the central one as default of single runs, and the record behind the page.
FIT := results/calibration

calibrate: $(READY)
	@$(BIN)/openstakes calibrate --out $(FIT)
	@cp $(FIT)/ensemble.csv scenarios/assumptions/calibrated.csv
	@cp $(FIT)/central.csv sim/data/central.csv
	@cp $(FIT)/calibration.json sim/calibration/calibrated.json
	@$(BIN)/python benchmarks/baseline.py --workers $(WORKERS)
	@$(BIN)/python -m docs.build

ORIGINS := 2023-12 2024-06 2024-12

origins: $(READY)
	@mkdir -p sim/calibration/origins
	@set -e; for month in $(ORIGINS); do \
	  $(BIN)/openstakes calibrate --until $$month --out results/origins/$$month; \
	  cp results/origins/$$month/ensemble.csv sim/calibration/origins/$$month.csv; \
	  cp results/origins/$$month/calibration.json sim/calibration/origins/$$month.json; done

hindcast: $(READY)
	@$(BIN)/openstakes hindcast --out results/hindcast
	@cp results/hindcast/hindcast.md results/hindcast/hindcast.svg docs/explanation/

targets: $(READY)
	@$(BIN)/python benchmarks/targets.py

golden: $(READY)
	@$(BIN)/python tests/guarantees/refresh_golden.py

docs: $(READY)
	@$(BIN)/python -m docs.build

site: $(READY)
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet

clean:
	@rm -rf build dist site .venv-lowest .venv-mesa-* .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -path ./.venv -prune -o -path ./results -prune -o -type d -name __pycache__ -exec rm -rf {} +

# An existing .venv is brought up to date; one that does not run here (Python gone, too old, no pip) is made again.
$(READY): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
	  echo 'Missing: $(PYTHON). Install Python 3.11 or newer (Debian, Ubuntu: apt install python3 python3-venv).' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || { \
	  echo "Needs Python 3.11, 3.12 or 3.13; $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.11" >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "Missing: Python's venv module. Debian, Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo 'Setting up .venv (the first time takes a few minutes)' >&2
	@if $(BIN)/python -c 'import pip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; \
	  then :; else $(PYTHON) -m venv --clear .venv; fi
	@rm -f .venv/ready-*
	@{ $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt hatchling && \
	  $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt --no-build-isolation -e '.[dev]'; } || { \
	  echo 'Setting up .venv failed: see the message above (a package index must be reachable), then run make again.' >&2; exit 1; }
	@$(BIN)/openstakes warm >&2
	@touch $@
