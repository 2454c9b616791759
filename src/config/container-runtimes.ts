import type { RuntimeAddress } from '../identity/runtime/runtime-address.ts';
import { type ParseText, path } from './option-values.ts';

/** By name: its sockets where its own packages and those of Kubernetes distributions (k3s, k0s, MicroK8s) have them. */
const KNOWN = {
  docker: { api: 'docker', sockets: ['/run/docker.sock', '/var/run/docker.sock'] },
  containerd: {
    api: 'cri',
    sockets: [
      '/run/containerd/containerd.sock',
      '/run/k3s/containerd/containerd.sock',
      '/run/k0s/containerd.sock',
      '/var/snap/microk8s/common/run/containerd.sock',
    ],
  },
  'cri-o': { api: 'cri', sockets: ['/run/crio/crio.sock', '/var/run/crio/crio.sock'] },
} as const;

/** Each is asked for what the ones before do not know. */
const MOST_RUNTIMES = 8;

/** Names and sockets between commas, each once; blanks around one are allowed. */
export const containerRuntimes: ParseText<readonly RuntimeAddress[]> = (text) => {
  const addresses = [...new Set(text.split(',').map((item) => item.trim()))].map(addressOf);
  if (addresses.length > MOST_RUNTIMES) return undefined;
  return addresses.every((address) => address !== undefined) ? addresses : undefined;
};

function addressOf(text: string): RuntimeAddress | undefined {
  if (Object.hasOwn(KNOWN, text)) return { text, ...KNOWN[text as keyof typeof KNOWN] };
  const socket = path(text.replace(/^unix:\/\/(?=\/)/, ''));
  return socket?.startsWith('/') ? { text, api: undefined, sockets: [socket] } : undefined;
}
