# Everything runs in the repository's own virtual environment, .venv, made on first use.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
JOBS ?= 2

.PHONY: demo test lint format docs slow clean
.DEFAULT_GOAL := help

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[offline,audit,html,annotators,prevalence,publish,ray,tune,tensorboard,mlflow,wandb,dev]'
	@touch $(READY)

demo: export HF_HUB_OFFLINE := 1
demo: $(READY) ## Build, train, evaluate and predict on the sample corpus, offline, on the CPU
	$(BIN)/classifier build configs/genre.toml --out runs/demo/dataset --overwrite
	$(BIN)/classifier train runs/demo/dataset --out runs/demo/run --overwrite --set train.device=cpu
	$(BIN)/classifier evaluate runs/demo/run
	$(BIN)/classifier predict runs/demo/run data/sample/new --out runs/demo/labels.csv --overwrite --device cpu
	@$(BIN)/python scripts/show_labels.py runs/demo/labels.csv

lint: $(READY) ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: export OMP_NUM_THREADS := 1
test: export OPENBLAS_NUM_THREADS := 1
test: export PYTHONDONTWRITEBYTECODE :=
test: lint ## Check style and types, run the tests in two processes (JOBS=n: in n)
	$(BIN)/pytest -n $(JOBS) --dist worksteal

slow: $(READY) ## Run the tests that take minutes
	$(BIN)/pytest -m slow

format: $(READY) ## Put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY) ## Write the generated pages of the documentation
	$(BIN)/python scripts/make_docs.py

clean: ## Remove the virtual environment and what the demo wrote
	rm -rf .venv runs/demo
