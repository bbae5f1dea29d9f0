# make lab    sets everything up and opens the course
# make test   sets everything up and runs every check
# make check  sets everything up and runs the quick ones, style and unit tests: what to run after each change
# make course writes exercises/ from solutions/ and executes the lessons again
# make site   writes the whole course into site/, pages for any host (PYODIDE=<archive> adds the course in the browser)
# make paper  trains what is missing of the tables of 1997: hours, in as many sittings as you like (ROWS="reber order-2")
# make lock   brings requirements.lock in line with pyproject.toml (maintainers; needs uv and the network)

PYTHON ?= python3
# A plain torch on Linux is a CUDA build of several gigabytes. To take the CPU build, name PyTorch's own
# CPU index, as its "Get started" page shows it:  make lab TORCH_INDEX=<address>
TORCH_INDEX ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
TORCH := $(shell grep -m1 '^torch==' requirements.lock)
# `made-anew` where the environment is of no use here: this folder was moved or copied, or its Python is gone.
OURS := import importlib.util as u, os; a, b = map(u.find_spec, ("pip", "lstm_helpers")); \
  exit(not a or os.path.exists("$(VENV)/.lab") and not os.path.samefile(b.origin, "lstm_helpers/__init__.py"))
LOST := $(shell test ! -d $(VENV) || $(BIN)/python -I -c '$(OURS)' >/dev/null 2>&1 || echo made-anew)

.PHONY: lab test check course bench site paper lock clean

lab: $(VENV)/.lab
	$(BIN)/lstm-course lab

test: $(VENV)/.test
	$(BIN)/python tests/run.py

check: $(VENV)/.test
	$(BIN)/python tests/run.py style unit

course: $(VENV)/.lab
	$(BIN)/lstm-course build

bench: $(VENV)/.test
	$(BIN)/python -m tests.benchmarks

site: $(VENV)/.site
	$(BIN)/lstm-course site --out site $(if $(PYODIDE),--pyodide '$(PYODIDE)')

paper: $(VENV)/.lab
	$(BIN)/python -m lstm_helpers.paper $(if $(ROWS),--rows $(ROWS))

$(VENV)/.torch: requirements.lock $(LOST)
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "The course needs Python 3.11 or newer; $(PYTHON) is %d.%d. Name another one: make lab PYTHON=python3.12" % sys.version_info[:2])'
	@$(if $(LOST),echo 'The environment in $(VENV) belongs to another folder or to a Python that is gone: it is made anew.'; rm -rf $(VENV))
	@echo 'Setting up the course in $(VENV). The first time this takes a few minutes.'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --no-deps '$(TORCH)' $(if $(TORCH_INDEX),--index-url '$(TORCH_INDEX)')
	@touch $@

made-anew:

$(VENV)/.lab: $(VENV)/.torch pyproject.toml requirements.lock
	$(PIP) install --constraint requirements.lock --editable .
	@touch $@

$(VENV)/.site: $(VENV)/.lab
	$(PIP) install --constraint requirements.lock --editable '.[site]'
	$(PIP) download --no-deps --require-hashes --requirement lstm_helpers/site/kernel.txt --dest .cache
	@touch $@

$(VENV)/.test: $(VENV)/.lab
	$(PIP) install --constraint requirements.lock --editable '.[dev]'
	-$(PIP) download --no-deps --require-hashes --requirement lstm_helpers/site/kernel.txt \
	  --requirement tests/site/mirror.txt --dest .cache
	@touch $@

lock:
# Versions stay as they are unless pyproject.toml asks for others; `make lock UPGRADE=--upgrade` takes the newest ones.
# Torch comes first and without what its CUDA build needs: that is the index's choice, not the course's.
	cp requirements.lock requirements.lock.new
	echo '$(TORCH)' | uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --constraint - \
	  --no-header --no-annotate --quiet --output-file requirements.lock.new $(UPGRADE)
	{ echo '$(TORCH)'; grep -v -E '^(torch==|nvidia-|cuda-|triton==)' requirements.lock.new; } > requirements.lock
	rm requirements.lock.new

clean:
	rm -rf $(VENV)
