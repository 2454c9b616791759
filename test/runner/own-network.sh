#!/bin/sh
# Node.js in a network namespace of its own. Its loopback hands each packet to the CPU it was sent from, where a host's may
# spread them over all (rps_cpus), also to one where process 1 runs: see test/kernel/state-skips.ts.
exec unshare --net sh -c 'ip link set lo up && exec "$0" "$@"' "$TEST_NODE" "$@"
