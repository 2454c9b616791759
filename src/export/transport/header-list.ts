/** What the body's own length makes of these is right; a proxy may read them otherwise than the server. */
const OF_THE_BODY = new Set(['content-length', 'transfer-encoding']);

/**
 * The headers of requests to `url` as names and values in turn, each name once whatever its case, the last one winning;
 * `Host` and the URL's credentials among them, unless `headers` has others. Without `Content-Length`.
 */
export function headerList(url: URL, headers: Readonly<Record<string, string>>): string[] {
  const byName = new Map<string, readonly [string, string]>();
  const { username, password } = url;
  const credentials = username || password ? { Authorization: basic(username, password) } : {};
  for (const [name, value] of Object.entries({ Host: url.host, ...credentials, ...headers })) {
    byName.set(name.toLowerCase(), [name, value]);
  }
  return [...byName].flatMap(([name, header]) => (OF_THE_BODY.has(name) ? [] : header));
}

function basic(username: string, password: string): string {
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}
