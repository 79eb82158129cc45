import { tried, type ReconnectTimes, type ServerConfig } from './protocol.js';
import { Cause, inquire, localError, stranger } from './diagnosis.js';
import type { ConnectionError } from './errors.js';

/** Where to connect, and where to ask when that fails. */
export interface Endpoint {
  /** `ws:` or `wss:` */
  readonly url: string;
  readonly diagnoseUrl: string;
  readonly reconnect?: ReconnectTimes | undefined;
  /** What answered in the place of a discovery document, for the diagnosis. */
  readonly problem?: string | undefined;
}

/** @returns undefined for what is no discovery document, or leads to another server than was asked */
const endpoint = (at: string, asked: string, json: unknown): Endpoint | undefined =>
  tried(() => {
    const { configVersion, path, diagnose, reconnect } = json as ServerConfig;
    // What a proxy has put in front of the paths that the server knows.
    const [prefix, rest] = new URL(at).pathname.split(path + '/config');
    const resolved = (ref: string) => {
      const { href, origin } = new URL(ref[0] === '/' && rest === '' ? prefix + ref : ref, at);
      // The token goes there, and nobody has named another server.
      if (configVersion !== 1 || !path[0] || origin !== new URL(asked).origin) throw origin;
      return href;
    };
    const found = explicit(resolved(path));
    return { ...found, ...(diagnose && { diagnoseUrl: resolved(diagnose) }), reconnect };
  });

const explicit = (address: string): Endpoint => ({
  // http and ws, https and wss: the rest of the address stays.
  url: address.replace(/^http/, 'ws').replace(/#.*/, ''),
  diagnoseUrl: address.replace(/^ws/, 'http').replace(/\/?([?#].*)?$/, '/diagnose'),
});

/**
 * Asks for `ws/config` beside the page and in each folder above it, so that an application under a
 * context path comes before one at the root; the next one only where something answers that is not
 * Drawbridge. The last resort is `/ws` of the page's origin.
 *
 * @param url the WebSocket address itself: nothing is asked
 * @param configUrls documents to ask for in order, and no others
 * @throws ConnectionError when an address is none, or none of the named documents is there
 */
export const discover = async (
  signal: AbortSignal,
  url: string | URL | undefined,
  configUrls?: readonly (string | URL)[] | null,
  limitMs = 4_000,
): Promise<Endpoint> => {
  // A worker has no document, and where it comes from may be a `blob:`.
  const page = /^(blob:)?(http.*)/.exec(
    (globalThis.document?.baseURI ?? globalThis.location?.href) as string,
  )?.[2];
  const absolute = (to: string | URL) => {
    try {
      const { href } = new URL(to, page);
      // React Native's own class adds a slash to an address that is absolute already.
      return /^\w+:/.test(`${to}`) ? `${to}` : href;
    } catch {
      throw localError(Cause.url_invalid, { stage: 'discovery' });
    }
  };
  if (url !== undefined) return explicit(absolute(url));
  if (!globalThis.fetch) throw localError(Cause.no_fetch, { stage: 'discovery' });
  const named = configUrls?.length;
  const addresses = (
    named
      ? configUrls
      : // Each slash behind those of `https://` ends a folder.
        (absolute('.').match(/\//g) as string[]).slice(2).map((_, up) => '../'.repeat(up) + 'ws/config')
  ).map(absolute);
  let known: Endpoint | undefined;
  let cause: ConnectionError | undefined;
  for (const address of addresses) {
    // Where a tab remembers the document that it has found.
    const key = 'drawbridge ' + address;
    try {
      const [answer, json] = await inquire(
        address,
        signal,
        limitMs / addresses.length,
        localError(Cause.server_unreachable, { stage: 'discovery', hint: address }),
      );
      const found = answer.ok && endpoint(answer.url || address, address, json);
      if (found) {
        // Storage can be forbidden, full or foreign: then nothing is remembered.
        tried(() => sessionStorage.setItem(key, JSON.stringify(json)));
        return found;
      }
      throw stranger('discovery', `${address} answered ${answer.status} ${answer.headers.get('content-type')}`, answer);
    } catch (why) {
      known ??= tried(() =>
        endpoint(address, address, JSON.parse(sessionStorage.getItem(key) as string)),
      );
      cause = (named && cause) || (why as ConnectionError);
      // The next one, at the root, may be another application: the token is not for that.
      if (!named && (known || cause.code !== 'path_wrong')) break;
    }
  }
  if (known) return known;
  if (!named && cause?.code === 'path_wrong')
    return { ...explicit(absolute('/ws')), problem: cause.hint };
  throw cause;
};
