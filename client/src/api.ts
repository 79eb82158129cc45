import type { ConnectionSnapshot } from './connection.js';
import type {
  AckData,
  DrawbridgeMessages,
  ReceiveData,
  ReceiveType,
  SendData,
  SendType,
} from './messages.js';
import type { Frame, ReconnectTimes, Welcome } from './protocol.js';
import type { RequestOptions } from './outbox.js';
import type { WebSocketClass } from './socket.js';
import type { GetToken } from './token.js';

export interface ClientOptions {
  /**
   * The WebSocket address, asked for before every try when it is a function. Skips discovery.
   * @default found by `ws/config` beside the page, or `/ws/config` of its origin
   */
  readonly url?: string | URL | (() => string | URL | Promise<string | URL>) | undefined;
  /** Discovery documents, asked for in order; then nothing else is, not even the page's own origin. */
  readonly configUrls?: readonly (string | URL)[] | undefined;
  /**
   * Called before every try, and when the server says that the token is about to expire; one call at
   * a time. Null means no token: the server decides by cookie, if it is set up so. May throw a
   * `ConnectionError` of its own, whose `action` then says whether the client tries again.
   */
  readonly getToken?: GetToken | undefined;
  /** Takes the explanations, one per code until a connection has held; null takes none. @default console */
  readonly logger?: Pick<Console, 'error'> | null | undefined;
  /** Connects by itself at the first `send`, `request`, `on`, `once` or `onAny`. @default false */
  readonly lazy?: boolean | undefined;
  /** First time-out of discovery and of the opening, doubled by each failed try up to 30 s. @default 4 000 */
  readonly openTimeoutMs?: number | undefined;
  /** Back-off between tries, over what the server says. @default 500 ms, 30 s, stable after 5 s */
  readonly backoff?: ReconnectTimes | undefined;
  /** How long a request waits for its answer. @default 35 000 */
  readonly requestTimeoutMs?: number | undefined;
  /** How many messages wait without a connection. @default 256 */
  readonly maxQueued?: number | undefined;
  /** How many bytes of them. @default 1 048 576 */
  readonly maxQueuedBytes?: number | undefined;
  /** For a runtime without one of its own. @default that of the runtime */
  readonly WebSocket?: WebSocketClass | undefined;
}

/**
 * One connection to a Drawbridge server, kept up until `close`. Knows no framework; `subscribe` and
 * `getSnapshot` have the shape that `useSyncExternalStore` wants. Every member can be passed around
 * without its object.
 */
export interface DrawbridgeClient<M extends object = DrawbridgeMessages> {
  /**
   * Connects and stays connected. Safe to call again; leaves `failed` and `closed`.
   *
   * @returns at the first `welcome`; rejects with a `ConnectionError` when trying further is of no
   *     use, and with a `MessageError` (`closed`) when `close` comes first. A caller that follows the
   *     snapshot may ignore it.
   */
  readonly connect: () => Promise<Welcome>;

  /** Ends the connection and everything that waits for it; `connect` may follow. */
  readonly close: () => void;

  /**
   * For a logout: as `close`, and forgets what it knows of the user and the server; `idle`, as if just
   * made. Handlers and listeners stay.
   */
  readonly reset: () => void;

  /**
   * Sends a message that nobody answers; at most once. While there is no connection it waits in a
   * bounded queue.
   *
   * @returns false when it is refused: the queue is full, or the client is closed or failed
   * @throws MessageError `message_too_large`, `not_serializable`
   */
  readonly send: <K extends SendType<M>>(type: K, data: SendData<M, K>) => boolean;

  /**
   * Sends a message and waits for the server's handler to finish.
   *
   * @returns the ack's data; rejects with a `MessageError` of the server's code, or `connection_lost`
   *     when the outcome is not known
   */
  readonly request: <K extends SendType<M>>(
    type: K,
    data: SendData<M, K>,
    options?: RequestOptions,
  ) => Promise<AckData<M, K>>;

  /** @returns the round trip to the server and back, in milliseconds */
  readonly ping: (options?: RequestOptions) => Promise<number>;

  /**
   * Calls the handler with each message's data, in order. As with DOM listeners, the same function
   * given twice is one. @returns its undo, safe to call twice
   */
  readonly on: <K extends ReceiveType<M>>(
    type: K,
    handler: (data: ReceiveData<M, K>) => void,
  ) => () => void;

  /** As `on`, for the next message of the type alone. */
  readonly once: <K extends ReceiveType<M>>(
    type: K,
    handler: (data: ReceiveData<M, K>) => void,
  ) => () => void;

  /** Calls the handler with everything that `on` could hear, after those of `on`. @returns its undo */
  readonly onAny: (handler: (type: string, data: unknown) => void) => () => void;

  /** The present state; the same object until something changes. */
  readonly getSnapshot: () => ConnectionSnapshot;

  /** Calls back after every change of the snapshot. @returns its undo, safe to call twice */
  readonly subscribe: (listener: () => void) => () => void;

  /**
   * For the entries of this package, such as that of channels; absent where the connection is shared.
   *
   * @param tap gets each frame first, and keeps from everybody else what it returns true for
   * @returns a function that sends a frame at once, before whatever waits, or loses it without a
   *     connection (from a listener of the snapshot it is the first one after `welcome`), and one that
   *     calls the handlers of a type
   */
  readonly extend?: (
    tap: (frame: Frame) => unknown,
  ) => readonly [control: (frame: Frame) => void, emit: (type: string, ...all: unknown[]) => void];
}
