import type { OtlpSettings } from './otlp-environment.ts';
import { OtlpTransport } from './transport/otlp-transport.ts';
import type { SendingQueueParts } from './transport/sending-queue.ts';

/** The transport of the protocol; reads the credentials, and connects to nothing yet. */
export async function openTransport(settings: OtlpSettings): Promise<SendingQueueParts['transport']> {
  if (settings.protocol !== 'grpc') return await OtlpTransport.open(settings);
  const { GrpcTransport } = await import('./transport/grpc-transport.ts');
  return GrpcTransport.open(settings);
}
