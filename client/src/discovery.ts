import { DISCOVERY_BUDGET_MS } from './limits.js';
import { tried, type ReconnectTimes, type ServerConfig } from './protocol.js';

/** Where a tab remembers the last server it has found. */
const STORAGE_KEY = 'drawbridge.endpoint';
const CONFIG_PATH = '/ws/config';

/** Where to connect, and where to ask when that fails. */
export interface Endpoint {
  /** `ws:` or `wss:` */
  readonly url: string;
  readonly diagnoseUrl: string;
  readonly reconnect?: ReconnectTimes | undefined;
  /** What answered in the place of a discovery document, for the diagnosis. */
  readonly problem?: string | undefined;
}

/**
 * Never takes longer than the budget, and the last resort is `/ws` of the page's origin.
 *
 * @param url the WebSocket address itself: nothing is asked
 * @param configUrls documents to ask for, in order, after `/ws/config` of the page's origin
 * @throws TypeError when an address is none
 */
export async function discover(
  signal: AbortSignal,
  url: string | URL | undefined,
  configUrls: readonly (string | URL)[] = [],
): Promise<Endpoint> {
  const page = globalThis.document?.baseURI ?? 'http://localhost';
  if (url) return endpoint(new URL(url, page).href, { path: '' });
  // The second one finds an application that lives under a context path.
  const candidates = [CONFIG_PATH, '.' + CONFIG_PATH, ...configUrls];
  const addresses = new Set(candidates.map((candidate) => new URL(candidate, page).href));
  const end = performance.now() + DISCOVERY_BUDGET_MS;
  let left = addresses.size;
  let problem: string | undefined;
  for (const address of addresses) {
    try {
      // A candidate that hangs leaves time for the others.
      const response = await fetch(address, request(signal, (end - performance.now()) / left--));
      const type = response.headers.get('content-type');
      problem ??= `${address} answered ${response.status} ${type}`;
      const config = (response.ok && isJson(response) && (await response.json())) as ServerConfig;
      if (config.configVersion === 1 && config.path[0] === '/') {
        const found = endpoint(address, config);
        // Storage can be forbidden, full or foreign: then nothing is remembered.
        tried(() => sessionStorage.setItem(STORAGE_KEY, JSON.stringify(found)));
        return found;
      }
    } catch {
      // Nothing there, or not in time: the next.
    }
  }
  const last = tried(() => JSON.parse(sessionStorage.getItem(STORAGE_KEY) as string) as Endpoint);
  return last ?? { ...endpoint(page, { path: '/ws' }), problem };
}

/** Bounded in time, and over when the try is over. */
export function request(signal: AbortSignal, limitMs: number): RequestInit {
  const limit = AbortSignal.timeout(Math.max(0, limitMs | 0));
  return { cache: 'no-store', signal: AbortSignal.any([signal, limit]) };
}

export function isJson({ headers }: Response): boolean {
  return /json/.test(headers.get('content-type') as string);
}

function endpoint(
  base: string,
  { path, diagnose = new URL(path, base).pathname + '/diagnose', reconnect }: Partial<ServerConfig> & { path: string },
): Endpoint {
  // http and ws, https and wss: the rest of the address stays.
  const at = (scheme: string, to: string) => {
    const { href, origin } = new URL(to, base);
    // The token goes there, and nobody has named another server.
    if (origin !== new URL(base).origin) throw origin;
    return href.replace(/^(http|ws)/, scheme);
  };
  return { url: at('ws', path), diagnoseUrl: at('http', diagnose), reconnect };
}
