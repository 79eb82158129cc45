import { advice, cutter } from './advice.js';
import type { Patient } from './patient.js';
import { OPCODE, type Frame, type Frames } from './frames.js';
import { Cut, TimedOut, type Line } from './line.js';
import { ok, skipped, warning, type Finding } from './report.js';
import { clean, Fault, member, parsed, time, word } from './text.js';

const PING = Buffer.from('drawbridge-doctor');
const CUT = 1006;
const NO_CODE = 1005;
/** Of a ping whose data are said back, in bytes. */
const MOST_DATA = 4_096;

/** A close, or the end without one; it is told by the step that meets it. */
class Ended extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
  ) {
    super();
  }
}

const message = ({ opcode, payload }: Frame): unknown =>
  opcode === OPCODE.text ? parsed(payload.toString('utf8')) : undefined;

const typeOf = (json: unknown): string => word(member(json, 'type'));

/** The steps on the open WebSocket. */
export class Talk {
  private intervalMs = 0;
  private graceMs = 0;
  /** The server's pings that were seen, by message and by control frame. */
  private pings = 0;
  private early: Fault | undefined;
  private draining = false;
  private closed = false;

  constructor(private readonly patient: Patient) {}

  private get frames(): Frames {
    return this.patient.frames as Frames;
  }

  /** The next frame; pings are answered. Undefined at the deadline. */
  private async next(until: number): Promise<Frame | undefined> {
    const { patient, frames } = this;
    (patient.line as Line).until = until;
    try {
      const frame = await frames.read();
      const { opcode, payload } = frame;
      // Who sends and does not read is not answered for ever.
      const { taken } = patient.line as Line;
      patient.heardAt = performance.now();
      if (opcode === OPCODE.close) {
        this.closed = true;
        frames.close(1000);
        throw payload.length < 2 ? new Ended(1005, '') : new Ended(payload.readUInt16BE(), clean(payload.toString('utf8', 2)));
      }
      if (opcode === OPCODE.ping) {
        this.pings++;
        if (taken) frames.control(OPCODE.pong, payload);
      }
      const json = patient.drawbridge ? message(frame) : undefined;
      if (typeOf(json) === 'ping') {
        this.pings++;
        const data = member(json, 'data');
        const back = payload.length <= MOST_DATA;
        if (taken) frames.text(JSON.stringify({ type: 'pong', ...(back ? { data } : {}) }));
      }
      this.draining ||= typeOf(json) === 'drain';
      return frame;
    } catch (why) {
      if (why instanceof TimedOut) return undefined;
      if (why instanceof Cut) throw new Ended(this.closed ? 1000 : CUT, '');
      throw why;
    }
  }

  /** Names how the connection has ended; what is no end stays as it is. */
  private fault(why: unknown): unknown {
    if (!(why instanceof Ended)) return why instanceof Cut ? this.fault(new Ended(CUT, '')) : why;
    const now = performance.now();
    const after = ` after ${time(now - this.patient.openedAt)}`;
    if (why.code === CUT) {
      const heartbeat = this.intervalMs ? time(this.intervalMs) : 'not known';
      const silent = now - this.patient.heardAt;
      const seen = `cut${after}, the last frame came ${time(silent)} before; the heartbeat is ${heartbeat}`;
      return new Fault('connection_lost', seen).and(cutter(now - this.patient.openedAt, silent));
    }
    const reason = why.reason && ` (${why.reason})`;
    const how = why.code === NO_CODE ? 'without a code' : `with ${why.code}${reason}`;
    return new Fault(advice(why.reason) ? why.reason : 'closed_early', `closed ${how}${after}`);
  }

  // --- the first frames ----------------------------------------------------------------------

  async welcome(): Promise<Finding> {
    const { drawbridge } = this.patient;
    if (!drawbridge) return skipped('only Drawbridge sends one');
    try {
      let frame: Frame | undefined;
      do frame = await this.next(this.patient.until);
      while (frame && frame.opcode >= OPCODE.close);
      if (!frame) throw new Fault('welcome_timeout', 'nothing came');
      const json = message(frame);
      if (typeOf(json) !== 'welcome')
        throw new Fault('welcome_missing', frame.opcode === OPCODE.binary ? 'a binary message came' : 'another message came');
      const data = member(json, 'data');
      const beat = member(data, 'heartbeat');
      this.intervalMs = Number(member(beat, 'intervalMs')) || 0;
      this.graceMs = Number(member(beat, 'graceMs')) || 0;
      const connectionId = clean(word(member(data, 'connectionId')));
      return ok(`connection ${connectionId}, heartbeat ${time(this.intervalMs)} + ${time(this.graceMs)}`, {
        connectionId,
        intervalMs: this.intervalMs,
        graceMs: this.graceMs,
      });
    } catch (why) {
      throw this.fault(why);
    }
  }

  async echo(): Promise<Finding> {
    const { drawbridge, options } = this.patient;
    try {
      const start = performance.now();
      const facts: { controlMs: number | null; messageMs: number | null } = { controlMs: null, messageMs: null };
      this.frames.control(OPCODE.ping, PING);
      if (drawbridge) this.frames.text('{"type":"ping","id":"doctor","data":{"t":1}}');
      while (facts.controlMs === null || (drawbridge && facts.messageMs === null)) {
        const frame = await this.next(this.patient.until);
        if (!frame) break;
        const took = Math.trunc(performance.now() - start);
        if (frame.opcode === OPCODE.pong && frame.payload.equals(PING)) facts.controlMs = took;
        const json = message(frame);
        if (typeOf(json) === 'pong' && member(json, 'id') === 'doctor') facts.messageMs = took;
      }
      if ((drawbridge ? facts.messageMs : facts.controlMs) === null)
        throw new Fault('pong_timeout', `no answer within ${time(options.timeoutMs)}`);
      const detail = `there and back in ${time(Math.max(facts.controlMs ?? 0, facts.messageMs ?? 0))}`;
      return facts.controlMs === null ? warning('pong_missing', detail, { ...facts }) : ok(detail, { ...facts });
    } catch (why) {
      throw this.fault(why);
    }
  }

  // --- as long as it lasts -------------------------------------------------------------------

  /** Holds the connection for the whole watch, and says of it what concerns the heartbeat. */
  async heartbeat(): Promise<Finding> {
    const { patient } = this;
    const { watchMs } = patient.options;
    if (!watchMs) return skipped('seen with --watch');
    const start = performance.now();
    const silence = this.intervalMs + this.graceMs;
    try {
      while (performance.now() < start + watchMs) {
        await this.next(Math.min(start + watchMs, silence ? patient.heardAt + silence : Infinity));
        if (silence && performance.now() - patient.heardAt >= silence)
          throw new Fault('heartbeat_lost', `nothing came for ${time(silence)}`);
      }
    } catch (why) {
      const fault = this.fault(why);
      this.draining ||= why instanceof Ended && why.code === 1012;
      if (!(fault instanceof Fault) || fault.code === 'heartbeat_lost') throw fault;
      this.early = fault;
    }
    this.patient.heldMs = Math.trunc(performance.now() - start);
    const facts = { pings: this.pings };
    const each = this.intervalMs > watchMs ? `: they come each ${time(this.intervalMs)}` : '';
    return this.pings ? ok(`pings of the server: ${this.pings}`, facts) : skipped(`no ping fell into the watch${each}`, facts);
  }

  async watch(): Promise<Finding> {
    if (!this.patient.options.watchMs) return skipped('no --watch was given');
    if (this.early && !this.draining) throw this.early;
    return ok(`open for ${time(this.patient.heldMs)}`, { heldMs: this.patient.heldMs });
  }

  async drain(): Promise<Finding> {
    if (!this.patient.drawbridge) return skipped('only Drawbridge announces one');
    if (this.draining) throw new Fault('draining', this.early?.detail ?? 'it was announced');
    return ok('the server is not going down');
  }

  async close(): Promise<Finding> {
    if (this.closed || this.early) return skipped('it is closed');
    const until = Math.min(this.patient.until, performance.now() + 2_000);
    try {
      this.frames.close(1000);
      // What was under way when it closed.
      while (await this.next(until));
      return warning('close_unanswered', 'no close came back');
    } catch (why) {
      return this.closed && why instanceof Ended
        ? ok(`answered with ${why.code}`, { code: why.code })
        : warning('close_unanswered', 'cut in place of an answer');
    }
  }
}
