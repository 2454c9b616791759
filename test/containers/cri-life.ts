const text = (id: number) => ({ type: 'string', id });
const map = (id: number) => ({ keyType: 'string', type: 'string', id });
const message = (type: string, id: number) => ({ type, id });
const method = (name: string) => ({ requestType: `${name}Request`, responseType: `${name}Response` });
const METHODS = [
  'Version',
  'RunPodSandbox',
  'StopPodSandbox',
  'RemovePodSandbox',
  'CreateContainer',
  'StartContainer',
] as const;

/** What makes and ends pods in runtime.v1 of the Container Runtime Interface: the part of it that tests use. */
export const CRI_LIFE = {
  nested: {
    runtime: {
      nested: {
        v1: {
          nested: {
            RuntimeService: { methods: Object.fromEntries(METHODS.map((name) => [name, method(name)])) },
            VersionRequest: { fields: {} },
            VersionResponse: { fields: { runtimeName: text(2) } },
            RunPodSandboxRequest: { fields: { config: message('PodSandboxConfig', 1) } },
            RunPodSandboxResponse: { fields: { podSandboxId: text(1) } },
            StopPodSandboxRequest: { fields: { podSandboxId: text(1) } },
            StopPodSandboxResponse: { fields: {} },
            RemovePodSandboxRequest: { fields: { podSandboxId: text(1) } },
            RemovePodSandboxResponse: { fields: {} },
            CreateContainerRequest: {
              fields: {
                podSandboxId: text(1),
                config: message('ContainerConfig', 2),
                sandboxConfig: message('PodSandboxConfig', 3),
              },
            },
            CreateContainerResponse: { fields: { containerId: text(1) } },
            StartContainerRequest: { fields: { containerId: text(1) } },
            StartContainerResponse: { fields: {} },
            PodSandboxConfig: {
              fields: {
                metadata: message('PodSandboxMetadata', 1),
                labels: map(6),
                linux: message('LinuxPodSandboxConfig', 8),
              },
            },
            PodSandboxMetadata: { fields: { name: text(1), uid: text(2), namespace: text(3) } },
            LinuxPodSandboxConfig: {
              fields: { cgroupParent: text(1), securityContext: message('LinuxSandboxSecurityContext', 2) },
            },
            LinuxSandboxSecurityContext: { fields: { namespaceOptions: message('NamespaceOption', 1) } },
            /** NODE, which is the host's, is 2. */
            NamespaceOption: { fields: { network: { type: 'int32', id: 1 } } },
            ContainerConfig: {
              fields: {
                metadata: message('ContainerMetadata', 1),
                image: message('ImageSpec', 2),
                command: { rule: 'repeated', type: 'string', id: 3 },
                labels: map(9),
                linux: message('LinuxContainerConfig', 15),
              },
            },
            ContainerMetadata: { fields: { name: text(1) } },
            ImageSpec: { fields: { image: text(1) } },
            LinuxContainerConfig: { fields: { securityContext: message('LinuxContainerSecurityContext', 2) } },
            LinuxContainerSecurityContext: { fields: { namespaceOptions: message('NamespaceOption', 3) } },
          },
        },
      },
    },
  },
};
