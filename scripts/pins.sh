#!/bin/sh
# Print the exact release of every package in the virtual environment $1, for requirements.txt.
set -eu
venv=${1:?the folder of the virtual environment}
echo "# Every package, exactly: what seggql needs, what that needs, and what develops and tests it. Written by make pins."
"$venv/bin/python" -m pip --disable-pip-version-check freeze --all --exclude-editable --exclude pip |
    grep -v -e '^-e' -e ' @ ' | LC_ALL=C sort -f
