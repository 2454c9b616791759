/**
 * What is asked of the Container Runtime Interface, as protobufjs reads a protocol: the methods and fields used here of
 * runtime.v1, k8s.io/cri-api/pkg/apis/runtime/v1/api.proto. containerd has it since 1.6, cri-o since 1.23.
 */
export const CRI_PROTOCOL = {
  nested: {
    runtime: {
      nested: {
        v1: {
          nested: {
            RuntimeService: {
              methods: {
                ListContainers: { requestType: 'ListContainersRequest', responseType: 'ListContainersResponse' },
                ContainerStatus: { requestType: 'ContainerStatusRequest', responseType: 'ContainerStatusResponse' },
              },
            },
            ListContainersRequest: { fields: { filter: { type: 'ContainerFilter', id: 1 } } },
            ContainerFilter: { fields: { state: { type: 'ContainerStateValue', id: 2 } } },
            /** CONTAINER_RUNNING is 1. */
            ContainerStateValue: { fields: { state: { type: 'int32', id: 1 } } },
            ListContainersResponse: { fields: { containers: { rule: 'repeated', type: 'Container', id: 1 } } },
            Container: {
              fields: {
                id: { type: 'string', id: 1 },
                metadata: { type: 'ContainerMetadata', id: 3 },
                image: { type: 'ImageSpec', id: 4 },
                imageRef: { type: 'string', id: 5 },
                labels: { keyType: 'string', type: 'string', id: 8 },
              },
            },
            ContainerStatusRequest: { fields: { containerId: { type: 'string', id: 1 } } },
            ContainerStatusResponse: { fields: { status: { type: 'ContainerStatus', id: 1 } } },
            ContainerStatus: {
              fields: {
                id: { type: 'string', id: 1 },
                metadata: { type: 'ContainerMetadata', id: 2 },
                image: { type: 'ImageSpec', id: 8 },
                imageRef: { type: 'string', id: 9 },
                labels: { keyType: 'string', type: 'string', id: 12 },
              },
            },
            ContainerMetadata: { fields: { name: { type: 'string', id: 1 } } },
            ImageSpec: { fields: { image: { type: 'string', id: 1 } } },
          },
        },
      },
    },
  },
};

/** A container of either answer, as it arrives: nothing of it is certain. */
export interface CriContainer {
  readonly id?: unknown;
  readonly metadata?: { readonly name?: unknown } | null;
  readonly image?: { readonly image?: unknown } | null;
  readonly imageRef?: unknown;
  readonly labels?: Readonly<Record<string, unknown>> | null;
}
