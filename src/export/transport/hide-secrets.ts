import { parseKeyPairsIntoRecord } from '@opentelemetry/core';

/** Shorter texts are no secrets, and hiding them would make a message unreadable. */
const SHORTEST = 4;

/**
 * A function that replaces, in a text from outside, what we sent in confidence by `***`: header values with their words,
 * Basic credentials also as they are before base64, and the user, password and query of the URL.
 *
 * A server may say whatever it likes, also what it was sent, and warnings quote it.
 */
export function hideSecrets(url: string, headers: Readonly<Record<string, string>>): (text: string) => string {
  return hider([...urlSecrets(new URL(url)), ...Object.values(headers).flatMap(headerSecrets)]);
}

/** The same for all that the OTEL_ variables have of headers and endpoints, whatever signal they are for. */
export function hideSecretsOf(environment: NodeJS.ProcessEnv): (text: string) => string {
  const otlp = Object.entries(environment).filter(([name]) => name.startsWith('OTEL_EXPORTER_OTLP_'));
  return hider(
    otlp.flatMap(([name, text = '']) => {
      if (name.endsWith('_HEADERS')) return Object.values(parseKeyPairsIntoRecord(text)).flatMap(headerSecrets);
      return name.endsWith('_ENDPOINT') && URL.canParse(text.trim()) ? urlSecrets(new URL(text.trim())) : [];
    }),
  );
}

function hider(texts: readonly string[]): (text: string) => string {
  const secrets = texts.filter((text) => text.length >= SHORTEST).sort((a, b) => b.length - a.length);
  return (text) => secrets.reduce((hidden, secret) => hidden.replaceAll(secret, '***'), text);
}

function urlSecrets({ username, password, search, searchParams }: URL): string[] {
  return [username, password, search.slice(1)]
    .flatMap((text) => [text, decoded(text)])
    .concat([...searchParams.values()]);
}

function headerSecrets(value: string): string[] {
  const words = value.split(/\s+/);
  // The scheme of an Authorization header is none.
  const [scheme = '', credentials = ''] = words;
  if (words.length > 1) words.shift();
  const plain = /^basic$/i.test(scheme) ? Buffer.from(credentials, 'base64').toString() : '';
  return [value, ...words, plain, ...plain.split(':')];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
