# make demo · make test · make check · make test-deploy · make audit · make fuzz · make bench · make lock
SHELL := /bin/bash
PYTHON ?= python3
# A second interpreter for the tests, where there is one: python3.13 on the path, or pyenv's.
PY313 := $(shell python3.13 -c 'import sys; print(sys.executable)' 2>/dev/null || \
           ls -d $${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.13*/bin/python3 2>/dev/null | tail -1)
BIN := .venv/bin
# Small matrices: threads of OpenBLAS would only wait for each other, and double the time of the tests.
export OPENBLAS_NUM_THREADS ?= 1
EARS := .venv-ears/bin
PIP := -m pip --disable-pip-version-check -qq

.PHONY: demo test test-here test-3.13 test-once test-ears no-ears test-deploy check audit fuzz bench bench-most format lock clean

demo: .venv
	$(BIN)/interlude call order_status --out out \
	  --say "Where is order four two seven one?" --say "Thank you, goodbye."

VENVS := .venv $(if $(CI),.venv-ears) $(if $(PY313),.venv-3.13)

test:
	@$(MAKE) --no-print-directory --output-sync --jobs 3 $(VENVS)
	@echo "Testing on $$($(BIN)/python --version)$(if $(PY313), and $$(.venv-3.13/bin/python --version)); about a quarter of an hour."
	@$(BIN)/coverage erase
	@$(MAKE) --no-print-directory --output-sync --jobs 3 test-here $(if $(PY313),test-once test-3.13) \
	  $$([ -d .venv-ears ] && echo test-ears || echo no-ears)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under=95

# Where there are two Pythons, one has the million bodies and the thousand edits. What is marked `once` runs beside both: it
# waits for real time, and is not slowed down by coverage.
test-here:
	$(BIN)/coverage run -m pytest $(if $(PY313),-m "not once") --ignore tests/ears --ignore tests/validators

test-3.13:
	.venv-3.13/bin/python -m pytest -m "not once" --ignore tests/ears --ignore tests/validators \
	  --ignore tests/fuzz/test_doors.py --ignore tests/calls/test_thousand_edits.py

test-once:
	.venv-3.13/bin/python -m pytest -m once --ignore tests/ears --ignore tests/validators

# How much the lab's ears understand, printed; part of make test.
test-ears: .venv-ears
	$(EARS)/coverage run -m pytest tests/ears

no-ears:
	@echo "tests/ears: skipped, as .venv-ears is not there (make .venv-ears, 260 MB)"

# What deploy/ is judged by, and deploys under 50 calls; what is not here is skipped, with the reason. BICEP_TYPES names a clone of
# github.com/Azure/bicep-types-az, ENGINE a container engine (docker, podman) with the images of deploy/try-container.sh.
test-deploy: .venv .venv-deploy
	-deploy/fetch-tools.sh .venv-deploy/bin
	$(BIN)/python -m pytest -v tests/validators tests/deploy
	INTERLUDE_TEST_CALLS=50 $(BIN)/python -m pytest -v tests/replicas/test_deploys.py

check: .venv
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml bridge callflows

# Asks PyPI for known vulnerabilities of what is locked. Not part of check, which needs no network.
audit: .venv
	for lock in deploy/requirements.lock requirements.lock; do \
	  $(BIN)/pip-audit --strict --disable-pip --require-hashes -r $$lock || exit 1; done

# Ten times what make test gives the doors that JSON comes in by: some seven minutes of one core.
fuzz: .venv
	$(BIN)/python -m tests.fuzz.doors --runs 3500000

# About twelve minutes; figures of different runs, or of different machines, cannot be compared.
bench: .venv
	$(BIN)/python -m bench resample
	$(BIN)/python -m bench calls --calls 1,50
	$(BIN)/python -m bench barge

# About twenty minutes: the most calls that a core carries.
bench-most: .venv
	$(BIN)/python -m bench most

format: .venv
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Everything a newcomer or a test needs, by hash; the container installs deploy/requirements.lock.
.venv: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Interlude needs Python 3.11 or newer; name one: make PYTHON=python3.12"; exit 1; }
	$(call venv,$(PYTHON),$@,$<)

.venv-3.13: requirements.lock
	$(call venv,$(PY313),$@,$<)

# A recogniser and a voice more than .venv has: 260 MB more.
.venv-ears: requirements-ears.lock
	$(call venv,$(PYTHON),$@,$<)

.venv-deploy: deploy/validators.lock
	@echo "Setting up $@ ($$($(PYTHON) --version)), 600 MB"
	@$(PYTHON) -m venv --clear $@
	@$@/bin/python $(PIP) install --require-hashes --only-binary :all: -r $<
	@touch $@

define venv
	@echo "Setting up $(2) ($$($(1) --version))"
	@$(1) -m venv --clear $(2) || { echo "Python's venv module is incomplete; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(2)/bin/python $(PIP) install --require-hashes --only-binary :all: -r $(3)
	@$(2)/bin/python $(PIP) install --no-deps --no-build-isolation -e .
	@touch $(2)
endef

# The locks name no host. uv is needed only here: pip install uv.
lock:
	uv pip compile pyproject.toml --extra azure-monitor --universal --generate-hashes --no-annotate --no-header --upgrade --quiet \
	  -o deploy/requirements.lock
	uv pip compile pyproject.toml --extra azure-monitor --extra lab --extra dev --universal --generate-hashes --no-annotate \
	  --no-header --upgrade --quiet -c deploy/requirements.lock -o requirements.lock
	uv pip compile pyproject.toml --extra azure-monitor --extra lab --extra dev --extra ears --extra voices --universal --generate-hashes \
	  --no-annotate --no-header --upgrade --quiet -c requirements.lock -o requirements-ears.lock
	uv pip compile pyproject.toml --extra lab --universal --generate-hashes --no-annotate --no-header --upgrade --quiet \
	  -c requirements.lock -o deploy/lab.lock
	for name in validators sbom; do \
	  uv pip compile deploy/$$name.in --python-version 3.11 --universal --generate-hashes --no-annotate --no-header --upgrade --quiet \
	    -o deploy/$$name.lock || exit 1; done

clean:
	rm -rf .venv .venv-3.13 .venv-ears .venv-deploy out .coverage* .mypy_cache .ruff_cache .pytest_cache
