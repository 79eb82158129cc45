'use client';

import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { withChannels } from './channels.js';
import type {
  AnyMessage,
  ChannelClient,
  ChannelData,
  ChannelMessage,
  ChannelSnapshot,
  ChannelStatus,
  ChannelType,
  DrawbridgeChannels,
  LoadedState,
  Member,
  Members,
  Published,
  PublishData,
  PublishOptions,
  PublishType,
  ResyncReason,
  Subscription,
  TypesOf,
} from './channel-types.js';
import type { DrawbridgeMessages } from './drawbridge.js';
import { useDrawbridge } from './react.js';

/** A handler for each type of interest. */
export type ChannelHandlers<T> = {
  readonly [K in ChannelType<T>]?:
    | ((data: ChannelData<T, K>, message: ChannelMessage<K, ChannelData<T, K>>) => void)
    | undefined;
};

export interface ChannelHookOptions {
  /** As in `Subscription`. */
  readonly onResync?: ((reason: ResyncReason, afterMs: number) => void) | undefined;
  readonly onError?: ((error: unknown) => void) | undefined;
}

export interface ChannelState<T> extends ChannelSnapshot {
  /** The same function for as long as the channel is the same. */
  readonly publish: <K extends PublishType<T>>(
    type: K,
    data: PublishData<T, K>,
    options?: PublishOptions,
  ) => Promise<Published>;
}

export interface PresenceState {
  readonly status: ChannelStatus;
  /** Why the channel, or who is in it, is refused. */
  readonly error: unknown;
  readonly members: readonly Member[];
  readonly count: number;
  readonly partial: boolean;
}

export interface LoadState<S> {
  readonly status: ChannelStatus;
  /** Why the channel is refused, or why loading has failed the last time; that is tried again. */
  readonly error: unknown;
  /** Undefined until it is loaded for the first time. */
  readonly state: S | undefined;
}

/** A name that is null or undefined has no channel. */
type Name = string | null | undefined;

const PENDING: ChannelSnapshot = { status: 'pending', error: null };
const NOBODY: readonly Member[] = [];

/** The client of the nearest provider, with its channels. */
export function useChannels(): ChannelClient {
  return withChannels<DrawbridgeMessages, DrawbridgeChannels>(useDrawbridge());
}

/** What is kept for one channel of one client, and forgotten with it. */
function useOf<V>(of: readonly unknown[], first: V) {
  const [kept, setKept] = useState({ of, value: first });
  const own = kept.of.every((part, at) => part === of[at]);
  if (!own) setKept({ of, value: first });
  const set = (value: (before: V) => V) =>
    setKept((now) => (now.of === of || now.of.every((part, at) => part === of[at]) ? { of, value: value(now.value) } : now));
  return [own ? kept.value : first, set] as const;
}

/** Subscribes while the component is there. What is in `subscription` is called as it is by then. */
function useSubscription(name: Name, subscription: Subscription<any, any>): ChannelSnapshot {
  const client = useChannels();
  const latest = useRef(subscription);
  useEffect(() => {
    latest.current = subscription;
  });
  const [snapshot, setSnapshot] = useOf([client, name], PENDING);
  const presence = !!subscription.onPresence;
  const state = !!subscription.state;
  useEffect(() => {
    if (name == null) return;
    return client.channel(name as string).subscribe({
      onStatus: (next) => setSnapshot(() => next),
      onMessage: (message) => latest.current.onMessage?.(message),
      onResync: (...why) => latest.current.onResync?.(...why),
      onError: (error) => latest.current.onError?.(error),
      ...(presence && { onPresence: (list: Members) => latest.current.onPresence?.(list) }),
      ...(state && {
        state: () => (latest.current.state as NonNullable<typeof subscription.state>)(),
        onState: (data: unknown) => latest.current.onState?.(data),
      }),
    });
  }, [client, name, presence, state]);
  return snapshot;
}

/**
 * Subscribes to a channel while the component is there, however many ask for the same one. Renders
 * again when its status changes, never for a message.
 *
 * @param handlers may change with each render; nothing is subscribed anew for that
 */
export function useChannel<N extends string>(
  name: N | null | undefined,
  handlers?: ChannelHandlers<TypesOf<DrawbridgeChannels, N>>,
  options?: ChannelHookOptions,
): ChannelState<TypesOf<DrawbridgeChannels, N>> {
  const client = useChannels();
  const snapshot = useSubscription(name, {
    ...options,
    onMessage: (message) =>
      (handlers as Record<string, ((data: unknown, message: unknown) => void) | undefined>)?.[message.type]?.(
        message.data,
        message,
      ),
  });
  const publish = useCallback(
    (type: string, data: unknown, more?: PublishOptions) =>
      client.channel(name ?? '').publish(type as never, data as never, more),
    [client, name],
  );
  return useMemo(() => ({ ...snapshot, publish }) as never, [snapshot, publish]);
}

/** Who is in a channel, kept up to date; subscribes to it. */
export function usePresence(name: Name): PresenceState {
  const client = useChannels();
  const [list, setList] = useOf<Omit<PresenceState, 'status'>>([client, name], EMPTY);
  const { status, error } = useSubscription(name, {
    onPresence: ({ members, count, partial }) => setList(() => ({ members, count, partial, error: null })),
    onError: (why) => setList((before) => ({ ...before, error: why })),
  });
  return { ...list, status, error: error ?? list.error };
}

const EMPTY = { members: NOBODY, count: 0, partial: false, error: null };

/**
 * The state that a channel's messages change: loaded first, then one message after the other, and loaded
 * again where messages may be missing.
 *
 * @param load asks the application, such as by `fetch`: on the server first the position, then the data
 * @param reduce pure: the state after a message
 */
export function useChannelState<S, N extends string = string>(
  name: N | null | undefined,
  load: () => LoadedState<S> | Promise<LoadedState<S>>,
  reduce: (state: S, message: AnyMessage<TypesOf<DrawbridgeChannels, N>>) => S,
): LoadState<S> {
  const client = useChannels();
  const [{ state, failure }, set] = useOf<{ state: S | undefined; failure: unknown }>([client, name], UNLOADED);
  const { status, error } = useSubscription(name, {
    state: load,
    onState: (data: S) => set(() => ({ state: data, failure: null })),
    onMessage: (message) =>
      set((before) => ({
        ...before,
        state: reduce(before.state as S, message as AnyMessage<TypesOf<DrawbridgeChannels, N>>),
      })),
    onError: (why) => set((before) => ({ ...before, failure: why })),
  });
  return { state, status, error: error ?? failure };
}

const UNLOADED = { state: undefined, failure: null };
