import type { ServerConfig } from './protocol.js';

/** Discovery may cost this much of the time to connect, in milliseconds, whatever hangs. */
export const DISCOVERY_BUDGET_MS = 800;

/** How long a tab trusts the last document it has seen. */
const REMEMBERED_MS = 24 * 3_600_000;
const STORAGE_KEY = 'drawbridge.config';
const DEFAULT_CONFIG = '/ws/config';

/** Where to connect, and how that was found out. */
export interface Endpoint {
  /** `ws:` or `wss:` */
  readonly url: string;
  readonly diagnoseUrl: string;
  readonly source: 'url' | 'config' | 'remembered' | 'default';
  readonly config?: ServerConfig;
  /** What answered in the place of a discovery document, for the diagnosis. */
  readonly problem?: string;
}

export interface DiscoveryOptions {
  /** The WebSocket address itself; nothing is asked. */
  readonly url?: string | URL | undefined;
  /** Documents to ask for, in order, after `/ws/config` of the page's origin. */
  readonly configUrls?: readonly (string | URL)[] | undefined;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
}

/** Never fails and never takes longer than the budget: the last resort is `/ws` of the page's origin. */
export async function discover(options: DiscoveryOptions): Promise<Endpoint> {
  const page = globalThis.document?.baseURI ?? 'http://localhost';
  if (options.url !== undefined) return explicit(new URL(options.url, page));
  // The second one finds an application that lives under a context path.
  const candidates = new Set(
    [DEFAULT_CONFIG, '.' + DEFAULT_CONFIG, ...(options.configUrls ?? [])].map(
      (candidate) => new URL(candidate, page).href,
    ),
  );
  const started = Date.now();
  let problem: string | undefined;
  let left = candidates.size;
  for (const candidate of candidates) {
    // A candidate that hangs leaves time for the others.
    const budgetMs = (DISCOVERY_BUDGET_MS - (Date.now() - started)) / left--;
    const found = await ask(candidate, budgetMs, options);
    if (typeof found !== 'string') {
      remember(candidate, found);
      return endpoint(candidate, found, 'config');
    }
    problem ??= found || undefined;
  }
  const last = recall();
  if (last) return endpoint(last.from, last.config, 'remembered');
  const config: ServerConfig = { configVersion: 1, path: '/ws', protocols: [] };
  const fallback = endpoint(new URL(DEFAULT_CONFIG, page).href, config, 'default');
  return problem === undefined ? fallback : { ...fallback, problem };
}

/** The document, or in words what answered instead; empty when nothing did. */
async function ask(
  url: string,
  budgetMs: number,
  { fetch, signal }: DiscoveryOptions,
): Promise<ServerConfig | string> {
  const limit = new AbortController();
  const stop = () => limit.abort();
  const timer = setTimeout(stop, budgetMs);
  signal.addEventListener('abort', stop);
  try {
    const response = await fetch(url, { cache: 'no-store', signal: limit.signal });
    const found = `${url} answered ${response.status} ${response.headers.get('content-type') ?? ''}`;
    if (!response.ok || !isJson(response)) return found;
    const config = (await response.json()) as ServerConfig;
    return config?.configVersion === 1 && typeof config.path === 'string' && config.path[0] === '/'
      ? config
      : `${found}, but not a Drawbridge configuration`;
  } catch {
    return '';
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

export function isJson(response: Response): boolean {
  return /[/+]json\b/.test(response.headers.get('content-type') ?? '');
}

function explicit(url: URL): Endpoint {
  const diagnose = new URL(url);
  diagnose.pathname += '/diagnose';
  return { url: swap(url, 'ws'), diagnoseUrl: swap(diagnose, 'http'), source: 'url' };
}

function endpoint(from: string, config: ServerConfig, source: Endpoint['source']): Endpoint {
  return {
    url: swap(new URL(config.path, from), 'ws'),
    diagnoseUrl: new URL(config.diagnose ?? config.path + '/diagnose', from).href,
    source,
    config,
  };
}

/** http <-> ws and https <-> wss; the rest of the address stays. */
function swap(url: URL, scheme: 'ws' | 'http'): string {
  return url.href.replace(/^(ws|http)/, scheme);
}

// Storage can be forbidden, full or foreign: then nothing is remembered.
function remember(from: string, config: ServerConfig): void {
  try {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify({ from, config, at: Date.now() }));
  } catch {}
}

function recall(): { from: string; config: ServerConfig } | undefined {
  try {
    const last = JSON.parse(sessionStorage.getItem(STORAGE_KEY) as string) as {
      from: string;
      config: ServerConfig;
      at: number;
    };
    if (Date.now() - last.at < REMEMBERED_MS && last.config.path[0] === '/') return last;
  } catch {}
  return undefined;
}
