#!/bin/sh
# fetch-headers.sh RELEASE: prints the folder with the headers of one of Debian's kernels (6.1.0-56-amd64), laid out as
# they would be installed, and fetches them first by apt when the cache has none. They are what bcc compiles against.
# The cache entry is named by the release and by this script, so a change here is a new entry. Progress goes to stderr.
set -eu

release=${1:?the release of a kernel, for instance 6.1.0-56-amd64}
version=${release%-*}
line=$(echo "$release" | cut -d. -f1,2)
cache="${XDG_CACHE_HOME:-$HOME/.cache}/otel-tcpaccept/headers"
entry="$cache/$release-$(sha256sum <"$0" | cut -c1-8)"

download() {
  apt-get -qq -o APT::Sandbox::User=root download \
    "linux-headers-$release" "linux-headers-$version-common" "linux-kbuild-$line" >&2
}

if [ ! -d "$entry" ]; then
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  flock 9
fi
if [ ! -d "$entry" ]; then # still missing: nobody fetched it while we waited
  work="$cache/partial"
  rm -rf "$work"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM
  mkdir -p "$work/entry"
  cd "$work"
  echo "fetch-headers.sh: fetching the headers of $release" >&2
  download || { apt-get -qq update >&2 && rm -f ./*.deb && download; } || {
    echo "fetch-headers.sh: apt has no headers of $release; see apt-cache pkgnames linux-headers-" >&2
    exit 1
  }
  for package in *.deb; do dpkg -x "$package" entry; done
  mv entry "$entry"
fi
echo "$entry"
