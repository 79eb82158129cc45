import { ConnectionError } from '@drawbridge/client';

/** How long a cut lasts: longer than the linger of presence, so that others see it, too. */
export const CUT_MS = 20_000;

/**
 * The line between this page and the server, which a person can cut. A cut ends the socket as a broken
 * network does, without a close frame where the server helps with that, and lets no try through until
 * it is mended.
 */
export interface CutLine {
  /** For `createClient`: remembers the socket that is used. */
  readonly WebSocket: typeof WebSocket;
  /** @param drop ends the connection from the server's side; false when it could not */
  readonly cut: (drop: () => Promise<boolean>) => Promise<void>;
  readonly mend: () => void;
  /** Epoch milliseconds, null while the line is whole. */
  readonly cutUntil: () => number | null;
  readonly subscribe: (listener: () => void) => () => void;
  /** For `getToken`, which every try begins with. @throws ConnectionError while the line is cut */
  readonly check: () => void;
}

export function createLine(): CutLine {
  const listeners = new Set<() => void>();
  let socket: WebSocket | undefined;
  let until: number | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const change = (to: number | null) => {
    until = to;
    clearTimeout(timer);
    for (const listener of listeners) listener();
  };
  const mend = () => {
    if (until === null) return;
    change(null);
    // What a browser says when its network is back: the client tries at once.
    dispatchEvent(new Event('online'));
  };
  return {
    WebSocket: class extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        socket = this;
      }
    },
    cut: async (drop) => {
      change(Date.now() + CUT_MS);
      timer = setTimeout(mend, CUT_MS);
      const open = socket;
      if (!(await drop().catch(() => false))) open?.close();
    },
    mend,
    cutUntil: () => until,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    check: () => {
      if (until === null) return;
      throw new ConnectionError({
        stage: 'connect',
        code: 'line_cut',
        title: 'The line is cut',
        action: 'wait',
        hint: 'By you, on this page; it mends by itself',
      });
    },
  };
}
