import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCgroupPath } from '../../src/identity/cgroup-path.ts';

const ID = '3f1c'.repeat(16);
const OUTER_ID = 'b07a'.repeat(16);
const POD = '7be3c1a4-52f0-4d8e-9b6a-0c1d2e3f4a5b';
const POD_UNDERSCORED = POD.replaceAll('-', '_');
const STATIC_POD = '9e107d9d372bb6826bd81d3542a419d6';
const BURSTABLE = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${POD_UNDERSCORED}.slice`;

type Fact = string | undefined;

const ROWS: [name: string, path: string, containerId?: Fact, podUid?: Fact, runtime?: Fact][] = [
  ['containerd, systemd', `${BURSTABLE}/cri-containerd-${ID}.scope`, ID, POD, 'containerd'],
  ['containerd, cgroupfs', `/kubepods/besteffort/pod${POD}/${ID}`, ID, POD],
  [
    'containerd, colons',
    `/system.slice/containerd.service/kubepods-besteffort-pod${POD_UNDERSCORED}.slice:cri-containerd:${ID}`,
    ID,
    POD,
    'containerd',
  ],
  ['containerd, nerdctl', `/system.slice/nerdctl-${ID}.scope`, ID, undefined, 'containerd'],
  ['cri-o, systemd', `${BURSTABLE}/crio-${ID}.scope`, ID, POD, 'cri-o'],
  ['cri-o, cgroupfs', `/kubepods/burstable/pod${POD}/crio-${ID}`, ID, POD, 'cri-o'],
  ["cri-o's monitor", `${BURSTABLE}/crio-conmon-${ID}.scope`, undefined, POD],
  ['docker, systemd', `/system.slice/docker-${ID}.scope`, ID, undefined, 'docker'],
  ['docker, cgroupfs', `/docker/${ID}`, ID, undefined, 'docker'],
  ['docker, Kubernetes', `${BURSTABLE}/docker-${ID}.scope`, ID, POD, 'docker'],
  ['podman', `/machine.slice/libpod-${ID}.scope/container`, ID, undefined, 'podman'],
  [
    'podman, rootless',
    `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container`,
    ID,
    undefined,
    'podman',
  ],
  ['podman, split cgroups', `/system.slice/web.service/libpod-payload-${ID}`, ID, undefined, 'podman'],
  ['podman, pod', `/machine.slice/machine-libpod_pod_${OUTER_ID}.slice/libpod-${ID}.scope`, ID, undefined, 'podman'],
  ["podman's monitor", `/machine.slice/libpod-conmon-${ID}.scope`],
  [
    'kind, systemd',
    `/system.slice/docker-${OUTER_ID}.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${POD_UNDERSCORED}.slice/cri-containerd-${ID}.scope`,
    ID,
    POD,
    'containerd',
  ],
  ['kind, cgroupfs', `/docker/${OUTER_ID}/kubelet/kubepods/burstable/pod${POD}/${ID}`, ID, POD],
  ['docker in docker', `/docker/${OUTER_ID}/docker/${ID}`, ID, undefined, 'docker'],
  ['docker in a pod', `/kubepods/pod${POD}/${OUTER_ID}/docker/${ID}`, ID, POD, 'docker'],
  ['a pod in a pod', `/kubepods/pod${STATIC_POD}/${OUTER_ID}/kubelet/kubepods/pod${POD}/${ID}`, ID, POD],
  ["a kind node's cri-o monitor", `/docker/${OUTER_ID}/kubelet/crio-conmon-${ID}`, OUTER_ID, undefined, 'docker'],
  [
    'guaranteed, systemd',
    `/kubepods.slice/kubepods-pod${POD_UNDERSCORED}.slice/cri-containerd-${ID}.scope`,
    ID,
    POD,
    'containerd',
  ],
  ['guaranteed, cgroupfs', `/kubepods/pod${POD}/${ID}`, ID, POD],
  ['static pod, cgroupfs', `/kubepods/burstable/pod${STATIC_POD}/${ID}`, ID, STATIC_POD],
  ['static pod, systemd', `/kubepods.slice/kubepods-pod${STATIC_POD}.slice/crio-${ID}.scope`, ID, STATIC_POD, 'cri-o'],
  ['pod without container', BURSTABLE, undefined, POD],
  ['ECS', `/ecs/${STATIC_POD}/${STATIC_POD}-1234567890`, `${STATIC_POD}-1234567890`],
  ['ECS, docker', `/ecs/${STATIC_POD}/${ID}`, ID],
  ['sub-cgroup /init', `/docker/${ID}/init`, ID, undefined, 'docker'],
  ['sub-cgroup /init.scope', `${BURSTABLE}/cri-containerd-${ID}.scope/init.scope`, ID, POD, 'containerd'],
  ['systemd inside', `/system.slice/docker-${ID}.scope/system.slice/nginx.service`, ID, undefined, 'docker'],
  ['cgroup namespace of the reader', `/../../pod${POD}/${ID}`, ID, POD],

  ['the root', '/'],
  ['a service', '/system.slice/nginx.service'],
  ['a session', '/user.slice/user-1000.slice/session-3.scope'],
  ["a container's mount", `/system.slice/var-lib-docker-containers-${ID}-mounts-shm.mount`],
  ['a mount that ends in an id', `/system.slice/run-docker-netns-${ID}.mount`],
  ['a terminal', `/user.slice/user@1000.service/app.slice/vte-spawn-${POD}.scope`],
  ['a short hex name', '/docker/deadbeef'],
  ['a digest that is longer', `/docker/${ID}00`],
  ['a digest in a name', `/system.slice/build-x${ID}.scope`],
  ['a pod name that is longer', `/kubepods/pod${STATIC_POD}00/${ID}`, ID],
  ['a word that begins with pod', '/podcasts/podman.service'],
];

for (const [name, path, containerId, podUid, runtime] of ROWS) {
  test(`cgroup path of ${name}`, () => {
    assert.deepEqual(parseCgroupPath(path), { containerId, podUid, runtime });
  });
}
