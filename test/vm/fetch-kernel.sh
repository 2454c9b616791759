#!/bin/sh
# fetch-kernel.sh LINE [ARCHITECTURE]: prints the folder of Debian's kernel of a line (6.1, 6.12) for amd64 or arm64, and
# fetches it first by apt (10 s) when the cache has none. The folder holds vmlinuz and lib/modules/RELEASE with what guest.ts can load.
# The cache entry is named by the line and by this script, so a change here is a new entry. Progress goes to stderr.
set -eu

line=${1:?the line of kernels to fetch, for instance 6.1}
architecture=${2:-amd64}
packages=$(cd "$(dirname "$0")/../../setup" && pwd)/arm64-packages.sh
case $line in
  6.1) preferred=linux-image-6.1.0-56-$architecture ;;
  6.12) preferred=linux-image-6.12.117+deb12-$architecture ;;
  *) preferred=none ;;
esac
cache="${XDG_CACHE_HOME:-$HOME/.cache}/otel-tcpaccept/kernels"
entry="$cache/$line-$architecture-$(sha256sum <"$0" | cut -c1-8)"

if [ -d "$entry" ]; then
  echo "$entry"
  exit
fi

# The preferred package, or the newest of the line (not cloud, rt or unsigned) when apt has it no more.
choose() {
  known=$(apt-cache pkgnames "linux-image-$line." | grep -E '^linux-image-[0-9.]+[a-z0-9+]*(-[0-9]+)?-amd64$' | sort -V)
  echo "$known" | grep -Fx "$preferred" || echo "$known" | tail -n 1
}

# Into the folder `all`.
download() {
  if [ "$architecture" = arm64 ]; then
    cp -R "$("$packages" "linux-image-$line.*")" all
    return
  fi
  package=$(choose)
  [ -n "$package" ] || return 1
  echo "fetch-kernel.sh: fetching $package" >&2
  rm -f ./*.deb
  apt-get -qq -o APT::Sandbox::User=root download "$package" >&2
  dpkg -x ./*.deb all
}

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
if [ ! -d "$entry" ]; then # still missing: nobody fetched it while we waited
  # Under the lock this name is ours, and what a killed run left behind goes here.
  work="$cache/partial"
  rm -rf "$work"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM
  mkdir -p "$work/entry"
  cd "$work"
  download || { apt-get -qq update >&2 && download; } || {
    echo "fetch-kernel.sh: apt has no $architecture kernel of the line $line; see apt-cache pkgnames linux-image-" >&2
    exit 1
  }

  release=$(ls all/lib/modules)
  modules="lib/modules/$release"
  mkdir -p "entry/$modules"
  mv "all/boot/vmlinuz-$release" entry/vmlinuz
  (cd "all/$modules" && for kept in modules.builtin kernel/net kernel/lib kernel/crypto \
    kernel/drivers/virtio kernel/drivers/net/veth.ko* kernel/drivers/net/dummy.ko* \
    kernel/fs/9p kernel/fs/netfs kernel/fs/fscache kernel/fs/overlayfs; do
    [ ! -e "$kept" ] || find "$kept" -type f # 6.12 has fscache inside netfs
  done | cpio --quiet -pdm "$work/entry/$modules")
  # Unpacked here once, not by every guest: under emulation that is slow.
  find entry -name '*.ko.xz' -exec busybox unxz {} +
  busybox depmod -b entry "$release"
  mv entry "$entry"
fi
echo "$entry"
