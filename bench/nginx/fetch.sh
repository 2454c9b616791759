#!/bin/sh
# fetch.sh: prints the folder with Debian's nginx, wrk, tcpdump and libbpf-tools, fetched first by apt when the cache has none. They are
# unpacked, not installed: a package of nginx that is installed starts a server. Progress goes to stderr.
set -eu

packages="nginx wrk libluajit-5.1-2 libpcre2-8-0 tcpdump libpcap0.8 libbpf-tools"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/otel-tcpaccept/bench-nginx"
entry="$cache/$(sha256sum <"$0" | cut -c1-8)"

download() {
  # shellcheck disable=SC2086 # word splitting is the point
  apt-get -qq -o APT::Sandbox::User=root download $packages >&2
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
  echo "fetch.sh: fetching $packages" >&2
  download || { apt-get -qq update >&2 && rm -f ./*.deb && download; }
  for package in *.deb; do dpkg -x "$package" entry; done
  mv entry "$entry"
fi
echo "$entry"
