#!/bin/busybox sh
# The guest's first process, run from the initramfs: makes the host's root, with a layer in memory above it, the
# guest's, runs the script there, and reports through the runner's folder. A step that fails ends this process,
# which makes the kernel panic and QEMU exit.
set -eu
/bin/busybox --install -s /bin
. /settings # SCRIPT, RESULTS, PATIENCE_SECONDS, and the environment as the positional parameters

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
while read -r module; do insmod "/modules/$module"; done </modules/order

# Without a cache, host and guest see each other's writes at once; with one, the root is fast.
shared=trans=virtio,version=9p2000.L,msize=512000
mount -t 9p -o "$shared,cache=none" runner /runner
mount -t 9p -o "$shared,cache=loose,ro" host /host
mount -t tmpfs tmpfs /memory
mkdir /memory/upper /memory/work
mount -t overlay -o lowerdir=/host,upperdir=/memory/upper,workdir=/memory/work overlay /root

mount -t proc proc /root/proc
mount -t sysfs sysfs /root/sys
mount -t securityfs securityfs /root/sys/kernel/security
mount -t tracefs tracefs /root/sys/kernel/tracing
mount -t debugfs debugfs /root/sys/kernel/debug
mount -t bpf bpf /root/sys/fs/bpf
mount -t cgroup2 cgroup2 /root/sys/fs/cgroup
mount -t devtmpfs devtmpfs /root/dev
mkdir -p /root/dev/pts /root/dev/shm
mount -t devpts devpts /root/dev/pts
mount -t tmpfs tmpfs /root/dev/shm
mount -t tmpfs tmpfs /root/run
if [ "$RESULTS" = 1 ]; then
  mkdir -p /root/results
  mount -t 9p -o "$shared,cache=none" results /root/results
fi
hostname guest
ip link set lo up

# Shows each second that the machine is alive. A script that is not done in time ends with the guest, and what every thread
# sleeps in is written down.
end_in_time() (
  set +e
  while [ "$(cut -d . -f 1 /proc/uptime)" -lt "$PATIENCE_SECONDS" ]; do
    : >/runner/alive
    sleep 1
  done
  for process in /proc/[0-9]*; do
    [ -n "$(head -c 1 "$process/cmdline")" ] || continue
    echo "${process#/proc/} $(tr '\0' ' ' <"$process/cmdline" | cut -c 1-200)"
    for task in "$process"/task/*; do
      echo "  $(cat "$task/comm"): $(sed 's/^[^ ]* //; s/+.*//' "$task/stack" | head -n 5 | tr '\n' ' ')"
    done
  done >/runner/threads 2>&1
  poweroff -f
)
end_in_time &

# Moved, or the script would be in a chroot, where the kernel lets nobody make a user namespace.
cd /root
mount -o move . /
code=0
chroot . /usr/bin/env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@" "$SCRIPT" \
  </dev/null >/runner/output 2>&1 || code=$?
echo "$code" >/runner/exit-code
poweroff -f
