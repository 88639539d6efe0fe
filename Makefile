# Needs Python 3.11 (venv included), make and bash; everything else goes into .venv.
.PHONY: demo env test check format
TEST_FLAGS ?=

demo:  ## the whole product on loopback: no keys, no network
	@requirements/install demo
	@.venv/bin/monitor demo

env:  ## .venv with every extra; nothing to do when it is up to date
	@requirements/install all

test: env  ## the whole suite
	@.venv/bin/python -m monitor try "good morning" > /dev/null  # the light judge learns once, not in every test
	.venv/bin/pytest -n 2 $(TEST_FLAGS)

check: env  ## the gates: format, lint, layers, dependencies, types
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/lint-imports --no-logo
	.venv/bin/deptry .
	.venv/bin/mypy

format: env  ## write the format the gate wants
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .
