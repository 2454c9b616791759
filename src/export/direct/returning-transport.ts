import type { SendOutcome } from '../transport/send-outcome.ts';
import type { SendingQueueParts } from '../transport/sending-queue.ts';
import type { DirectEncoder } from './direct-encoder.ts';

type Transport = SendingQueueParts['transport'];

/** Gives the encoder back the memory of every request that was delivered: its body is never read again. */
export class ReturningTransport implements Transport {
  readonly #transport: Transport;
  readonly #encoder: Pick<DirectEncoder, 'takeBack'>;

  constructor(transport: Transport, encoder: Pick<DirectEncoder, 'takeBack'>) {
    this.#transport = transport;
    this.#encoder = encoder;
  }

  async send(body: Uint8Array): Promise<SendOutcome> {
    const outcome = await this.#transport.send(body);
    if (outcome.kind === 'delivered') this.#encoder.takeBack(body);
    return outcome;
  }

  close(): void {
    this.#transport.close();
  }
}
