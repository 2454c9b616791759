#!/bin/sh
# Prints the path of the OpenTelemetry Collector the tests run, and builds it first (3 minutes) when the cache has none.
# The cache entry is named by what it is made from, so a change of the manifest is a new build. Progress goes to stderr.
set -eu

ocb_version=v0.159.0
here=$(cd "$(dirname "$0")" && pwd)
cache="${XDG_CACHE_HOME:-$HOME/.cache}/otel-tcpaccept"
key=$({ echo "$ocb_version" && uname -sm && cat "$here/ocb-manifest.yaml"; } | sha256sum | cut -c1-16)
entry="$cache/collector-$key"

if [ -x "$entry/otelcol" ]; then
  echo "$entry/otelcol"
  exit
fi

mkdir -p "$cache"
exec 9>"$cache/collector.lock"
flock 9
if [ ! -x "$entry/otelcol" ]; then # still missing: nobody built it while we waited
  go=$("$here/find-go.sh")
  echo "build.sh: building the OpenTelemetry Collector ${ocb_version#v}, once, about 3 minutes" >&2

  # Under the lock this name is ours, and what a killed build left behind goes here.
  work="$cache/collector-partial"
  rm -rf "$work"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM
  mkdir -p "$work/out"

  # The build cache takes 1.2 GB and goes with $work; the module cache is Go's own and stays.
  unset GOROOT GOOS GOARCH
  export PATH="${go%/*}:$PATH" GOCACHE="$work/gocache" GOBIN="$work"
  export GOTOOLCHAIN=local GOFLAGS=-buildvcs=false GOWORK=off CGO_ENABLED=0
  # ocb strips the binary and its paths by itself (-trimpath, -s -w).
  {
    go install -trimpath "go.opentelemetry.io/collector/cmd/builder@$ocb_version"
    (cd "$work" && ./builder --config "$here/ocb-manifest.yaml")
    "$work/module/otelcol" --version
  } >&2

  mv "$work/module/otelcol" "$work/out/otelcol"
  rm -rf "$entry"
  mv "$work/out" "$entry"
fi
echo "$entry/otelcol"
