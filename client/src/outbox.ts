import { AGAIN_MS, MAX_BUFFERED_BYTES, MAX_QUEUED, MAX_QUEUED_BYTES } from './limits.js';
import type { Limits } from './protocol.js';

export interface Message {
  readonly id: string | undefined;
  readonly text: string;
  readonly bytes: number;
}

/**
 * Everything that goes out, in order. While nothing can be sent, up to `MAX_QUEUED` messages and
 * `MAX_QUEUED_BYTES` wait; a further one is refused, because its sender can still react and an
 * older one's cannot.
 */
export interface Outbox {
  /** @returns false when it is refused */
  readonly push: (message: Message) => boolean;
  readonly holds: (id: string) => boolean;
  readonly drop: (unwanted: (message: Message) => boolean) => void;
  /** From `welcome` on. What has gathered is spread over time, below the server's limits. */
  readonly attach: (socket: WebSocket, limits: Limits) => void;
  readonly detach: () => void;
}

export function createOutbox(): Outbox {
  let waiting: readonly Message[] = [];
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let perFlush: number;

  const flush = (most: number) => {
    while (
      socket?.readyState === 1 &&
      waiting[0] &&
      most-- > 0 &&
      socket.bufferedAmount < MAX_BUFFERED_BYTES
    ) {
      socket.send(waiting[0].text);
      waiting = waiting.slice(1);
    }
    timer = socket && waiting[0] && setTimeout(() => flush(perFlush), AGAIN_MS);
  };

  return {
    push: (message) => {
      const all = [...waiting, message];
      const bytes = all.reduce((sum, one) => sum + one.bytes, 0);
      if (all.length > MAX_QUEUED || bytes > MAX_QUEUED_BYTES) return false;
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
      perFlush = Math.ceil((messagesPerSecond as number) / (2_000 / AGAIN_MS)) || Infinity;
      flush((burst as number) / 2 || Infinity);
    },
    detach: () => {
      socket = undefined;
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
