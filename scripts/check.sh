#!/bin/sh
# Lint, format, types and layers; everything runs even where an earlier one fails.
set -u
bin=.venv/bin
failed=0
"$bin/ruff" check . || failed=1
"$bin/ruff" format --check . || failed=1
"$bin/mypy" || failed=1
"$bin/lint-imports" --no-cache || failed=1
exit "$failed"
