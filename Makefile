# Every target makes the environment it needs; a second run is quick.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# pyright comes whole in its wheel, and node in another: nothing is fetched at run time.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
export PIP_NO_INPUT := 1
# Where the environment forbids it, each of many processes would compile the same modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test thorough check generate bench api build lowest docs format lock clean

help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# An environment that is broken, unfinished or too old is made anew. Two stages, so that the demo
# waits only for what it needs.
$(VENV)/.runtime: pyproject.toml constraints.txt
	@$(BIN)/python -c "import pip, sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null || { \
		$(PYTHON) scripts/check_python.py && \
		echo "setting up $(VENV) ..." && \
		$(PYTHON) -m venv --clear $(VENV); }
	@$(PIP) install --constraint constraints.txt --editable ".[cli]"
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	@echo "installing the development tools ..."
	@$(PIP) install --constraint constraints.txt --editable ".[dev]"
	@touch $@

$(VENV)/.docs: $(VENV)/.dev
	@echo "installing what the documentation needs ..."
	@$(PIP) install --constraint constraints.txt --editable ".[dev,docs]"
	@touch $@

$(VENV)/.bench: $(VENV)/.runtime
	@echo "installing the clients that the benchmark compares with ..."
	@$(PIP) install --constraint constraints.txt --editable ".[bench]" && touch $@ || \
		echo "they can't be installed: the benchmark leaves them out"

demo: $(VENV)/.runtime ## Runs the main job against the embedded fake API
	@$(BIN)/python scripts/demo.py $(ARGS)

test: $(VENV)/.dev ## Runs the tests, with branch coverage
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -n 4 --dist loadgroup --quiet $(ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

thorough: $(VENV)/.dev ## Runs the tests with ten times as many generated examples
	@$(BIN)/python -m pytest -n 4 --dist loadgroup --quiet --hypothesis-profile=thorough $(ARGS)

check: $(VENV)/.dev ## Format, lint, types, drift of generated files, import directions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python scripts/generate --check
	$(BIN)/lint-imports
	$(BIN)/mypy src tests scripts
	$(BIN)/pyright
	$(BIN)/python scripts/check_types.py
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pyright --ignoreexternal --verifytypes do_images

generate: $(VENV)/.dev ## Writes models, sync client and sync tests from their sources
	$(BIN)/python scripts/generate

bench: $(VENV)/.bench ## Measures requests, CPU, time and memory beside other clients (ARGS=--quick)
	$(BIN)/python scripts/benchmark $(ARGS)

api: $(VENV)/.dev ## Compares the public API with the last release's
	$(BIN)/python scripts/check_api.py $(ARGS)

build: $(VENV)/.dev ## Builds sdist and wheel into dist/, and tries them in empty environments
	@rm -rf dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python scripts/check_dist dist

docs: $(VENV)/.docs ## Builds the documentation into site/, warnings being errors
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet -E -d .doctrees docs site

lowest: ## Runs the tests with the lowest versions that pyproject.toml allows
	@$(PYTHON) scripts/check_python.py
	$(PYTHON) scripts/lowest.py

format: $(VENV)/.dev ## Formats the code and sorts imports
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## Pins the newest versions in constraints.txt
	@$(PYTHON) scripts/check_python.py
	$(PYTHON) scripts/lock.py

clean: ## Removes what can be made again
	rm -rf $(VENV) dist build site .doctrees .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
