#!/bin/sh
# arm64-packages.sh PACKAGE...: prints a folder that holds Debian's arm64 packages of these names, unpacked, and fetches
# them first by apt when the cache has none. Nothing is installed and dpkg learns of no architecture: the package lists
# are our own, made from the sources of Debian's that apt knows. The cache entry is named by the packages and by this
# script. A name that ends in `*` is the newest package that begins so and is not cloud, rt or unsigned.
set -eu
[ $# -gt 0 ] || { echo "arm64-packages.sh: name the packages" >&2; exit 2; }

cache="${XDG_CACHE_HOME:-$HOME/.cache}/otel-tcpaccept/arm64"
entry="$cache/$({ echo "$@" && cat "$0"; } | sha256sum | cut -c1-16)"
if [ -d "$entry" ]; then
  echo "$entry"
  exit
fi

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
if [ ! -d "$entry" ]; then # still missing: nobody fetched it while we waited
  # Under the lock this name is ours, and what a killed run left behind goes here.
  work="$cache/partial"
  rm -rf "$work"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM
  mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/entry"
  cd "$work"
  for origin in Debian Debian-Security; do
    apt-get indextargets --format 'deb [arch=arm64] $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Identifier: Packages' \
      "Origin: $origin"
  done | sort -u >sources.list
  settings="-qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::Etc::SourceList=$work/sources.list
    -o Dir::Etc::SourceParts=/nonexistent -o Dir::State::Lists=$work/lists -o Dir::State::status=/dev/null
    -o Dir::Cache=$work -o APT::Sandbox::User=root"
  # shellcheck disable=SC2086 # word splitting is the point
  apt-get $settings update >&2
  for package in "$@"; do
    case $package in
      *'*')
        # shellcheck disable=SC2086
        package=$(apt-cache $settings pkgnames "${package%'*'}" | grep -E '^[a-z-]+[0-9.]+[a-z0-9+]*(-[0-9]+)?-arm64$' |
          sort -V | tail -n 1)
        [ -n "$package" ] || { echo "arm64-packages.sh: apt has no arm64 package of that name" >&2; exit 1; }
        ;;
    esac
    echo "arm64-packages.sh: fetching $package" >&2
    # shellcheck disable=SC2086
    apt-get $settings download "$package" >&2
  done
  for file in *.deb; do dpkg -x "$file" entry; done
  mv entry "$entry"
fi
echo "$entry"
