import { randomBytes } from 'node:crypto';
import type { Line } from './line.js';
import { Fault } from './text.js';

export const OPCODE = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Of a message that is read, in bytes. */
const MOST = 1_048_576;

/** One message, put together, or one control frame. */
export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** A whole frame as a client sends it; at most 65535 bytes. */
export function masked(opcode: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const { length } = payload;
  const head = length < 126 ? [0x80 | opcode, 0x80 | length] : [0x80 | opcode, 0xfe, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), mask, payload.map((byte, i) => byte ^ (mask[i % 4] as number))]);
}

/** Messages and control frames of RFC 6455 on a line, without extensions; the client's side. */
export class Frames {
  private parts: Buffer[] = [];
  private size = 0;
  /** Of the message whose parts are coming; 0 between messages. */
  private opcode = 0;

  /** @param remark what was strange before the first frame, told beside a frame that is wrong; empty for nothing */
  constructor(
    private readonly line: Line,
    private readonly remark: string,
  ) {}

  /** @throws Fault `frame_invalid`, `frame_too_large` */
  async read(): Promise<Frame> {
    for (;;) {
      const [first, second] = (await this.line.exactly(2)) as unknown as [number, number];
      const code = first & 0x0f;
      const last = first > 0x7f;
      const control = code >= OPCODE.close;
      const length = second & 0x7f;
      const fault =
        first & 0x70
          ? 'reserved bits are set'
          : second > 0x7f
            ? 'the server masks'
            : code > OPCODE.pong || (code > OPCODE.binary && !control)
              ? `opcode ${code}`
              : control && (!last || length > 125)
                ? 'a control frame is too long or in parts'
                : !control && (code === 0) === (this.opcode === 0)
                  ? 'parts of messages are mixed'
                  : '';
      if (fault) throw new Fault('frame_invalid', fault).and(this.remark);
      const size =
        length < 126
          ? length
          : length === 126
            ? (await this.line.exactly(2)).readUInt16BE()
            : Number((await this.line.exactly(8)).readBigUInt64BE());
      if (size + this.size > MOST) throw new Fault('frame_too_large', `more than ${MOST} bytes in one message`);
      const payload = await this.line.exactly(size);
      if (control) return { opcode: code, payload };
      this.opcode = code || this.opcode;
      this.parts.push(payload);
      this.size += size;
      if (last) {
        const whole = { opcode: this.opcode, payload: Buffer.concat(this.parts) };
        this.parts = [];
        this.size = this.opcode = 0;
        return whole;
      }
    }
  }

  text(text: string): void {
    this.line.write(masked(OPCODE.text, Buffer.from(text)));
  }

  control(opcode: number, payload: Buffer): void {
    this.line.write(masked(opcode, payload));
  }

  close(code: number): void {
    this.control(OPCODE.close, Buffer.from([code >> 8, code & 0xff]));
  }
}
