import type { Socket } from 'node:net';

/** The deadline of a read has passed. */
export class TimedOut extends Error {}

/** The connection has ended in front of what was to be read. */
export class Cut extends Error {}

/** What is read in front of its reader, in bytes; more waits at the sender. */
const AHEAD = 131_072;

/** What may wait for the other side to take it, in bytes, before no more is added. */
const WAITING = 65_536;

/** A socket, plain or of TLS, whose reads end with a deadline, whatever the other side does. */
export class Line {
  private buffer: Buffer = Buffer.alloc(0);
  private wanted = 1;
  private ended = false;
  /** Why the socket has ended; undefined while it has not, or where it ended in order. */
  failure: unknown;
  private wake: () => void = () => {};

  /**
   * @param until by `performance.now()`
   */
  constructor(
    readonly socket: Socket,
    public until: number,
  ) {
    socket.on('data', (chunk: Buffer) => {
      this.buffer = this.buffer.length ? Buffer.concat([this.buffer, chunk]) : chunk;
      if (this.buffer.length > Math.max(AHEAD, this.wanted)) socket.pause();
      this.wake();
    });
    const end = () => {
      this.ended = true;
      this.wake();
    };
    socket.on('end', end).on('close', end);
    socket.on('error', (why) => {
      this.failure ??= why;
      end();
    });
  }

  write(bytes: Buffer | string): void {
    if (this.ended || this.socket.destroyed) throw new Cut('write');
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Whether the other side takes what is written, so that more may be. */
  get taken(): boolean {
    return this.socket.writableLength < WAITING;
  }

  /** Waits for a byte more; false at the end. */
  private async more(): Promise<boolean> {
    const before = this.buffer.length;
    this.socket.resume();
    while (this.buffer.length === before) {
      if (this.ended) return false;
      const left = this.until - performance.now();
      if (left <= 0) throw new TimedOut('read');
      await new Promise<void>((done) => {
        const timer = setTimeout(done, Math.min(left, 2 ** 31 - 1));
        this.wake = () => {
          clearTimeout(timer);
          done();
        };
      });
    }
    return true;
  }

  /** What has come and was not read yet, in Latin-1. */
  get buffered(): string {
    return this.buffer.toString('latin1');
  }

  /** Waits until some bytes are there, and leaves them; how many there are, fewer at the end. */
  async peek(count: number): Promise<number> {
    while (this.buffer.length < count) if (!(await this.more())) break;
    return Math.min(count, this.buffer.length);
  }

  async exactly(count: number): Promise<Buffer> {
    this.wanted = count;
    if ((await this.peek(count)) < count) throw new Cut('read');
    const taken = this.buffer.subarray(0, count);
    this.buffer = this.buffer.subarray(count);
    return taken;
  }

  /** At most so many bytes, at least one; empty at the end. */
  async some(most: number): Promise<Buffer> {
    return this.exactly(Math.min(most, (await this.peek(1)) && this.buffer.length));
  }

  /** Up to the end of a line, without it; undefined where it is longer. */
  async text(most: number): Promise<string | undefined> {
    for (let from = 0; ; ) {
      const at = this.buffer.indexOf(0x0a, from);
      if (at > most || (at < 0 && this.buffer.length > most)) return undefined;
      if (at >= 0) return (await this.exactly(at + 1)).toString('latin1').replace(/\r?\n$/, '');
      from = this.buffer.length;
      if (!(await this.more())) throw new Cut('read');
    }
  }

  close(): void {
    this.socket.destroy();
  }
}
