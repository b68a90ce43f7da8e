# seggql: everything a developer does. `make` alone lists it.
# Needs git, make and Python 3.11 or newer; POSIX make and sh are enough.
.POSIX:

VENV = .venv
STAMP = $(VENV)/.installed
KILLS = 100

.DEFAULT_GOAL = help
.PHONY: help run test chaos bench bench-full check format install system-parts pins clean

help:
	@echo "make run      start seggql with the demo's data (Ctrl-C stops it)"
	@echo "make test     check and test everything"
	@echo "make chaos    kill workers a hundred times, and MongoDB's primary (KILLS=300 for more, SEGGQL_TEST_SEED=… again)"
	@echo "make bench    measure against MongoDB alone and DuckDB, in minutes; make bench-full: a million profiles, an hour"
	@echo "make check    only lint, types and layers"
	@echo "make format   rewrite the code in the project's format"
	@echo "make install  only set up $(VENV)"
	@echo "make clean    remove $(VENV) and caches; .seggql (the data of make run) stays"

run: install
	@exec $(VENV)/bin/seggql dev --demo

test: install system-parts
	@sh scripts/test.sh

# The tests of reliability, longer; each prints what it survived and the seed that repeats it.
chaos: install system-parts
	@SEGGQL_TEST_KILLS=$(KILLS) SEGGQL_TEST_FAILOVERS=5 $(VENV)/bin/pytest -v tests/reliability

# The benchmark; its table, numbers and chart are left in build/bench, build/bench-full.
bench: install
	@$(VENV)/bin/python -m benchmarks.contest --out build/bench

bench-full: install
	@$(VENV)/bin/python -m benchmarks.contest --people 1000000 --interactions 10000000 --households 100000 \
		--sample-every 10 --out build/bench-full

check: install
	@sh scripts/check.sh

format: install
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

install: $(STAMP)

$(STAMP): pyproject.toml requirements.txt hatch_build.py scripts/install.sh \
		web/graphiql/build.mjs web/graphiql/index.html web/graphiql/package-lock.json
	@sh scripts/install.sh $(VENV)
	@touch $(STAMP)

# Browsers and the like, from Debian's packages; where that cannot be, the tests that need them are skipped by name.
system-parts:
	@sh scripts/system_parts.sh

# Write requirements.txt anew from what is installed, after a change of a dependency.
pins: install
	@sh scripts/pins.sh $(VENV) > requirements.txt.new && mv requirements.txt.new requirements.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
