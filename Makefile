# What a stranger needs: `make demo`, `make test`. All of it lives in .venv.
# Whoever works on the code: `make quick`, the tests that need no sandbox, no browser and no torch.
PYTHON ?= python3
BIN := .venv/bin
PYTEST_ARGS ?=
WORKERS ?= -n auto --maxprocesses 8 --dist loadscope --no-loadscope-reorder
DEMO_ARGS ?=
INSTALLER := pyproject.toml scripts/install.py scripts/environment.py scripts/packages.py

# The stamps in .venv outlive what they stand for: an upgrade of Python or a move of the checkout breaks it.
ifeq ($(shell $(BIN)/godel --version 2>/dev/null),)
INSTALLER += FORCE
endif

.PHONY: demo test quick check clean FORCE

demo: .venv/installed
	@$(BIN)/python scripts/tier.py
	@$(BIN)/godel demo $(DEMO_ARGS)

test: .venv/installed-dev
	@$(BIN)/python -m pytest $(WORKERS) $(PYTEST_ARGS)

quick: .venv/installed-dev
	@$(BIN)/python -m pytest $(WORKERS) --quick --durations=5 $(PYTEST_ARGS)

check: .venv/installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/mypy scripts benchmarks tests
	@for scaffold in scaffolds/*/; do MYPYPATH=$$scaffold $(BIN)/mypy $$scaffold || exit 1; done
	@$(BIN)/python -m pytest tests/test_imports.py

clean:
	rm -rf .venv build dist wheelhouse .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/installed: $(INSTALLER)
	@$(PYTHON) scripts/install.py
	@touch $@

.venv/installed-dev: $(INSTALLER)
	@$(PYTHON) scripts/install.py --dev
	@touch .venv/installed $@
