import type { ControlMessages } from './protocol.js';

/**
 * The application's messages, one member per type; an application adds its own by augmentation, and
 * every call of the client and of the React hooks is checked against it:
 *
 * ```ts
 * declare module '@drawbridge/client' {
 *   interface DrawbridgeMessages {
 *     'chat.send': { send: ChatSend; ack: Sent };   // what we send, and what its ack holds
 *     'chat.message': { receive: ChatMessage };     // what the server pushes
 *   }
 * }
 * ```
 */
export interface DrawbridgeMessages {}

/** Without a map, any type may carry anything. */
type Untyped = Record<string, { send: unknown; ack: unknown; receive: unknown }>;
export type MessagesOf<M> = keyof M extends never ? Untyped : M;

type Having<M, Side extends string> = {
  [K in keyof M]: M[K] extends Record<Side, unknown> ? K : never;
}[keyof M] &
  string;
type Side<M, K, Name extends string> = K extends keyof M
  ? M[K] extends Record<Name, infer Data>
    ? Data
    : undefined
  : never;

export type SendType<M> = Having<MessagesOf<M>, 'send'>;
export type SendData<M, K> = Side<MessagesOf<M>, K, 'send'>;
export type AckData<M, K> = Side<MessagesOf<M>, K, 'ack'>;
export type ReceiveType<M> = Having<MessagesOf<M> & ControlMessages, 'receive'>;
export type ReceiveData<M, K> = Side<MessagesOf<M> & ControlMessages, K, 'receive'>;
