import { fieldsOf, varintOf, type WireField } from './transport/protobuf-wire.ts';

/** How a field's value is written in OTLP's JSON: as proto3's JSON mapping says, but ids in hex. */
type Kind = 'string' | 'hex' | 'base64' | 'bool' | 'uint32' | 'int64' | 'double' | 'fixed32' | 'fixed64' | Message;

interface Field {
  readonly name: string;
  readonly kind: Kind;
  readonly isRepeated?: true;
}

/** By field number. */
type Message = ReadonlyMap<number, Field>;

const ANY_VALUE = new Map<number, Field>();
const KEY_VALUE: Message = new Map([
  [1, { name: 'key', kind: 'string' }],
  [2, { name: 'value', kind: ANY_VALUE }],
]);
const ATTRIBUTES = { name: 'attributes', kind: KEY_VALUE, isRepeated: true } as const;
const DROPPED = { name: 'droppedAttributesCount', kind: 'uint32' } as const;
const SCHEMA_URL = { name: 'schemaUrl', kind: 'string' } as const;
const VALUES = { name: 'values', isRepeated: true } as const;
for (const [number, name, kind] of [
  [1, 'stringValue', 'string'],
  [2, 'boolValue', 'bool'],
  [3, 'intValue', 'int64'],
  [4, 'doubleValue', 'double'],
  [5, 'arrayValue', new Map([[1, { ...VALUES, kind: ANY_VALUE }]])],
  [6, 'kvlistValue', new Map([[1, { ...VALUES, kind: KEY_VALUE }]])],
  [7, 'bytesValue', 'base64'],
] as const) {
  ANY_VALUE.set(number, { name, kind });
}

/** ExportLogsServiceRequest with all that is in it, of opentelemetry-proto 1.10. */
const LOGS_REQUEST: Message = new Map([
  [
    1,
    {
      name: 'resourceLogs',
      isRepeated: true,
      kind: new Map<number, Field>([
        [
          1,
          {
            name: 'resource',
            kind: new Map<number, Field>([
              [1, ATTRIBUTES],
              [2, DROPPED],
            ]),
          },
        ],
        [
          2,
          {
            name: 'scopeLogs',
            isRepeated: true,
            kind: new Map<number, Field>([
              [
                1,
                {
                  name: 'scope',
                  kind: new Map<number, Field>([
                    [1, { name: 'name', kind: 'string' }],
                    [2, { name: 'version', kind: 'string' }],
                    [3, ATTRIBUTES],
                    [4, DROPPED],
                  ]),
                },
              ],
              [
                2,
                {
                  name: 'logRecords',
                  isRepeated: true,
                  kind: new Map<number, Field>([
                    [1, { name: 'timeUnixNano', kind: 'fixed64' }],
                    [2, { name: 'severityNumber', kind: 'uint32' }],
                    [3, { name: 'severityText', kind: 'string' }],
                    [5, { name: 'body', kind: ANY_VALUE }],
                    [6, ATTRIBUTES],
                    [7, DROPPED],
                    [8, { name: 'flags', kind: 'fixed32' }],
                    [9, { name: 'traceId', kind: 'hex' }],
                    [10, { name: 'spanId', kind: 'hex' }],
                    [11, { name: 'observedTimeUnixNano', kind: 'fixed64' }],
                    [12, { name: 'eventName', kind: 'string' }],
                  ]),
                },
              ],
              [3, SCHEMA_URL],
            ]),
          },
        ],
        [3, SCHEMA_URL],
      ]),
    },
  ],
]);

/**
 * An encoded ExportLogsServiceRequest as OTLP JSON, on one line; what it does not know is left out.
 *
 * Throws `RangeError` where it is no protobuf message.
 */
export function otlpJsonOf(body: Uint8Array): string {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return JSON.stringify(messageAt(bytes, LOGS_REQUEST, 0, bytes.length));
}

function messageAt(bytes: Buffer, message: Message, start: number, end: number): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const wire of fieldsOf(bytes, start, end)) {
    const field = message.get(wire.number);
    if (!field) continue;
    const value = jsonValueOf(bytes, field.kind, wire);
    const list = object[field.name];
    if (!field.isRepeated) object[field.name] = value;
    else if (Array.isArray(list)) list.push(value);
    else object[field.name] = [value];
  }
  return object;
}

function jsonValueOf(bytes: Buffer, kind: Kind, field: WireField): unknown {
  const { valueStart, end } = field;
  switch (kind) {
    case 'string':
      return bytes.toString('utf8', valueStart, end);
    case 'hex':
    case 'base64':
      return bytes.toString(kind, valueStart, end);
    case 'bool':
      return varintOf(bytes, field) !== 0n;
    case 'uint32':
      return Number(varintOf(bytes, field));
    case 'int64':
      return String(BigInt.asIntN(64, varintOf(bytes, field)));
    case 'double':
      return doubleOf(bytes.readDoubleLE(valueStart));
    case 'fixed32':
      return bytes.readUInt32LE(valueStart);
    case 'fixed64':
      return String(bytes.readBigUInt64LE(valueStart));
    default:
      return messageAt(bytes, kind, valueStart, end);
  }
}

/** JSON has no number for these. */
function doubleOf(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}
