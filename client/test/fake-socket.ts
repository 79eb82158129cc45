import { vi } from 'vitest';
import { IDLE, type ConnectionSnapshot } from '../src/drawbridge.js';
import { MockSocket, WELCOME as SAID } from '../src/mock-socket.js';
import type { Welcome } from '../src/protocol.js';

export const WELCOME: Welcome = {
  ...SAID,
  limits: { ...SAID.limits, maxMessageBytes: 1_000 },
  tokenExpiresAt: 1_000_000,
};

/** The mock server's socket, moved by hand, for tests that hold the clock. */
export class FakeSocket extends MockSocket {
  static all: FakeSocket[] = [];

  static get last(): FakeSocket {
    const last = FakeSocket.all.at(-1);
    if (!last) throw new Error('no socket was opened');
    return last;
  }

  constructor(url: string | URL, offered: readonly string[]) {
    super(url, offered);
    FakeSocket.all.push(this);
  }

  welcome(change: Partial<Welcome> = {}): this {
    this.open().receive({ type: 'welcome', data: { ...WELCOME, ...change } });
    return this;
  }
}

/** Fake sockets, fake time, and randomness in the middle. */
export function withoutNetwork(): void {
  FakeSocket.all = [];
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', FakeSocket);
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network')));
}

export function backToReality(): void {
  vi.useRealTimers();
  vi.unstubAllGlobals();
}

export function snapshot(change: Partial<ConnectionSnapshot>): ConnectionSnapshot {
  return { ...IDLE, ...change };
}
