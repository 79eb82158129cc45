import type { DrawbridgeClient, DrawbridgeMessages, MessageError, RequestOptions } from './drawbridge.js';

/**
 * The application's channels: the prefix of a rule, and below it the types of its messages. The
 * server's `MessageMap` writes it; an application can add its own by augmentation:
 *
 * ```ts
 * declare module '@drawbridge/client/channels' {
 *   interface DrawbridgeChannels {
 *     'room:': { 'chat.message': { publish: ChatMessage; receive: ChatMessage } };
 *   }
 * }
 * ```
 */
export interface DrawbridgeChannels {}

/** The prefixes in the map that a name begins with. */
type Prefixes<C, Name extends string> = {
  [K in keyof C & string]: Name extends `${K}${string}` ? K : never;
}[keyof C & string];

/** The one of them that the others begin. */
type Longest<All extends string, One extends string = All> = One extends unknown
  ? [{ [K in All]: One extends `${K}${string}` ? never : K }[All]] extends [never]
    ? One
    : never
  : never;

/** What the map says of a channel; without a word of it, any type may carry anything. */
export type TypesOf<C, Name extends string> = [Prefixes<C, Name>] extends [never]
  ? Record<string, { publish: unknown; receive: unknown }>
  : C[Longest<Prefixes<C, Name>> & keyof C];

type Having<T, Side extends string> = {
  [K in keyof T]: T[K] extends Record<Side, unknown> ? K : never;
}[keyof T] &
  string;
type Side<T, K, Name extends string> = K extends keyof T
  ? T[K] extends Record<Name, infer Data>
    ? Data
    : never
  : never;

export type PublishType<T> = Having<T, 'publish'>;
export type PublishData<T, K> = Side<T, K, 'publish'>;
export type ChannelType<T> = Having<T, 'receive'>;
export type ChannelData<T, K> = Side<T, K, 'receive'>;

/** A place in the log of a deployment. Places of different epochs have no order. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

/** One message of a channel, as it came. */
export interface ChannelMessage<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly channel: string;
  readonly seq: number;
  /** The user whose client has published it; absent when the application has. */
  readonly from?: string;
  readonly data: Data;
}

/** Any message of a channel; its `type` tells what its data is. */
export type AnyMessage<T> = {
  [K in ChannelType<T>]: ChannelMessage<K, ChannelData<T, K>>;
}[ChannelType<T>];

/** Where a publish stands in the log. */
export interface Published extends Position {
  /** It was there already, under the same key. */
  readonly duplicate?: boolean;
}

export interface PublishOptions extends Omit<RequestOptions, 'channel'> {
  /**
   * 1 to 64 characters without control characters, new for each message. With it a publish whose outcome is not
   * known (`publish_unknown`, `connection_lost`) is repeated once, and is in the channel once all the same.
   */
  readonly key?: string;
}

export interface Member {
  readonly subject: string;
  readonly displayName: string;
  /** Epoch milliseconds; of those who came since the list was read it is not known. */
  readonly since?: number;
  readonly connections?: number;
}

export interface Members {
  readonly members: readonly Member[];
  readonly count: number;
  /** There are more than are listed. */
  readonly partial: boolean;
  /** The place in the log at which it is true. */
  readonly seq: number;
}

/** A state, and a position read before it. */
export interface LoadedState<S> extends Position {
  readonly data: S;
}

/** Why messages may be missing: a word of PROTOCOL.md, or that another user has logged in. */
export type ResyncReason =
  | 'epoch_changed'
  | 'too_old'
  | 'too_many'
  | 'node_behind'
  | 'principal_changed';

/**
 * - `pending`: will be subscribed as soon as there is a connection
 * - `subscribed`
 * - `refused`: the server has said no, and `error` why; asked again with the next connection
 */
export type ChannelStatus = 'pending' | 'subscribed' | 'refused';

export interface ChannelSnapshot {
  readonly status: ChannelStatus;
  readonly error: MessageError | null;
}

/** All of it is optional: who only wants to hear `onPresence` gives that alone. */
export interface Subscription<T, S = unknown> {
  /** Every message, once and in order. */
  readonly onMessage?: ((message: AnyMessage<T>) => void) | undefined;
  /** At once, and whenever it changes. */
  readonly onStatus?: ((now: ChannelSnapshot) => void) | undefined;
  /**
   * Continuity is lost: messages may be missing, and those that come are the ones after this.
   *
   * @param afterMs a random wait that the server asks for, so that not everybody loads at once
   */
  readonly onResync?: ((reason: ResyncReason, afterMs: number) => void) | undefined;
  /** The channel, or who is in it, is refused; or `state` has failed and will be tried again. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Who is there, whenever that changes. The server's rule must allow it. */
  readonly onPresence?: ((present: Members) => void) | undefined;
  /**
   * Loads what the channel's messages change: on the server first the position, then the data. Its
   * messages come after it, and only those that it does not hold. Asked again after a resync.
   */
  readonly state?: (() => LoadedState<S> | Promise<LoadedState<S>>) | undefined;
  readonly onState?: ((data: S) => void) | undefined;
}

/** One channel by its name; the same name is the same subscription, whoever asks for it. */
export interface Channel<T> {
  readonly name: string;

  /**
   * Calls the handler with each message of a type. The first listener of a channel subscribes it, and
   * the end of the last one unsubscribes. @returns its undo, safe to call twice
   */
  readonly on: <K extends ChannelType<T>>(
    type: K,
    handler: (data: ChannelData<T, K>, message: ChannelMessage<K, ChannelData<T, K>>) => void,
  ) => () => void;

  /** Listens to everything that a channel has. @returns its undo, safe to call twice */
  readonly subscribe: <S = unknown>(subscription: Subscription<T, S>) => () => void;

  /** As `subscribe` with `onPresence` alone. */
  readonly onPresence: (handler: (present: Members) => void) => () => void;

  /**
   * Publishes; needs no subscription. Waits for a connection as a request does.
   *
   * @returns where it stands in the log; rejects as `request` does, with the codes of channels too
   */
  readonly publish: <K extends PublishType<T>>(
    type: K,
    data: PublishData<T, K>,
    options?: PublishOptions,
  ) => Promise<Published>;

  /** Asks who is there. */
  readonly presence: (options?: Omit<RequestOptions, 'channel'>) => Promise<Members>;
}

/** A client that speaks of channels, too. */
export interface ChannelClient<M extends object = DrawbridgeMessages, C extends object = DrawbridgeChannels>
  extends DrawbridgeClient<M> {
  readonly channel: <Name extends string>(name: Name) => Channel<TypesOf<C, Name>>;
}
