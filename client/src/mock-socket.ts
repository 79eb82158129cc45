import { Subprotocol, type Frame } from './protocol.js';

/** Both ends of one connection without a network. What the server's end does happens at once. */
export class MockSocket {
  readonly url: string;
  readonly offered: readonly string[];
  protocol = '';
  readyState = 0;
  bufferedAmount = 0;
  /** The code of the client's own close. */
  closedWith: number | undefined;
  /** What the client has sent, in order. */
  readonly sent: Frame[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(url: string | URL, offered: string | readonly string[] = []) {
    this.url = String(url);
    this.offered = ([] as string[]).concat(offered);
  }

  send(json: string): void {
    this.sent.push(JSON.parse(json) as Frame);
  }

  close(code = 1005): void {
    this.closedWith ??= code;
    this.readyState = 2;
  }

  open(protocol: string = Subprotocol.v1): this {
    this.readyState = 1;
    this.protocol = protocol;
    this.onopen?.();
    return this;
  }

  receive(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
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

/** What a server in development mode says first. */
export const WELCOME = {
  connectionId: 'k1',
  protocol: Subprotocol.v1,
  user: { subject: 'alice', displayName: 'Alice', roles: ['user'] },
  heartbeat: { intervalMs: 45_000, graceMs: 15_000 },
  limits: { maxMessageBytes: 65_536, messagesPerSecond: 100, burst: 200 },
  serverTime: 0,
  mode: 'dev',
} as const;
