import type { ConnectionSnapshot } from './connection.js';
import type {
  AckData,
  DrawbridgeMessages,
  ReceiveData,
  ReceiveType,
  SendData,
  SendType,
} from './messages.js';
import type { Welcome } from './protocol.js';
import type { RequestOptions } from './requests.js';
import type { GetToken } from './token.js';

export interface ClientOptions {
  /**
   * The WebSocket address, asked for before every try when it is a function. Skips discovery.
   * @default found by `/ws/config` of the page's origin
   */
  readonly url?: string | URL | (() => string | URL);
  /** Further discovery documents, for a page that another server delivers. */
  readonly configUrls?: readonly (string | URL)[];
  /**
   * Called before every try, and when the server says that the token is about to expire. Null means
   * no token: the server decides by cookie, if it is set up so. May throw a `ConnectionError` of its
   * own, whose `action` then says whether the client tries again.
   */
  readonly getToken?: GetToken;
  /** Takes the explanations, one per distinct cause. @default console */
  readonly logger?: Pick<Console, 'error'>;
  /** Connects by itself at the first `send`, `request`, `on`, `once` or `onAny`. @default false */
  readonly lazy?: boolean;
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
   * Sends a message that nobody answers; at most once. While there is no connection it waits in a
   * bounded queue.
   *
   * @returns false when it is refused: the queue is full, or the client is closed or failed
   * @throws MessageError `message_too_large`
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
}
