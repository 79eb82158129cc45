import { AGAIN_MS, MAX_BUFFERED_BYTES, MAX_QUEUED, MAX_QUEUED_BYTES } from './limits.js';
import type { Limits } from './protocol.js';
import type { WebSocketLike } from './socket.js';

export interface Message {
  readonly id: string | undefined;
  readonly text: string;
  readonly bytes: number;
}

/**
 * Everything that goes out, in order. While nothing can be sent, so many messages and bytes wait; a
 * further one is refused, because its sender can still react and an older one's cannot. What can be
 * sent at once is of any size.
 */
export interface Outbox {
  /** @returns false when it is refused */
  readonly push: (message: Message) => boolean;
  readonly holds: (id: string) => boolean;
  readonly drop: (unwanted: (message: Message) => boolean) => void;
  /** From `welcome` on. What has gathered is spread over time, below the server's limits. */
  readonly attach: (socket: WebSocketLike, limits: Limits) => void;
  readonly detach: () => void;
}

export function createOutbox(most = MAX_QUEUED, mostBytes = MAX_QUEUED_BYTES): Outbox {
  let waiting: readonly Message[] = [];
  let socket: WebSocketLike | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let perFlush: number;
  let againMs: number;

  const ready = () => socket?.readyState === 1 && socket.bufferedAmount < MAX_BUFFERED_BYTES;
  const flush = (count: number) => {
    while (waiting[0] && count-- > 0 && ready()) {
      socket?.send(waiting[0].text);
      waiting = waiting.slice(1);
    }
    timer = socket && waiting[0] && setTimeout(() => flush(perFlush), againMs);
  };

  return {
    push: (message) => {
      const all = [...waiting, message];
      const bytes = all.reduce((sum, one) => sum + one.bytes, 0);
      if ((waiting[0] || !ready()) && (all.length > most || bytes > mostBytes)) return false;
      waiting = all;
      // While the queue is being worked off, later messages keep their turn.
      if (!timer) flush(1);
      return true;
    },
    holds: (id) => waiting.some((message) => message.id === id),
    drop: (unwanted) => (waiting = waiting.filter((message) => !unwanted(message))),
    attach: (to, { messagesPerSecond, burst }) => {
      socket = to;
      // Half of what the server allows; without a number, all.
      againMs = Math.max(AGAIN_MS, 2_000 / (messagesPerSecond || Infinity));
      perFlush = Math.floor(((messagesPerSecond as number) * againMs) / 2_000) || Infinity;
      flush((burst as number) / 2 || Infinity);
    },
    detach: () => {
      socket = undefined;
      timer = clearTimeout(timer) as undefined;
    },
  };
}
