# Needs Python 3.11 or newer (with venv and pip) and make; everything else is set up in .uv/ and .venv/ here.

UV_VERSION := $(or $(shell sed -n 's/^uv==\([0-9.]*\).*/\1/p' build.txt),$(error build.txt names no uv))
UV := .uv/$(UV_VERSION)/bin/uv
SYNC = $(UV) sync --frozen --python .uv/$(UV_VERSION)/bin/python --group sandbox
READY := .venv/.ready
TOOLS := .venv/.tools

.PHONY: help setup demo test check format bench lock sbom audit
.DEFAULT_GOAL := help

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## what emobot needs, and the puppet; the others do it by themselves

demo: $(READY) ## the bot with a stand-in for everything outside; ARGS=--once ends after the first video
	@.venv/bin/emobot demo $(ARGS)

# Some forty processes load the libraries: compiled once for all of them, also where Python is told to leave no bytecode.
test: $(TOOLS) ## every test; ARGS="tests/dashscope -x" for some
	@unset PYTHONDONTWRITEBYTECODE; .venv/bin/pytest -n 4 --dist loadfile $(ARGS)

check: $(TOOLS) ## ruff and mypy
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy

format: $(TOOLS) ## mend what ruff can
	@.venv/bin/ruff check --fix
	@.venv/bin/ruff format

bench: $(TOOLS) ## the benchmarks; ARGS="links voice" for some
	@.venv/bin/python -m benchmarks $(ARGS)

lock: $(UV) ## bring uv.lock up to date with pyproject.toml, and build.txt, by which uv itself is installed
	@$(UV) lock $(ARGS)
	@$(UV) export --quiet --frozen --only-group build --no-emit-project --no-header --output-file build.txt

sbom: $(UV) ## what an image is made of, as CycloneDX; ARGS="--group sandbox" with the puppet
	@mkdir -p dist
	@$(UV) export --quiet --frozen --preview-features sbom-export --format cyclonedx1.5 --no-default-groups $(ARGS) \
		--output-file dist/sbom.json
	@echo dist/sbom.json

audit: $(UV) ## ask osv.dev for known weaknesses of all that uv.lock names
	@$(UV) audit --frozen --preview-features audit-command $(ARGS) || { status=$$?; \
		[ $$status = 1 ] || echo "Nothing was audited: see above why; it wants a network that reaches api.osv.dev." >&2; \
		exit $$status; }

# What runs, and in the same environment what tests, checks and measures it: neither takes away what the other needs.
# Of Babel the first has the languages of the bot, the second all: somebody may be adding one.
$(READY): $(UV) uv.lock pyproject.toml
	@$(SYNC) --inexact
	@.venv/bin/python deploy/trim.py
	@touch $@

$(TOOLS): $(READY)
	@$(SYNC) --group dev --reinstall-package babel
	@touch $@

# A name on the PATH may be an empty shim or too old, so each is asked.
$(UV):
	@for python in python3 python3.13 python3.12 python3.11 python3.14 python; do \
		$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && break; python=; \
	done; \
	[ -n "$$python" ] || { echo "Python 3.11 or newer is needed, and none is on the PATH: install it and try again." >&2; exit 1; }; \
	rm -rf $(@D:/bin=) && $$python -m venv $(@D:/bin=) || { rm -rf $(@D:/bin=); \
		echo "$$python cannot make a virtual environment: install its venv (Debian, Ubuntu: apt install python3-venv)." >&2; exit 1; }; \
	$(@D)/python -m pip install --quiet --disable-pip-version-check --no-cache-dir --require-hashes -r build.txt || { \
		rm -rf $(@D:/bin=); exit 1; }; \
	$(@D)/python -m pip uninstall --quiet --yes setuptools pip || true  # done with: uv takes over, and 27 MB are free
