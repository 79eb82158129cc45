import {
  ConnectionError,
  createClient,
  MessageError,
  type ClientOptions,
  type ConnectionErrorFields,
  type ConnectionSnapshot,
  type DrawbridgeClient,
  type ErrorBody,
  type Welcome,
} from './drawbridge.js';

/** Any message, for what is passed on without a look. */
export type Untyped = DrawbridgeClient<Record<string, { send: unknown; ack: unknown; receive: unknown }>>;

/** What a tab asks the leader for. */
export interface Call {
  readonly from: string;
  readonly n: number;
  readonly what: 'request' | 'send' | 'ping' | 'abort';
  readonly type: string;
  readonly data: unknown;
  readonly timeoutMs: number | undefined;
}

/** What goes through the channel: plain objects, and no token. `leader` and `to` are tabs. */
export type Note =
  | { readonly is: 'hello' }
  | { readonly is: 'bye'; readonly leader: string }
  | { readonly is: 'state'; readonly leader: string; readonly state: ConnectionSnapshot }
  | { readonly is: 'event'; readonly type: string; readonly data: unknown }
  | { readonly is: 'call'; readonly to: string; readonly call: Call }
  | {
      readonly is: 'answer';
      readonly to: string;
      readonly n: number;
      readonly data: unknown;
      readonly error: object | undefined;
    };

/** An error as an object that can be cloned; its cause may be anything and stays here. */
export function plain(reason: unknown): object {
  const { cause: _, stack: __, ...fields } = Object(reason) as Partial<Error>;
  const { name, message = String(reason) } = Object(reason) as Partial<Error>;
  return JSON.parse(JSON.stringify({ ...fields, name, message })) as object;
}

/** The opposite of `plain`. */
export function revived(fields: object): Error {
  const { name, message } = fields as Error;
  const error =
    name === 'ConnectionError'
      ? new ConnectionError(fields as ConnectionErrorFields)
      : name === 'MessageError'
        ? new MessageError(fields as unknown as ErrorBody)
        : new Error(message);
  // The whole text: the constructors would make it anew.
  return Object.assign(error, { message });
}

export function local(code: string, message: string): MessageError {
  return new MessageError({ code, message });
}

/**
 * Whose token it is, read and not checked: a wrong one separates tabs that could share. Without a token
 * the browser's cookies decide, which all tabs have in common.
 *
 * @returns undefined for what cannot be read
 */
export function principal(token: string | null): string | undefined {
  if (token === null) return '';
  try {
    const claims = token.split('.')[1]?.replace(/-/g, '+').replace(/_/g, '/');
    const { iss, sub, aud } = JSON.parse(atob(claims as string)) as Record<string, unknown>;
    return sub ? JSON.stringify([iss, sub, aud]) : undefined;
  } catch {
    return undefined;
  }
}

/** Which server the tabs share, as far as it is known before anybody is asked. */
export function place({ url, configUrls }: ClientOptions, scope: string): string {
  const page = globalThis.document?.baseURI ?? globalThis.location?.href;
  const at = (address: string | URL) => new URL(address, page).href;
  if (typeof url === 'string' || url instanceof URL) return at(url);
  return JSON.stringify([at(scope), typeof url, ...(configUrls ?? []).map(at)]);
}

/** A call of this tab that waits for its answer, or for a leader. */
export interface Waiting {
  readonly call: Call;
  readonly resolve: (data: unknown) => void;
  readonly reject: (reason: unknown) => void;
  /** The tab it was sent to. */
  to?: string;
}

/**
 * Data as it will be on the wire, so that the leader's tab sends what this one would have sent.
 *
 * @throws MessageError what the core refuses, by its own rules
 */
export function encoded(type: string, data: unknown, maxBytes: number | undefined): unknown {
  // A client that goes nowhere.
  (createClient() as unknown as Untyped).send(type, data);
  const text = JSON.stringify({ type, data });
  const bytes = maxBytes ? new TextEncoder().encode(text).length : 0;
  if (maxBytes && bytes > maxBytes)
    throw local('message_too_large', `The message has ${bytes} bytes, the limit is ${maxBytes}`);
  return (JSON.parse(text) as { data?: unknown }).data;
}

/** What `connect` has given out, until there is a welcome or none will come. */
export interface Opening {
  readonly promise: Promise<Welcome>;
  readonly resolve: (welcome: Welcome) => void;
  readonly reject: (reason: unknown) => void;
}

export function newOpening(): Opening {
  const settlers: unknown[] = [];
  const promise = new Promise<Welcome>((...both) => settlers.push(...both));
  // Nobody has to handle it: the snapshot says the same.
  promise.catch(() => {});
  const [resolve, reject] = settlers as [Opening['resolve'], Opening['reject']];
  return { promise, resolve, reject };
}
