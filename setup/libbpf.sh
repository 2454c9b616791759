#!/bin/sh
# libbpf.sh FOLDER [MACHINE]: makes FOLDER/libbpf.a, position-independent with hidden symbols, and FOLDER/include/bpf/*.h
# from Debian's source package (apt-get source through a source list of its own; the system's lists stay as they are).
# MACHINE is as `uname -m` says it; for another one than ours it is cross-compiled.
# Kept under the cache folder by version, so that a second checkout only copies it.
set -eu
folder=$1
machine=${2:-$(uname -m)}
compile=cc
if [ "$machine" != "$(uname -m)" ]; then
  compile="$machine-linux-gnu-gcc -isystem $("$(dirname "$0")/arm64-packages.sh" libelf-dev libelf1 zlib1g-dev zlib1g)/usr/include"
fi
version=$(apt-cache policy libbpf-dev | sed -n 's/^ *Candidate: *//p')
cached=${XDG_CACHE_HOME:-$HOME/.cache}/otel-tcpaccept/libbpf-$(printf %s "$version" | tr -c 'A-Za-z0-9.+\n' -)-$machine

if [ ! -f "$cached/libbpf.a" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  chmod 755 "$work"
  mkdir -p "$work/lists/partial" "$work/objects" "$work/out/include/bpf"
  apt-get indextargets --format 'deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Identifier: Packages' | sort -u > "$work/sources.list"
  cd "$work"
  set -- -qq -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/nonexistent \
    -o "Dir::State::Lists=$work/lists" -o APT::Sandbox::User=root
  apt-get "$@" update
  apt-get "$@" source libbpf >/dev/null
  cd "$work"/libbpf-*/src
  for file in *.c; do
    # shellcheck disable=SC2086 # word splitting is the point
    $compile -O2 -g -fPIC -fvisibility=hidden -D_LARGEFILE64_SOURCE -D_FILE_OFFSET_BITS=64 -I../include -I../include/uapi \
      -c "$file" -o "$work/objects/${file%.c}.o" &
  done
  wait
  ar rcs "$work/out/libbpf.a" "$work"/objects/*.o
  cp ./*.h "$work/out/include/bpf/"
  mkdir -p "$(dirname "$cached")"
  rm -rf "$cached"
  mv "$work/out" "$cached"
fi
mkdir -p "$folder"
cp -R "$cached/." "$folder/"
touch "$folder/libbpf.a"
