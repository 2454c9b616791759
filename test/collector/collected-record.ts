import { EVENTS } from '../../src/record/events.ts';

/** An attribute as the collector stored it; an int that a number cannot hold exactly is a bigint. */
export type CollectedValue = string | number | bigint | boolean | readonly CollectedValue[];

/** The OTLP type of a value, which the value alone does not tell: an int 5 and a double 5 are the same number. */
export type CollectedType = 'string' | 'int' | 'double' | 'bool' | 'array';

/** One log record of the collector's file, with its resource and scope; what was not set is '', 0 or undefined. */
export interface CollectedRecord {
  readonly eventName: string;
  readonly timeUnixNano: bigint;
  readonly observedTimeUnixNano: bigint;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: CollectedValue | undefined;
  readonly attributes: Record<string, CollectedValue>;
  /** The OTLP type of each of `attributes`. */
  readonly attributeTypes: Record<string, CollectedType>;
  readonly droppedAttributesCount: number;
  readonly resource: Record<string, CollectedValue>;
  readonly scopeName: string;
  readonly scopeVersion: string;
  /** The scope's schema URL, else the resource's. */
  readonly schemaUrl: string;
}

interface AnyValue {
  readonly stringValue?: string;
  readonly intValue?: string | number;
  readonly doubleValue?: number | string;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
}

interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

interface LogRecord {
  readonly timeUnixNano?: string;
  readonly observedTimeUnixNano?: string;
  readonly severityNumber?: number;
  readonly severityText?: string;
  readonly body?: AnyValue;
  readonly attributes?: readonly KeyValue[];
  readonly droppedAttributesCount?: number;
  readonly eventName?: string;
}

interface LogsData {
  readonly resourceLogs?: readonly {
    readonly resource?: { readonly attributes?: readonly KeyValue[] };
    readonly schemaUrl?: string;
    readonly scopeLogs?: readonly {
      readonly scope?: { readonly name?: string; readonly version?: string };
      readonly schemaUrl?: string;
      readonly logRecords?: readonly LogRecord[];
    }[];
  }[];
}

/** The accepts among them: what a test asked for, and not what its host lost of others' accepts meanwhile. */
export function acceptsAmong(records: readonly CollectedRecord[]): CollectedRecord[] {
  return records.filter(({ eventName }) => eventName === EVENTS.accepted.name);
}

/**
 * Flattens one line of OTLP JSON into its records, in their order.
 * Throws on what a map would hide or bend: a key given twice, and a value that is no string, int, double, bool or array of those.
 */
export function parseRecords(line: string): CollectedRecord[] {
  const data: LogsData = JSON.parse(line);
  return (data.resourceLogs ?? []).flatMap(({ resource, schemaUrl: resourceSchemaUrl, scopeLogs }) => {
    const resourceAttributes = readAttributes(resource?.attributes).values;
    return (scopeLogs ?? []).flatMap(({ scope, schemaUrl, logRecords }) =>
      (logRecords ?? []).map((record) => {
        const { values, types } = readAttributes(record.attributes);
        return {
          eventName: record.eventName ?? '',
          timeUnixNano: BigInt(record.timeUnixNano ?? 0),
          observedTimeUnixNano: BigInt(record.observedTimeUnixNano ?? 0),
          severityNumber: record.severityNumber ?? 0,
          severityText: record.severityText ?? '',
          body: record.body === undefined ? undefined : readValue('body', record.body).value,
          attributes: values,
          attributeTypes: types,
          droppedAttributesCount: record.droppedAttributesCount ?? 0,
          resource: resourceAttributes,
          scopeName: scope?.name ?? '',
          scopeVersion: scope?.version ?? '',
          schemaUrl: schemaUrl || resourceSchemaUrl || '',
        };
      }),
    );
  });
}

function readAttributes(attributes: readonly KeyValue[] = []) {
  const values: Record<string, CollectedValue> = {};
  const types: Record<string, CollectedType> = {};
  for (const { key, value } of attributes) {
    if (Object.hasOwn(values, key)) throw new Error(`attribute ${key} is given twice`);
    const read = readValue(key, value);
    values[key] = read.value;
    types[key] = read.type;
  }
  return { values, types };
}

function readValue(key: string, value: AnyValue): { value: CollectedValue; type: CollectedType } {
  if (value.stringValue !== undefined) return { value: value.stringValue, type: 'string' };
  if (value.boolValue !== undefined) return { value: value.boolValue, type: 'bool' };
  // The collector writes NaN and the infinities as strings.
  if (value.doubleValue !== undefined) return { value: Number(value.doubleValue), type: 'double' };
  if (value.intValue !== undefined) {
    const number = Number(value.intValue);
    return { value: Number.isSafeInteger(number) ? number : BigInt(value.intValue), type: 'int' };
  }
  if (value.arrayValue !== undefined) {
    return { value: (value.arrayValue.values ?? []).map((item) => readValue(key, item).value), type: 'array' };
  }
  throw new Error(`${key} is no string, int, double, bool or array: ${JSON.stringify(value)}`);
}
