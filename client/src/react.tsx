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
  type AckData,
  type ClientOptions,
  type ConnectionError,
  type ConnectionSnapshot,
  type ConnectionStatus as Status,
  type DrawbridgeClient,
  type DrawbridgeMessages as Messages,
  type MessageError,
  type ReceiveData,
  type ReceiveType,
  type RequestOptions,
  type SendData,
  type SendType,
} from './drawbridge.js';

const Context = createContext<DrawbridgeClient | null>(null);

/** How many mounted providers use a client: StrictMode and HMR mount twice, one connection serves both. */
const users = new WeakMap<object, number>();

export type DrawbridgeProviderProps = { readonly children?: ReactNode } & (
  | { /** Made elsewhere, so that code outside React can use it too. */ readonly client: DrawbridgeClient }
  | { /** Read once, when the provider mounts first. */ readonly options?: ClientOptions }
);

/** Connects when it mounts, closes when it is gone. */
export function DrawbridgeProvider(props: DrawbridgeProviderProps): ReactNode {
  const given = 'client' in props ? props.client : undefined;
  const [own] = useState(() => given ?? createClient('options' in props ? props.options : {}));
  const client = given ?? own;
  useEffect(() => {
    users.set(client, (users.get(client) ?? 0) + 1);
    void client.connect();
    return () => {
      users.set(client, (users.get(client) ?? 0) - 1);
      // A remount follows in the same task.
      setTimeout(() => users.get(client) || client.close());
    };
  }, [client]);
  return <Context.Provider value={client}>{props.children}</Context.Provider>;
}

/** The client of the nearest provider, for everything the hooks below do not cover. */
export function useDrawbridge(): DrawbridgeClient {
  const client = useContext(Context);
  if (!client) throw new Error('useDrawbridge needs a <DrawbridgeProvider> above');
  return client;
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

export interface RequestState<K> {
  readonly pending: boolean;
  readonly data: AckData<Messages, K> | undefined;
  readonly error: MessageError | undefined;
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
        (error: MessageError) => show({ error }),
      );
      return answer;
    },
    [client, type],
  );
  return [run, own ? shown.state : QUIET];
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
export function ConnectionStatus({ className }: { readonly className?: string }): ReactNode {
  const { status, error } = useConnectionState();
  return (
    <span role="status" className={className} data-status={status}>
      {WORDS[status]}
      {error && `: ${error.message}`}
    </span>
  );
}
