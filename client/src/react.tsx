'use client';

import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from 'react';
import {
  createClient,
  IDLE,
  MessageError,
  type AckData,
  type ClientOptions,
  type ConnectionError,
  type ConnectionSnapshot,
  type ConnectionStatus as Status,
  type DrawbridgeClient,
  type DrawbridgeMessages as Messages,
  type ReceiveData,
  type ReceiveType,
  type RequestOptions,
  type SendData,
  type SendType,
} from './drawbridge.js';

const Context = createContext<DrawbridgeClient | null>(null);

export type DrawbridgeProviderProps<M extends object = Messages> = {
  readonly children?: ReactNode;
  /**
   * False: the provider does not connect, and closes the client that it has made itself.
   * @default true
   */
  readonly enabled?: boolean | undefined;
} & (
  | {
      /** Made elsewhere, so that code outside React can use it too; who made it closes it. */
      readonly client: DrawbridgeClient<M>;
      readonly options?: undefined;
    }
  | {
      /**
       * Followed when they change: a function or `logger` is taken as it is by then, and the connection
       * stays; anything else, compared by value, is another connection.
       */
      readonly options?: ClientOptions | undefined;
      readonly client?: undefined;
    }
);

/** Connects when it mounts; what it has connected itself it closes when it is gone. */
export function DrawbridgeProvider<M extends object = Messages>({
  client,
  options = {},
  enabled = true,
  children,
}: DrawbridgeProviderProps<M>): ReactNode {
  const own = useOwnClient(options, enabled);
  const used = (client as unknown as DrawbridgeClient | undefined) ?? own;
  // In the numbers of React, so that the cleanup can tell a remount in the same task from the end.
  const mounts = useRef(new Map<DrawbridgeClient, number>());
  const { lazy } = options;
  useEffect(() => {
    if (!enabled) return;
    const all = mounts.current;
    const count = (by: number) => all.set(used, (all.get(used) ?? 0) + by);
    count(1);
    if (client || !lazy) void used.connect();
    return () => {
      count(-1);
      if (!client) setTimeout(() => all.get(used) || used.close());
    };
  }, [client, used, enabled, lazy]);
  return <Context.Provider value={used}>{children}</Context.Provider>;
}

type Functions = Record<string, ((...all: unknown[]) => unknown) | undefined>;

/** A class, and no function to call. */
const isFollowed = ([name, value]: readonly [string, unknown]) =>
  typeof value === 'function' && name !== 'WebSocket';

/** A client that asks the functions of the latest options, and another one when the rest changes. */
function useOwnClient(options: ClientOptions, enabled: boolean): DrawbridgeClient {
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  const create = () => {
    const { getToken, logger, lazy, ...others } = options;
    const entries = Object.entries({ ...others, lazy: lazy && enabled });
    const following = entries.filter(isFollowed).map(([name]) => [
      name,
      (...all: unknown[]) => (latest.current as Functions)[name]?.(...all),
    ]);
    return createClient({
      ...others,
      ...Object.fromEntries(following),
      // A lazy client that is switched off must not connect at its first use.
      lazy: !!lazy && enabled,
      // What it returns is for the client to judge: nothing is no token.
      getToken: (context) => (latest.current.getToken ? latest.current.getToken(context) : null),
      logger: {
        error: (...all) => {
          const { logger: log = console } = latest.current;
          log?.error(...all);
        },
      },
    });
  };
  const now = lasting({ ...options, lazy: !!options.lazy && enabled });
  const [made, setMade] = useState(() => ({ client: create(), by: now }));
  if (now.length === made.by.length && now.every((part, at) => part === made.by[at]))
    return made.client;
  const next = { client: create(), by: now };
  setMade(next);
  return next.client;
}

/** What a client keeps for life, as parts that can be compared. */
function lasting({ getToken, logger, ...others }: ClientOptions): readonly unknown[] {
  return Object.entries(others)
    .filter(([, value]) => value !== undefined)
    .flatMap(([name, value]) => [
      name,
      isFollowed([name, value]) || (typeof value === 'function' ? value : JSON.stringify(value)),
    ]);
}

/** The client of the nearest provider, for everything the hooks below do not cover. */
export function useDrawbridge<M extends object = Messages>(): DrawbridgeClient<M> {
  const client = useContext(Context);
  if (!client) throw new Error('useDrawbridge needs a <DrawbridgeProvider> above');
  return client as unknown as DrawbridgeClient<M>;
}

const onServer = () => IDLE;

/** Renders again when the state of the connection changes, never for a message. */
export function useConnectionState(): ConnectionSnapshot {
  const { subscribe, getSnapshot } = useDrawbridge();
  return useSyncExternalStore(subscribe, getSnapshot, onServer);
}

/** The present cause, or null. */
export function useConnectionError(): ConnectionError | null {
  const { subscribe, getSnapshot } = useDrawbridge();
  const error = () => getSnapshot().error;
  return useSyncExternalStore(subscribe, error, () => null);
}

/** Calls the latest handler with every message of the type; renders nothing by itself. */
export function useMessage<K extends ReceiveType<Messages>>(
  type: K,
  handler: (data: ReceiveData<Messages, K>) => void,
): void {
  const client = useDrawbridge();
  const latest = useRef(handler);
  useEffect(() => {
    latest.current = handler;
  });
  useEffect(() => client.on(type, (data) => latest.current(data)), [client, type]);
}

export interface RequestState<K, M = Messages> {
  readonly pending: boolean;
  readonly data: AckData<M, K> | undefined;
  readonly error: MessageError | ConnectionError | undefined;
}

/** What has no name of ours, such as the reason of an aborted signal, gets one. */
function named(reason: unknown, signal: AbortSignal | undefined): MessageError | ConnectionError {
  const { name, message = String(reason) } = (reason ?? {}) as Partial<Error>;
  // By name: a client can come from the other one of the two formats, with classes of its own.
  if (/^(Message|Connection)Error$/.test(`${name}`)) return reason as MessageError;
  const code = signal?.aborted ? 'aborted' : 'not_sent';
  return Object.assign(new MessageError({ code, message }), { cause: reason });
}

/** A function that sends a message which nobody answers; false when it is refused. */
export function useSend<K extends SendType<Messages>>(
  type: K,
): (data: SendData<Messages, K>) => boolean {
  const client = useDrawbridge();
  return useCallback((data) => client.send(type, data), [client, type]);
}

/** A function that sends a request, and what became of its last call. A later call takes over. */
export function useRequest<K extends SendType<Messages>>(
  type: K,
): readonly [
  (data: SendData<Messages, K>, options?: RequestOptions) => Promise<AckData<Messages, K>>,
  RequestState<K>,
] {
  const client = useDrawbridge();
  const last = useRef<unknown>(null);
  const [shown, setShown] = useState<{ by: unknown; of: K; state: RequestState<K> }>({
    by: client,
    of: type,
    state: QUIET,
  });
  // Of another type or client, an outcome says nothing here. Not compared by `run`: an edit of the
  // component makes React's fast refresh build that anew.
  const own = shown.by === client && shown.of === type;
  if (!own) setShown({ by: client, of: type, state: QUIET });
  const run = useCallback(
    (data: SendData<Messages, K>, options?: RequestOptions) => {
      const answer = client.request(type, data, options);
      const show = (change: Partial<RequestState<K>>) =>
        last.current === answer &&
        setShown({ by: client, of: type, state: { ...QUIET, ...change } });
      last.current = answer;
      show({ pending: true });
      answer.then(
        (ack) => show({ data: ack }),
        (reason) => show({ error: named(reason, options?.signal) }),
      );
      return answer;
    },
    [client, type],
  );
  return [run, own ? shown.state : QUIET];
}

/** The hooks of a client with a map of its own, `createClient<M>()`: the same functions, typed by it. */
export interface Hooks<M extends object> {
  readonly useDrawbridge: () => DrawbridgeClient<M>;
  readonly useMessage: <K extends ReceiveType<M>>(
    type: K,
    handler: (data: ReceiveData<M, K>) => void,
  ) => void;
  readonly useRequest: <K extends SendType<M>>(
    type: K,
  ) => readonly [
    (data: SendData<M, K>, options?: RequestOptions) => Promise<AckData<M, K>>,
    RequestState<K, M>,
  ];
  readonly useSend: <K extends SendType<M>>(type: K) => (data: SendData<M, K>) => boolean;
}

export function createHooks<M extends object>(): Hooks<M> {
  return { useDrawbridge, useMessage, useRequest, useSend } as unknown as Hooks<M>;
}

const QUIET = { pending: false, data: undefined, error: undefined };

const WORDS: Readonly<Record<Status, string>> = {
  idle: 'Not connected',
  connecting: 'Connecting',
  open: 'Connected',
  waiting: 'Reconnecting',
  suspended: 'Paused',
  failed: 'Not connected',
  closed: 'Closed',
};

/**
 * The state in a word, and the cause with its fix while there is one. Without style of its own:
 * `data-status` is there for a style sheet.
 */
export function ConnectionStatus({
  className,
}: {
  readonly className?: string | undefined;
}): ReactNode {
  const { status, error } = useConnectionState();
  return (
    <span role="status" className={className} data-status={status}>
      {WORDS[status]}
      {error && `: ${error.message}`}
    </span>
  );
}
