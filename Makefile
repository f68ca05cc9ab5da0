# What one does with this repository. `make` alone lists it.
# Works with GNU Make 3.81, which is what macOS brings.

# The Python to make .venv with, by name or path; without one, the newest that there is.
PYTHON ?=
export PYTHON
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# The tap's extension module is compiled while the tap is installed.
COMPILED := $(VENV)/.compiled
COMPILED_FROM := hatch_build.py $(wildcard tap_intercom_export/rows/compiled/*.p[xy][xd])
# Without the option uv takes an installation of this folder from its cache, and compiles nothing.
COMPILE := --reinstall-package tap-intercom-export -e .
# The environments of examples/: Dagster has one of its own, and what a sync needs another.
DAGSTER := examples/dagster/.venv/.installed
SYNC := examples/dagster/.venv-meltano/.installed
AIRFLOW := examples/airflow/.venv/.installed
FLEET := $(DAGSTER) $(SYNC)
# PySpark is a step of its own: most of a gigabyte, and a minute.
LAKE := examples/lake/.venv/.installed
SPARK := examples/lake/.venv/.spark-installed
# What the tests need.
ENVIRONMENTS = $(COMPILED) $(FLEET) $(AIRFLOW) $(LAKE) $(WAREHOUSES_STAMP)
# An environment without pip, which takes three seconds less than one with it; the pip of $(VENV) installs there.
VENV_WITHOUT_PIP = $(BIN)/python -m venv --clear --without-pip
PIP_INTO = $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check --python
# $(1) an environment, $(2) its constraints, $(3) what to install; in the folder of an example
INSTALL = ../../$(BIN)/uv pip install --quiet --python $(1)/bin/python -c $(2) $(3) || \
  ../../$(PIP_INTO) $(1)/bin/python install -c $(2) $(3)
# $(1) an example with an environment of its own, $(2) its code
TYPES = $(BIN)/mypy --no-error-summary --cache-dir .mypy_cache/$(1) \
  --python-executable examples/$(1)/.venv/bin/python examples/$(1)/$(2) && \
  $(BIN)/ty check --quiet --python examples/$(1)/.venv -c 'src.include=["examples"]' examples/$(1)/$(2)
# dbt's environment, for databases that tests can reach; and what compiles for the others.
DBT_VENV := .venv-dbt
DBT_STAMP := $(DBT_VENV)/.installed
WAREHOUSES_STAMP := $(DBT_VENV)/.warehouses-installed
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check install

# Set on some machines. Without bytecode every start of Python takes twice as long.
unexport PYTHONDONTWRITEBYTECODE
# An environment that happens to be active must not be taken for ours.
unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH
# Meltano asks its servers at each command otherwise, which takes seconds where they do not answer.
export MELTANO_SEND_ANONYMOUS_USAGE_STATS := false
export MELTANO_CLI_DISABLE_VERSION_CHECK := true

.DEFAULT_GOAL := help
.PHONY: environments types-tap types-dagster types-airflow
.PHONY: help demo faults fuzz fleet lake spark bench scaling test pytest lint types format docs site constraints build clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' Makefile
	@echo "PYTHON=/path/to/python chooses the Python of $(VENV); one that is there stays until 'make clean'."

demo: $(COMPILED) $(DBT_STAMP) ## A simulated Intercom into a real PostgreSQL, with a report; ALL=1 for every stream, KEEP=1 to keep it
	@$(BIN)/python -m demo

faults: $(COMPILED) ## Everything that can go wrong, and what the tap does about it
	@$(BIN)/python -m tests.faults

fuzz: $(COMPILED) ## The compiled encoder against the way row by row, on random files; ARGS="--seconds 600" for longer
	@$(BIN)/python -m tests.fuzz_encoder $(ARGS)

fleet: $(COMPILED) $(FLEET) ## 24 simulated workspaces on Dagster, with what goes wrong; WORKSPACES=5 for fewer
	@$(BIN)/python -m fleet

lake: $(COMPILED) $(DBT_STAMP) $(LAKE) $(if $(shell command -v java),$(SPARK)) ## Exports in an S3, Delta tables, the same marts by DuckDB, Spark and PostgreSQL
	@$(BIN)/python -m lake

spark: $(SPARK) ## PySpark, for the tests that are skipped without it; they need Java 17, too

bench: $(COMPILED) ## How fast and how large, beside other ways; ARGS="--help" to choose (25 min)
	@$(BIN)/python -m benchmarks $(ARGS)

scaling: $(COMPILED) ## A year of nightly runs at 0.1 to 100 million messages a day, simulated, into docs/scaling.md
	@$(BIN)/python -m benchmarks.scaling --write $(ARGS)

test: ## Everything that must pass: lint, types, tests
	@$(MAKE) --no-print-directory -j 2 lint types environments
	@$(MAKE) --no-print-directory pytest

pytest: $(ENVIRONMENTS) ## The tests alone; ARGS="-k windows" to choose
	@$(BIN)/python -m pytest -q -n auto $(ARGS)

lint: $(STAMP) ## Style and formatting (ruff), and the layers of the packages (import-linter)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || \
	  { echo "Not formatted as ruff does: run 'make format'" >&2; exit 1; }
	@$(BIN)/lint-imports --no-cache --no-logo > $(VENV)/lint-imports.log || { cat $(VENV)/lint-imports.log >&2; exit 1; }

types: types-tap types-dagster types-airflow ## Types (mypy strict, and ty)

types-tap: $(STAMP)
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/ty check --quiet --python $(VENV)

types-dagster: $(DAGSTER)
	@$(call TYPES,dagster,intercom_fleet)

types-airflow: $(AIRFLOW)
	@$(call TYPES,airflow,dags)

environments: $(ENVIRONMENTS)
	@:

format: $(STAMP) ## Format the code, mend what ruff can mend
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

docs: $(COMPILED) ## Write the tables of docs/, plugin.yml, meltano.yml and dbt/ from the tap
	@$(BIN)/python docs/tables.py
	@$(BIN)/python docs/dbt_staging.py

site: $(STAMP) ## The documentation as a website, in site/
	@$(BIN)/zensical build --strict --config-file mkdocs.yml

.PHONY: constraints-examples
constraints-examples: $(STAMP) # newest versions for examples/; takes a file of requirements each
	@for one in dagster/dagster.in:constraints.txt airflow/airflow.in:constraints.txt \
	    dagster/meltano.in:constraints-meltano.txt lake/pyproject.toml:constraints.txt; do \
	  in=examples/$${one%%:*}; out=$$(dirname $$in)/$${one##*:}; more=; \
	  case $$in in *dagster.in) more=examples/dagster/deploy/cluster.in;; *meltano.in) more=pyproject.toml;; \
	    */lake/*) more="--extra spark";; esac; \
	  { echo "# Versions that are tested together. Written by 'make constraints-examples'."; \
	    $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.10 --no-header \
	      --no-annotate --no-emit-index-url --no-emit-find-links $$in $$more; \
	  } > $$out.new && mv $$out.new $$out || { rm -f $$out.new; exit 1; }; \
	done

constraints: $(STAMP) ## Newest versions of everything into constraints.txt
	@{ echo "# Versions that are tested together, for Python 3.10 to 3.13. Written by 'make constraints'."; \
	  $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.10 --no-header \
	    --no-annotate --no-emit-index-url --no-emit-find-links --group dev pyproject.toml; \
	} > constraints.new || { rm -f constraints.new; exit 1; }
	@mv constraints.new constraints.txt
	@{ echo "# Likewise, for the environment of dbt."; \
	  $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.10 --no-header \
	    --no-annotate --no-emit-index-url --no-emit-find-links --group dbt --group dbt-warehouses \
	    pyproject.toml; \
	} > constraints.new || { rm -f constraints.new; exit 1; }
	@mv constraints.new dbt/constraints.txt

build: $(STAMP) ## The wheel and the source archive, in dist/
	@rm -rf dist
	@$(BIN)/uv build --quiet
	@ls dist

clean: ## Remove the environment, caches and builds
	@rm -rf $(VENV) $(DBT_VENV) examples/*/.venv examples/*/.venv-* dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .meltano
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip as the second way: it knows indexes that are set in pip's own configuration, uv does not.
$(STAMP): pyproject.toml intercom_simulator/pyproject.toml constraints.txt
	@python=; \
	if [ -n "$$PYTHON" ]; then set -- "$$PYTHON"; \
	else set -- python3.13 python3.12 python3.11 python3.10 python3; fi; \
	for name; do \
	  if "$$name" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; \
	  then python=$$name; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Needs Python 3.10 or later with venv (Debian, Ubuntu: python3-venv)." >&2; \
	  echo "None of these is that: $$*. 'make PYTHON=/path/to/python' names another." >&2; \
	  exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv --clear $(VENV)
	@$(PIP) -c constraints.txt pip uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt $(COMPILE) -e ./intercom_simulator --group dev || \
	  $(PIP) -c constraints.txt -e . -e ./intercom_simulator --group dev
	@touch $@ $(COMPILED)

# After a change of its source. make looks for the file before $(STAMP) makes it, so it has to be looked at again.
$(COMPILED): $(COMPILED_FROM) $(STAMP)
	@{ [ -f $@ ] && [ -z "$$(find $^ -newer $@)" ]; } || \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps $(COMPILE) || $(PIP) --no-deps -e .
	@touch $@

# pip as the second way here too; see above.
$(DAGSTER): examples/dagster/dagster.in examples/dagster/deploy/cluster.in examples/dagster/constraints.txt $(STAMP)
	@$(VENV_WITHOUT_PIP) $(@D)
	@cd examples/dagster && $(call INSTALL,.venv,constraints.txt,-r dagster.in -r deploy/cluster.in -e .)
	@touch $@

$(AIRFLOW): examples/airflow/airflow.in examples/airflow/constraints.txt $(STAMP)
	@$(VENV_WITHOUT_PIP) $(@D)
	@cd examples/airflow && $(call INSTALL,.venv,constraints.txt,-r airflow.in)
	@touch $@

$(SYNC): examples/dagster/meltano.in examples/dagster/constraints-meltano.txt $(STAMP)
	@$(VENV_WITHOUT_PIP) $(@D)
	@cd examples/dagster && $(call INSTALL,.venv-meltano,constraints-meltano.txt,-r meltano.in -e ../..)
	@touch $@

$(LAKE): examples/lake/pyproject.toml examples/lake/constraints.txt $(STAMP)
	@$(VENV_WITHOUT_PIP) $(@D)
	@cd examples/lake && $(call INSTALL,.venv,constraints.txt,-e .)
	@touch $@

$(SPARK): $(LAKE)
	@echo "Installing PySpark in $(@D)"
	@cd examples/lake && $(call INSTALL,.venv,constraints.txt,-e '.[spark]')
	@touch $@

# The dependencies are groups of pyproject.toml, which pip reads from 25.1 on.
$(DBT_STAMP): dbt/constraints.txt | $(STAMP)
	@echo "Making $(DBT_VENV)"
	@$(VENV_WITHOUT_PIP) $(DBT_VENV)
	@$(call install_dbt,--group dbt)
	@touch $@

$(WAREHOUSES_STAMP): $(DBT_STAMP)
	@$(call install_dbt,--group dbt --group dbt-warehouses)
	@touch $@

install_dbt = $(BIN)/uv pip install --quiet --python $(DBT_VENV)/bin/python -c dbt/constraints.txt $(1) || \
  $(PIP_INTO) $(DBT_VENV)/bin/python install -c dbt/constraints.txt $(1)
