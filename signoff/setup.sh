#!/bin/sh
# Brings what the report needs: Node 22 or newer, and the npm packages of package-lock.json.
# Usage: signoff/setup.sh VENV     (idempotent; quick when nothing changed)
set -eu

fail() {
    echo "signoff/setup.sh: $1" >&2
    exit 1
}

[ $# -eq 1 ] || fail "usage: signoff/setup.sh VENV"
here=$(cd "$(dirname "$0")" && pwd)
[ -x "$1/bin/python" ] || fail "$1 is no virtual environment: $1/bin/python is missing"
venv=$(cd "$1" && pwd)

# usable DIRECTORY: it holds npm and a node of version 22 or newer.
usable() {
    [ -n "$1" ] && [ -x "$1/node" ] && [ -x "$1/npm" ] || return 1
    major=$("$1/node" -p 'process.versions.node.split(".")[0]' 2>/dev/null) || return 1
    [ "$major" -ge 22 ] 2>/dev/null
}

on_path=$(command -v node 2>/dev/null || true)
if [ -n "$on_path" ] && usable "$(dirname "$on_path")"; then
    bin=$(dirname "$on_path")
else
    if ! usable "$venv/bin"; then
        echo "signoff: this machine has no Node 22 with npm, installing it into the virtual environment"
        sed -n '/^. part node$/,/^$/p' "$here/../requirements.lock" >"$venv/node.txt" && [ -s "$venv/node.txt" ] &&
            "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$venv/node.txt" ||
            fail "Node could not be installed (pip failed): check the network or install Node 22 or newer"
    fi
    bin="$venv/bin"
    usable "$bin" || fail "the Node of requirements.lock does not run on this machine: install Node 22 or newer"
fi

PATH="$bin:$PATH"
export PATH
export NODE_USE_SYSTEM_CA=1 # behind a proxy, npm trusts what the machine trusts
stamp="$here/node_modules/.qaws-stamp"
wanted=$(cat "$here/package.json" "$here/package-lock.json" | cksum)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
    (cd "$here" && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier \
        --loglevel=error --fetch-retries=2 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000) ||
        fail "the npm packages could not be installed (npm ci failed): check the network"
    echo "$wanted" >"$stamp"
fi
echo "signoff: ready, node $(node -p process.versions.node)"
