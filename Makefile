# Needs Python 3.11 or newer (with venv and pip) and make; everything else is set up in .uv/ and .venv/ here.

UV_VERSION := 0.13.9
UV := .uv/$(UV_VERSION)/bin/uv
SYNC = $(UV) sync --frozen --python .uv/$(UV_VERSION)/bin/python --group sandbox
READY := .venv/.ready
TOOLS := .venv/.tools

.PHONY: help setup demo test check format bench
.DEFAULT_GOAL := help

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## what emobot needs, and the puppet; the others do it by themselves

demo: $(READY) ## the bot with a stand-in for everything outside; ARGS=--once ends after the first video
	@.venv/bin/emobot demo $(ARGS)

test: $(TOOLS) ## every test; ARGS="tests/dashscope -x" for some
	@.venv/bin/pytest -n 3 --dist loadfile $(ARGS)

check: $(TOOLS) ## ruff and mypy
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy

format: $(TOOLS) ## mend what ruff can
	@.venv/bin/ruff check --fix
	@.venv/bin/ruff format

bench: $(TOOLS) ## the benchmarks
	@.venv/bin/python -m benchmarks $(ARGS)

# What runs, and in the same environment what tests, checks and measures it: neither takes away what the other needs.
$(READY): $(UV) uv.lock pyproject.toml
	@$(SYNC) --inexact
	@touch $@

$(TOOLS): $(READY)
	@$(SYNC) --group dev
	@touch $@

# A name on the PATH may be an empty shim or too old, so each is asked.
$(UV):
	@for python in python3 python3.13 python3.12 python3.11 python3.14 python; do \
		$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && break; python=; \
	done; \
	[ -n "$$python" ] || { echo "Python 3.11 or newer is needed, and none is on the PATH: install it and try again." >&2; exit 1; }; \
	rm -rf $(@D:/bin=) && $$python -m venv $(@D:/bin=) || { rm -rf $(@D:/bin=); \
		echo "$$python cannot make a virtual environment: install its venv (Debian, Ubuntu: apt install python3-venv)." >&2; exit 1; }; \
	$(@D)/python -m pip install --quiet --disable-pip-version-check --no-cache-dir uv==$(UV_VERSION) || { \
		rm -rf $(@D:/bin=); exit 1; }; \
	$(@D)/python -m pip uninstall --quiet --yes setuptools pip || true  # done with: uv takes over, and 27 MB are free
