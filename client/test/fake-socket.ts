import { vi } from 'vitest';
import { IDLE, type ConnectionSnapshot } from '../src/drawbridge.js';
import type { Welcome } from '../src/protocol.js';

/** A WebSocket without a network, for tests that hold the clock. */
export class FakeSocket {
  static all: FakeSocket[] = [];

  static get last(): FakeSocket {
    const last = FakeSocket.all.at(-1);
    if (!last) throw new Error('no socket was opened');
    return last;
  }

  readonly url: string;
  readonly offered: readonly string[];
  protocol = '';
  readyState = 0;
  bufferedAmount = 0;
  closedWith: number | undefined;
  readonly sent: { type: string; id?: string; data?: unknown }[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(url: string | URL, offered: readonly string[]) {
    this.url = String(url);
    this.offered = offered;
    FakeSocket.all.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as { type: string });
  }

  close(code: number): void {
    this.closedWith ??= code;
    this.readyState = 2;
  }

  open(protocol = 'drawbridge.v1'): this {
    this.readyState = 1;
    this.protocol = protocol;
    this.onopen?.();
    return this;
  }

  receive(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  welcome(change: Partial<Welcome> = {}): this {
    this.open().receive({ type: 'welcome', data: { ...WELCOME, ...change } });
    return this;
  }

  end(code: number, reason = ''): void {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }

  /** Handlers that could still keep a client alive. */
  get listening(): boolean {
    return !!(this.onopen ?? this.onmessage ?? this.onclose);
  }
}

export const WELCOME: Welcome = {
  connectionId: 'k1',
  protocol: 'drawbridge.v1',
  user: { subject: 'alice', displayName: 'Alice', roles: ['user'] },
  heartbeat: { intervalMs: 45_000, graceMs: 15_000 },
  limits: { maxMessageBytes: 1_000, messagesPerSecond: 100, burst: 200 },
  tokenExpiresAt: 1_000_000,
  serverTime: 0,
  mode: 'dev',
};

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
