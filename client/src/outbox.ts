/** Messages that wait for a connection, or for a socket whose buffer is full. */
export const MAX_QUEUED = 256;
export const MAX_QUEUED_BYTES = 1_048_576;

/** Above this, more `socket.send` would only pile up in the browser. */
const MAX_BUFFERED_BYTES = 1_048_576;

/** How soon a full socket, or one at its rate limit, is tried again. */
const AGAIN_MS = 100;

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
export class Outbox {
  #waiting: Message[] = [];
  #bytes = 0;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #burst = Infinity;
  #perMs = Infinity;
  #allowance = 0;
  #countedAt = 0;

  get size(): number {
    return this.#waiting.length;
  }

  /** @returns false when it is refused */
  push(message: Message): boolean {
    if (this.#waiting.length >= MAX_QUEUED || this.#bytes + message.bytes > MAX_QUEUED_BYTES)
      return false;
    this.#waiting.push(message);
    this.#bytes += message.bytes;
    this.#flush();
    return true;
  }

  holds(id: string): boolean {
    return this.#waiting.some((message) => message.id === id);
  }

  /** Takes back what has not been sent. */
  remove(id: string): void {
    this.#keep((message) => message.id !== id);
  }

  /** From `welcome` on; a queue that would break the server's rate is spread over time. */
  attach(socket: WebSocket, messagesPerSecond = Infinity, burst = Infinity): void {
    this.#socket = socket;
    // A tenth stays for what the protocol itself sends.
    this.#perMs = ((messagesPerSecond || Infinity) * 0.9) / 1_000;
    this.#burst = this.#allowance = (burst || Infinity) * 0.9;
    this.#countedAt = Date.now();
    this.#flush();
  }

  detach(): void {
    this.#socket = undefined;
    clearTimeout(this.#timer);
  }

  clear(): void {
    this.#keep(() => false);
  }

  /** Takes out what a server would close for; before the first `welcome` its limit is not known. */
  dropOver(maxBytes: number): Message[] {
    const tooLarge = this.#waiting.filter((message) => message.bytes > maxBytes);
    this.#keep((message) => message.bytes <= maxBytes);
    return tooLarge;
  }

  #keep(wanted: (message: Message) => boolean): void {
    this.#waiting = this.#waiting.filter(wanted);
    this.#bytes = this.#waiting.reduce((sum, message) => sum + message.bytes, 0);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    if (!socket) return;
    const now = Date.now();
    // Infinity times 0 is NaN: an unlimited rate has nothing to count.
    if (this.#burst < Infinity) {
      const earned = (now - this.#countedAt) * this.#perMs || 0;
      this.#allowance = Math.min(this.#burst, this.#allowance + earned);
    }
    this.#countedAt = now;
    while (
      this.#waiting.length &&
      this.#allowance >= 1 &&
      socket.readyState === 1 &&
      socket.bufferedAmount < MAX_BUFFERED_BYTES
    ) {
      const message = this.#waiting.shift() as Message;
      this.#bytes -= message.bytes;
      this.#allowance--;
      socket.send(message.text);
    }
    if (this.#waiting.length) this.#timer = setTimeout(() => this.#flush(), AGAIN_MS);
  }
}
