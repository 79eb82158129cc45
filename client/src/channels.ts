/** Channels on a client of the core: PROTOCOL.md section 11, of which "the client's positions" is done here. */
import { MessageError, type DrawbridgeClient, type DrawbridgeMessages, type ErrorBody } from './drawbridge.js';
import type {
  Channel,
  ChannelClient,
  ChannelMessage,
  ChannelSnapshot,
  DrawbridgeChannels,
  LoadedState,
  Members,
  Published,
  PublishOptions,
  ResyncReason,
  Subscription,
} from './channel-types.js';
import type { Listener, PresenceFrame, Registered, Room } from './channel-room.js';

export type {
  AnyMessage,
  Channel,
  ChannelClient,
  ChannelData,
  ChannelMessage,
  ChannelSnapshot,
  ChannelStatus,
  ChannelType,
  DrawbridgeChannels,
  LoadedState,
  Member,
  Members,
  Position,
  PublishData,
  Published,
  PublishOptions,
  PublishType,
  ResyncReason,
  Subscription,
  TypesOf,
} from './channel-types.js';

const enum Most {
  /** What a failure that can heal waits for, when the server does not say. */
  ms = 1_000,
  /** Names of a frame: within the server's default for a connection, and its size. */
  names = 100,
  /** Messages that wait for a state. */
  kept = 1_000,
}
/** In the core's log, and of the one handler that calls all of ours. No type of a message has a blank. */
const KEY = 'channel handler';

type Untyped = Record<string, { publish: unknown; receive: unknown; send: unknown; ack: unknown }>;

const fault = (code: string, action?: ErrorBody['action']) =>
  new MessageError({ code, message: code.replace(/_/g, ' '), action } as ErrorBody);

/**
 * Adds `channel` to a client, once: the same client comes back.
 *
 * @throws MessageError for a client that shares its connection with other tabs
 */
export const withChannels = <M extends object = DrawbridgeMessages, C extends object = DrawbridgeChannels>(
  client: DrawbridgeClient<M>,
): ChannelClient<M, C> => {
  if ((client as Partial<ChannelClient<M, C>>).channel) return client as ChannelClient<M, C>;
  const { request, extend } = client as unknown as DrawbridgeClient<Untyped>;
  if (!extend) throw fault('shareTabs_has_no_channels');

  let answer: (data: Registered, error?: ErrorBody) => void;
  let unsupported: MessageError | false;
  let open = false;
  /** Who the positions are of. */
  let subject: unknown;
  let last = 0;
  /** So many frames of the last replay are still to come; infinite where the server has not said it. */
  let replay: number;
  /** The one frame that is not answered yet, or waits to be sent again. */
  let pending: string | undefined;
  let due = false;
  const rooms = new Map<string | undefined, Room>();
  /** The common position: all that are acked have come as far, but for a replay. */
  let seq: number;
  /** How many channels a frame may have: one after a frame was refused whole. */
  let most: number;

  // Nothing depends on the order of these functions; this one compresses well.

  /** Asks for what has to be, all at once and after whatever happens in the same task. */
  const soon = async () => {
    if (due) return;
    due = true;
    await null;
    due = false;
    if (pending) return;
    const gone: string[] = [];
    const wanted = all().filter((room) =>
      room.listeners[0]
        ? room.acked
          ? room.changes === undefined && wants(room)
          : !room.snapshot.error && !room.listeners.some((one) => one.queue && !one.tries)
        : rooms.delete(room.name) && room.acked && !gone.push(room.name),
    );
    if (!open) return;
    if (gone[0]) control({ type: 'unsubscribe', data: { channels: gone } });
    if (unsupported) wanted.forEach((room) => refuse(room, unsupported as MessageError));
    else if (wanted[0]) register(wanted.slice(0, most));
  };

  /** @param resume all of them go on from the lowest of their places */
  const register = (asked: Room[], resume?: boolean) => {
    const id = (pending = 's' + ++last);
    answer = (data, error) => {
      const wait = error?.retryable && (error.retryAfterMs ?? Most.ms);
      if (!error) registered(asked, data);
      // What is refused whole may be granted one by one.
      else if (!wait) asked[1] || resume ? (most = 1) : refuse(asked[0]!, new MessageError(error));
      (wait ? setTimeout : call)(() => {
        if (pending === id) pending = undefined;
        soon();
      }, wait as number);
    };
    control({
      type: resume ? 'resume' : 'subscribe',
      id,
      data: {
        ...(resume && { epoch: asked[0]!.era, seq: Math.min(...asked.map((room) => room.own as number)) }),
        channels: asked.map((room) => {
          room.asked = room.own;
          return resume || room.own == null ? room.name : { channel: room.name, epoch: room.era, seq: room.own };
        }),
        presence: asked.some(wants),
      },
    });
  };

  const [control, emit] = extend((frame) => {
    const { type, id, channel, error, seq: at } = frame as typeof frame & ChannelMessage;
    // A foreign server may leave out what ours says.
    const data = Object(frame.data) as Registered;
    const room = rooms.get(channel);
    if (type === 'ping') return move(data.seq);
    if (id && id === pending) answer(data, error);
    else if (type === 'resume') registered(all().filter((one) => one.acked), { ...data, resumed: false });
    else if (!channel) return;
    else if (type === 'unsubscribe') {
      if (room?.acked) refuse(room, new MessageError(Object(error) as ErrorBody));
    } else if (type === 'presence') {
      room?.changes?.push(frame as unknown as PresenceFrame);
      if (room?.list) apply(room);
    } else {
      if (!(at >= 0)) return;
      if (replay) replay--;
      if (room?.acked && at > (room.own as number)) {
        room.own = at;
        each(room, (one) => deliver(one, frame as ChannelMessage));
      }
      move(at);
    }
    return true;
  });

  const show = (room: Room, error: MessageError | null = null) => {
    const status = error ? 'refused' : room.acked ? 'subscribed' : 'pending';
    if (room.snapshot.status === status) return;
    const snapshot = (room.snapshot = { status, error });
    each(room, (one) => greet(one, snapshot));
  };

  /** The common position goes on, and takes with it who has no replay to wait for and no place above it. */
  const move = (to: number) => {
    if (to > seq) seq = to;
    for (const room of all()) if (!replay && room.acked && (room.own as number) < seq) room.own = seq;
  };

  const call = (handler: ((...all: any[]) => void) | undefined, ...all: unknown[]) => handler?.(...all);

  /** They go on from the position that the server says, or from their own if that is replayed. */
  const registered = (asked: Room[], data: Registered) => {
    const lost = data.reason || data.resumed === false;
    seq = data.seq;
    // Of an unknown length it is never complete, and each keeps its own place.
    replay = data.replay ?? (lost ? 0 : Infinity);
    for (const room of asked) {
      const { name, era } = room;
      const { subscribed = [name], refused = [], resync = lost ? [name] : [] } = data;
      const code = refused.find((one) => one.channel === name)?.code;
      if (code) refuse(room, fault(code, /forb/.test(code) ? 'contact_admin' : 'fix_client'));
      // A listener of one of them may have closed the client.
      else if (open && subscribed.includes(name)) {
        const again = resync.includes(name);
        room.era = data.epoch;
        if (again || !room.acked) {
          const from = (room.own = again ? seq : room.asked ?? seq);
          each(room, (one) => {
            // Loaded while the frame was under way, which may have asked for less than comes after that.
            if (one.least == null && !one.queue && (one.after < from || era !== data.epoch)) load(room, one);
            one.least ??= from;
          });
        }
        room.acked = true;
        show(room);
        if (again) resynced(room, data.reason, data.spreadMs);
        if (wants(room)) ask(room);
      }
    }
    move(seq);
  };

  const wants = (room: Room) => room.listeners.some((one) => one.onPresence);

  const look = () => {
    const { status, welcome } = client.getSnapshot();
    // What alice has had says nothing to whoever comes next.
    if (status === 'idle') subject &&= client;
    if (open === (open = status === 'open')) return;
    pending = undefined;
    most = Most.names;
    const who = welcome?.user?.subject;
    const another = open && subject && subject !== who;
    if (open) {
      subject = who;
      unsupported = !welcome?.features?.includes('channels') && fault('channels_unsupported', 'fix_config');
    }
    for (const room of all()) {
      room.acked = false;
      room.changes = room.list = undefined;
      if (open) {
        // What was refused or has failed begins anew, and first.
        each(room, (one) => (another || room.snapshot.error || one.tries) && load(room, one, (one.tries = 0)));
        if (another && room.own != null) {
          room.own = null;
          resynced(room, 'principal_changed');
        }
      }
      show(room, open ? null : room.snapshot.error);
    }
    seq = replay = 0;
    const held = all().filter((room) => open && !unsupported && room.own != null && room.listeners[0]);
    if (held[0]) register(held.filter((room) => room.era === held[0]!.era), true);
    soon();
  };

  const greet = (one: Listener, snapshot: ChannelSnapshot) => {
    emit(KEY, one.onStatus, snapshot);
    if (snapshot.error) emit(KEY, one.onError, snapshot.error);
  };

  const resynced = (room: Room, reason: ResyncReason, spreadMs = 0) => {
    const wait = Math.random() * spreadMs;
    each(room, (one) => {
      emit(KEY, one.onResync, reason, wait);
      load(room, one, wait);
    });
  };

  const each = (room: Room, use: (one: Listener) => void) =>
    room.listeners.forEach((one) => room.listeners.includes(one) && use(one));

  const refuse = (room: Room, error: MessageError) => {
    room.acked = false;
    room.own = null;
    show(room, error);
  };

  const deliver = (one: Listener, message: ChannelMessage) => {
    if (!one.queue) message.seq > one.after && emit(KEY, one.onMessage, message);
    // A state that does not hold what is dropped here will be too old.
    else if (one.queue.push(message) > Most.kept) one.least = one.queue.shift()!.seq;
  };

  const all = () => [...rooms.values()];

  /** Asks who is there; what comes meanwhile is applied after it. */
  const ask = (room: Room) => {
    const changes: PresenceFrame[] = (room.changes = []);
    room.list = undefined;
    members(room.name).then(
      (list) => {
        if (room.changes !== changes) return;
        room.list = list;
        apply(room);
      },
      (error: MessageError) => {
        if (room.changes !== changes) return;
        room.changes =
          error.retryable || /time/.test(error.code)
            ? void setTimeout(soon, Most.ms)
            : (each(room, (one) => one.onPresence && emit(KEY, one.onError, error)), null);
      },
    );
  };

  const load = (room: Room, one: Listener, wait = 0) => {
    if (!one.state) return;
    // What comes from here on is kept.
    const queue: ChannelMessage[] = (one.queue = []);
    one.least = room.own;
    setTimeout(async () => {
      if (one.queue === queue)
        try {
          const { epoch, seq: at, data }: LoadedState<unknown> = await one.state!();
          if (one.queue !== queue) return;
          // Older than what the subscription has begun with: something between the two may be missing.
          if (!(at >= (one.least as number)) || (room.own != null && room.era !== epoch))
            throw fault('too_old');
          if (one.least == null && at < (room.own ?? Infinity)) {
            room.own = at;
            room.era = epoch;
          }
          one.queue = undefined;
          one.after = at;
          one.tries = 0;
          emit(KEY, one.onState, data);
          for (const message of queue) deliver(one, message);
        } catch (error) {
          if (one.queue !== queue) return;
          emit(KEY, one.onError, error);
          one.tries++;
          // Without a connection the next one tries it again.
          if (open) load(room, one, Math.random() * Most.ms * 2 ** Math.min(6, one.tries));
        }
      soon();
    }, wait);
  };

  const apply = (room: Room) => {
    for (const { seq: at, data } of (room.changes as PresenceFrame[]).splice(0)) {
      const list = room.list as Members;
      const { joined = [], left = [], count, partial } = Object(data) as PresenceFrame['data'];
      if (at > list.seq)
        room.list = {
          seq: at,
          count,
          partial: partial || list.partial,
          // Who joins once more keeps the place.
          members: [
            ...new Map(
              list.members
                .filter((one) => !left.includes(one.subject))
                .concat(joined)
                .map((one) => [one.subject, one]),
            ).values(),
          ],
        };
    }
    each(room, (one) => room.list && emit(KEY, one.onPresence, room.list));
  };

  const members = (channel: string, more?: object) =>
    request('presence', undefined, { ...more, channel }) as Promise<Members>;

  client.subscribe(look);
  look();

  const channel = (name: string): Channel<Untyped> => {
    const subscribe = (subscription: Subscription<any, any>) => {
      const listener: Listener = { ...subscription, tries: 0, after: -1 };
      const room = rooms.get(name) ?? { name, listeners: [], own: null, snapshot: { status: 'pending', error: null } };
      rooms.set(name, room);
      room.listeners = room.listeners.concat(listener);
      // The first use of a lazy client.
      client.on(KEY as never, call as never);
      load(room, listener);
      greet(listener, room.snapshot);
      if (room.list) emit(KEY, listener.onPresence, room.list);
      // Who is there is asked once more, when that was refused, for who comes next.
      room.changes ||= undefined;
      soon();
      return () => {
        listener.queue = [];
        room.listeners = room.listeners.filter((one) => one !== listener);
        soon();
      };
    };
    return {
      name,
      subscribe,
      on: (type, handler) =>
        subscribe({
          onMessage: (message: any) => message.type === type && handler(message.data, message),
        }),
      onPresence: (onPresence) => subscribe({ onPresence }),
      publish: async (type, data, { key, ...more }: PublishOptions = {}) => {
        if (unsupported) throw unsupported;
        const send = () => request('publish', { type, data, key }, { ...more, channel: name }) as Promise<Published>;
        return send().catch((error: MessageError) => {
          // publish_unknown, connection_lost
          if (key && /h_unk|n_lost/.test(error.code)) return send();
          throw error;
        });
      },
      presence: (more) => members(name, more),
    };
  };
  return Object.assign(client, { channel }) as unknown as ChannelClient<M, C>;
};
