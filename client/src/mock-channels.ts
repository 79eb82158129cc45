import type { ErrorBody, Frame, User } from './protocol.js';

/** The channels of a mock server: one log, as PROTOCOL.md section 11 has it. */
export interface MockChannels {
  /** Where the log is. */
  readonly position: { readonly epoch: string; readonly seq: number };
  /** Publishes as the application does, or as a user's client with `from`. */
  readonly publish: (channel: string, type: string, data?: unknown, from?: string) => { epoch: string; seq: number };
  /** Publishes to the channel `~` of a user, on all of its connections. */
  readonly publishToUser: (subject: string, type: string, data?: unknown) => { epoch: string; seq: number };
  /** Continuity is lost: everybody who is subscribed is told to load anew. */
  readonly restart: (spreadMs?: number) => void;
  /** The window has wrapped: who was away before now gets `too_old`. */
  readonly forget: () => void;
  /** Refuses channels from now on by their name; undefined lets all in again. */
  readonly refuse: (rule: ((channel: string, subject: string) => string | undefined) | undefined) => void;
  /** Ends the subscriptions of a channel, as when rights are taken. */
  readonly unsubscribe: (channel: string) => void;
  /** Answers the next frames of a type by this error, as many as `times` says. */
  readonly fail: (type: string, error: ErrorBody, times?: number) => void;
  /** How many connections are subscribed. */
  readonly subscribers: (channel: string) => number;
}

/** What the channels need of a connection. */
export interface Peer {
  readonly user: User;
  /** What it has sent, this frame included. */
  readonly frames: readonly Frame[];
  readonly sendFrame: (frame: object) => void;
}

interface Entry {
  readonly seq: number;
  readonly channel: string;
  readonly frame: object;
}

interface Wanted {
  readonly channel: string;
  readonly epoch?: string;
  readonly seq?: number;
}

const MAX_REPLAY = 256;
const OWN = '~';

/** As the log calls a channel: each user's own one is another. */
const inLog = (channel: string, { user }: Peer) => (channel === OWN ? OWN + user.subject : channel);

export class ChannelServer implements MockChannels {
  #epochs = 1;
  #seq = 0;
  #start = 0;
  #entries: Entry[] = [];
  readonly #keys = new Map<string, number>();
  /** By connection: the channels, and whether it wants to hear who comes and goes. */
  readonly #held = new Map<Peer, Map<string, boolean>>();
  readonly #failures: { type: string; error: ErrorBody; times: number }[] = [];
  #refusal: (channel: string, subject: string) => string | undefined = () => undefined;

  get position(): { epoch: string; seq: number } {
    return { epoch: `mock${String(this.#epochs).padStart(4, '0')}`, seq: this.#seq };
  }

  readonly publish = (channel: string, type: string, data?: unknown, from?: string): { epoch: string; seq: number } => {
    const seq = ++this.#seq;
    const onWire = channel.startsWith(OWN) ? OWN : channel;
    const frame = { type, channel: onWire, seq, ...(from !== undefined && { from }), data };
    this.#entries.push({ seq, channel, frame });
    for (const [peer, held] of [...this.#held]) if (held.has(channel)) peer.sendFrame(frame);
    return this.position;
  };

  readonly publishToUser = (subject: string, type: string, data?: unknown): { epoch: string; seq: number } =>
    this.publish(OWN + subject, type, data);

  readonly restart = (spreadMs = 500): void => {
    this.#epochs++;
    this.#seq = this.#start = 0;
    this.#entries = [];
    this.#keys.clear();
    const data = { resumed: false, reason: 'epoch_changed', ...this.position, spreadMs };
    for (const peer of [...this.#held.keys()]) peer.sendFrame({ type: 'resume', data });
  };

  readonly forget = (): void => {
    // Somebody's message, which nobody here is subscribed to.
    this.#start = ++this.#seq;
    this.#entries = [];
  };

  readonly refuse = (rule: ((channel: string, subject: string) => string | undefined) | undefined): void => {
    this.#refusal = rule ?? (() => undefined);
  };

  readonly unsubscribe = (channel: string): void => {
    const error = { code: 'channel_forbidden', message: 'the subscription was ended by the server', action: 'contact_admin', retryable: false };
    for (const [peer, held] of [...this.#held])
      if (held.delete(channel)) {
        peer.sendFrame({ type: 'unsubscribe', channel, error });
        this.#presence(channel, peer, false);
      }
  };

  readonly fail = (type: string, error: ErrorBody, times = 1): void => {
    this.#failures.push({ type, error, times });
  };

  readonly subscribers = (channel: string): number =>
    [...this.#held.values()].filter((held) => held.has(channel)).length;

  /** A connection is over. */
  left(peer: Peer): void {
    const held = this.#held.get(peer);
    this.#held.delete(peer);
    for (const channel of held?.keys() ?? []) this.#presence(channel, peer, false);
  }

  /**
   * @returns false for a frame that is not about channels
   * @throws ErrorBody
   */
  answer(peer: Peer, frame: Frame): boolean {
    const { type, id, channel = '', data } = frame;
    if (!/^(subscribe|unsubscribe|resume|publish|presence)$/.test(type)) return false;
    const failure = this.#failures.find((one) => one.type === type && one.times > 0);
    if (failure) {
      failure.times--;
      throw failure.error;
    }
    const ack = (body?: object) => {
      if (id !== undefined) peer.sendFrame({ type: 'ack', id, data: body });
    };
    if (id === undefined && !/^(unsubscribe|publish)$/.test(type))
      throw { code: 'message_id_invalid', message: `a message of ${type} needs an id` };
    if (type === 'subscribe' || type === 'resume') {
      const before = peer.frames.slice(0, peer.frames.indexOf(frame));
      if (type === 'resume' && before.some((one) => !/^(ping|pong|auth)$/.test(one.type)))
        throw { code: 'resume_not_first', message: 'resume must come before any frame but ping, pong, auth' };
      this.#register(peer, type === 'resume', data as Record<string, unknown>, ack);
    }
    else if (type === 'unsubscribe') {
      const held = this.#held.get(peer);
      for (const name of (data as { channels: string[] }).channels)
        if (held?.delete(inLog(name, peer))) this.#presence(name, peer, false);
      ack();
    } else if (type === 'presence') {
      this.#allow(channel, peer);
      ack({ seq: this.#seq, ...this.#members(channel), partial: false });
    } else this.#published(peer, channel, data as { type: string; data?: unknown; key?: string }, ack);
    return true;
  }

  #allow(channel: string, { user }: Peer): void {
    const code = this.#refusal(channel, user.subject);
    if (code) throw { code, message: code.replace(/_/g, ' '), action: 'contact_admin', retryable: false };
  }

  #published(
    peer: Peer,
    channel: string,
    { type, data, key }: { type: string; data?: unknown; key?: string },
    ack: (body: object) => void,
  ): void {
    this.#allow(channel, peer);
    if (channel === OWN) throw { code: 'publish_forbidden', message: 'clients may not publish this here' };
    const { subject } = peer.user;
    const known = key === undefined ? undefined : this.#keys.get(`${subject} ${channel} ${key}`);
    if (known !== undefined) return ack({ ...this.position, seq: known, duplicate: true });
    const position = this.publish(channel, type, data, subject);
    if (key !== undefined) this.#keys.set(`${subject} ${channel} ${key}`, position.seq);
    ack(position);
  }

  #register(peer: Peer, resume: boolean, data: Record<string, unknown>, ack: (body: object) => void): void {
    const wanted = (data.channels as (string | Wanted)[]).map((one): Wanted =>
      typeof one !== 'string'
        ? one
        : resume
          ? { channel: one, epoch: data.epoch as string, seq: data.seq as number }
          : { channel: one },
    );
    const held = this.#held.get(peer) ?? new Map<string, boolean>();
    this.#held.set(peer, held);
    const refused: { channel: string; code: string }[] = [];
    const allowed = wanted.filter(({ channel }) => {
      const code = /^[A-Za-z0-9~][A-Za-z0-9:._@/-]{0,127}$/.test(channel)
        ? /^~./.test(channel)
          ? 'channel_unknown'
          : this.#refusal(channel, peer.user.subject)
        : 'channel_invalid';
      if (code) refused.push({ channel, code });
      return !code;
    });
    const placed = allowed.filter(({ channel, seq }) => seq !== undefined && !held.has(inLog(channel, peer)));
    let missed: Entry[] = [];
    let reason: string | undefined;
    for (const { channel, epoch, seq = 0 } of placed) {
      if (epoch !== this.position.epoch) reason ??= 'epoch_changed';
      else if (seq > this.#seq) reason ??= 'node_behind';
      else if (seq < this.#start) reason ??= 'too_old';
      missed.push(...this.#entries.filter((entry) => entry.channel === inLog(channel, peer) && entry.seq > seq));
    }
    if (missed.length > MAX_REPLAY) reason ??= 'too_many';
    if (reason) missed = [];
    missed.sort((one, other) => one.seq - other.seq);
    ack({
      ...(resume && { resumed: !reason }),
      ...(reason && { reason }),
      ...this.position,
      subscribed: allowed.map(({ channel }) => channel),
      refused,
      resync: reason ? placed.map(({ channel }) => channel) : [],
      replay: missed.length,
    });
    for (const { frame } of missed) peer.sendFrame(frame);
    for (const { channel } of allowed) {
      const fresh = !held.has(inLog(channel, peer));
      held.set(inLog(channel, peer), !!data.presence);
      if (fresh) this.#presence(channel, peer, true);
    }
  }

  #members(channel: string): { count: number; members: object[] } {
    const found = new Map<string, { subject: string; displayName: string; since: number; connections: number }>();
    for (const [{ user }, held] of this.#held)
      if (held.has(channel)) {
        const { subject, displayName } = user;
        const connections = (found.get(subject)?.connections ?? 0) + 1;
        found.set(subject, { subject, displayName, since: 0, connections });
      }
    return { count: found.size, members: [...found.values()] };
  }

  /** Tells who comes and goes; a user counts once. */
  #presence(channel: string, { user }: Peer, joined: boolean): void {
    if (channel.startsWith(OWN)) return;
    const { subject, displayName } = user;
    const connections = [...this.#held].filter(([one, held]) => one.user.subject === subject && held.has(channel)).length;
    if (connections !== (joined ? 1 : 0)) return;
    const data = {
      joined: joined ? [{ subject, displayName }] : [],
      left: joined ? [] : [subject],
      count: this.#members(channel).count,
    };
    const frame = { type: 'presence', channel, seq: ++this.#seq, data };
    for (const [one, held] of [...this.#held]) if (held.get(channel)) one.sendFrame(frame);
  }
}
