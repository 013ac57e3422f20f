# AgentForge on a machine that has Python 3.11, make and git. `make help` lists what it can do.

PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { command -v "$$python"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
DEVELOPMENT := $(VENV)/.development-installed
# Two processes, each with whole files and a stack of its own: the tests wait more than they compute.
# In the order in which they are collected, the files that take long do not come last.
TESTS := $(BIN)/python -m pytest --numprocesses=2 --dist=loadfile --no-loadscope-reorder

.PHONY: help demo up test check lint chaos
.DEFAULT_GOAL := help

help:
	@echo "make demo    build an agent from the guide and ask it something, then clean up"
	@echo "make up      run AgentForge at http://127.0.0.1:8000/ until Ctrl-C (PORT=9000: at that port)"
	@echo "make test    run the tests"
	@echo "make check   check format, lint, types and migrations, then run the tests"
	@echo "make lint    check format, lint, types and migrations only"
	@echo "make chaos   kill processes at random under load for ten minutes, and see that nothing"
	@echo "             is lost (SEED=7 KILLS=300 SECONDS=600 WIDTH=8: other dice, more, longer, wider)"

demo: $(RUNTIME)
	@$(BIN)/python manage.py demo

up: $(RUNTIME)
	@exec $(BIN)/python manage.py up $(if $(PORT),--port $(PORT))

test: $(DEVELOPMENT)
	$(TESTS)

check: lint
	$(TESTS)

lint: $(DEVELOPMENT)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/python manage.py makemigrations --check --dry-run

chaos: $(DEVELOPMENT)
	$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) $(if $(KILLS),--kills $(KILLS)) \
		$(if $(SECONDS),--seconds $(SECONDS)) $(if $(WIDTH),--width $(WIDTH))

$(BIN)/python:
ifeq ($(strip $(PYTHON)),)
	@echo "AgentForge needs Python 3.11 or newer, and none was found." >&2
	@echo "Install one, or name it: make PYTHON=/path/to/python3.11" >&2
	@exit 1
else
	$(PYTHON) -m venv $(VENV)
endif

$(RUNTIME): requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(DEVELOPMENT): requirements-dev.txt requirements-render.txt requirements-kafka.txt $(RUNTIME)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
