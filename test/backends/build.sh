#!/bin/sh
# build.sh loki|jaeger: prints the path of that backend, and builds it first from its Go modules (3 to 5 minutes) when
# the cache has none. The cache entry is named by what it is made from. Progress goes to stderr.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
case "${1-}" in
  loki) package=github.com/grafana/loki/v3/cmd/loki minutes=5 ;;
  jaeger) package=github.com/jaegertracing/jaeger/cmd/jaeger minutes=3 ;;
  *) echo 'build.sh: which? It accepts loki or jaeger' >&2; exit 2 ;;
esac
name=$1
cache="${XDG_CACHE_HOME:-$HOME/.cache}/otel-tcpaccept"
key=$({ uname -sm && cat "$here/$name/go.mod" "$here/$name/go.sum" "$here/build.sh"; } | sha256sum | cut -c1-16)
entry="$cache/$name-$key"

if [ -x "$entry/$name" ]; then
  echo "$entry/$name"
  exit
fi

mkdir -p "$cache"
exec 9>"$cache/$name.lock"
flock 9
if [ ! -x "$entry/$name" ]; then # still missing: nobody built it while we waited
  go=$("$here/../collector/find-go.sh")
  echo "build.sh: building $name, once, about $minutes minutes" >&2

  # Under the lock this name is ours, and what a killed build left behind goes here.
  work="$cache/$name-partial"
  rm -rf "$work"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM
  mkdir -p "$work/out"

  # The build cache takes gigabytes and goes with $work; the module cache is Go's own and stays.
  unset GOROOT GOOS GOARCH
  export PATH="${go%/*}:$PATH" GOCACHE="$work/gocache"
  export GOTOOLCHAIN=local GOFLAGS='-buildvcs=false -mod=readonly' GOWORK=off CGO_ENABLED=0
  (cd "$here/$name" && go build -tags netgo -trimpath -ldflags '-s -w' -o "$work/out/$name" "$package") >&2
  rm -rf "$entry"
  mv "$work/out" "$entry"
fi
echo "$entry/$name"
