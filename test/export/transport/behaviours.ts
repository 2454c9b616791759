import { setInterval } from 'node:timers';
import type { Behaviour } from './hostile-server.ts';

const PROTOBUF = { 'content-type': 'application/x-protobuf' };

/** A complete answer. */
export function answer(
  status: number,
  body: string | Uint8Array = '',
  headers: Record<string, string> = {},
): Behaviour {
  return (response) => response.writeHead(status, headers).end(body);
}

export const taken = answer(200, '', PROTOBUF);

/** `ExportLogsServiceResponse { partial_success { rejected_log_records, error_message } }` */
export function partialSuccess(rejected: number, message: string): Behaviour {
  const inner = Buffer.concat([Buffer.from([0x08, rejected, 0x12, message.length]), Buffer.from(message)]);
  return answer(200, Buffer.concat([Buffer.from([0x0a, inner.length]), inner]), PROTOBUF);
}

/** `google.rpc.Status { code: 3, message }`, as a collector explains an error. */
export function refusal(status: number, message: string): Behaviour {
  return answer(status, Buffer.concat([Buffer.from([0x08, 3, 0x12, message.length]), Buffer.from(message)]), PROTOBUF);
}

/** Takes what has at most so many records. */
export function takesAtMost(records: number): Behaviour {
  return (response, request) => (request.numbers.length > records ? answer(413) : taken)(response, request);
}

export const silent: Behaviour = () => {};

export const reset: Behaviour = (response) => response.socket?.resetAndDestroy();

export const closed: Behaviour = (response) => response.socket?.end();

export const noHttp: Behaviour = (response) => response.socket?.end('\u0000\u0000\u0012\u0004 this is no HTTP\r\n\r\n');

export const switchesProtocols: Behaviour = (response) =>
  response.socket?.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: nothing\r\nconnection: upgrade\r\n\r\n');

/** Announces more than it sends, and resets. */
export function resetInBody(status: number): Behaviour {
  return (response) => {
    response.writeHead(status, { 'content-length': '1000' });
    response.write('some of it', () => response.socket?.resetAndDestroy());
  };
}

/** A body that goes on for as long as somebody reads it, in chunks of so many bytes. */
export function endlessBody(status: number, chunkBytes: number): Behaviour {
  return (response) => {
    response.writeHead(status);
    const chunk = Buffer.alloc(chunkBytes, 'x');
    const more = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', more);
    more();
  };
}

/** A body that comes a byte every 10 ms, for ever. */
export function slowBody(status: number): Behaviour {
  return (response) => {
    response.writeHead(status);
    const timer = setInterval(() => response.write('x'), 10);
    response.once('close', () => clearInterval(timer));
  };
}

/** Says "102 Processing" over and over. */
export const processing: Behaviour = (response) => {
  const timer = setInterval(() => response.writeProcessing(), 5);
  response.once('close', () => clearInterval(timer));
};

export const redirect: Behaviour = answer(307, '', { location: '/elsewhere' });

/** A header of 64 KiB, more than HTTP clients take. */
export const hugeHeader: Behaviour = (response) =>
  response.socket?.end(`HTTP/1.1 200 OK\r\nx-more: ${'x'.repeat(65_536)}\r\n\r\n`);
