#!/bin/sh
# Check, then test; the tests run, and end the output, even where a check fails.
set -u
failed=0
sh scripts/check.sh || failed=1
.venv/bin/pytest --durations=15 || failed=1
exit "$failed"
