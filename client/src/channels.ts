/** Channels on a client of the core: PROTOCOL.md section 11, of which "the client's positions" is done here. */
import { MessageError, type DrawbridgeClient, type DrawbridgeMessages, type ErrorBody } from './drawbridge.js';
import type {
  Channel,
  ChannelClient,
  ChannelMessage,
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

/** What a failure that can heal waits for, when the server does not say. */
const LATER_MS = 1_000;
/** Names of a frame: within the server's default for a connection, and its size. */
const MOST = 100;
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
  if ('channel' in client) return client as ChannelClient<M, C>;
  const { request, extend } = client as unknown as DrawbridgeClient<Untyped>;
  if (!extend) throw fault('shareTabs_has_no_channels');

  const rooms = new Map<string | undefined, Room>();
  /** The common position, of all that are acked and have none of their own. */
  let epoch: string;
  let seq = 0;
  /** So many frames of the last replay are still to come. */
  let replay = 0;
  /** The one frame that is not answered yet, or waits to be sent again. */
  let pending: readonly [id: string, answer: (data: Registered, error?: ErrorBody) => void] | undefined;
  let last = 0;
  /** How many channels a frame may have: one after a frame was refused whole. */
  let most: number;
  let open = false;
  let unsupported: MessageError | false;
  /** Who the positions are of. */
  let subject: unknown;
  let due: Promise<void> | undefined;

  const all = () => [...rooms.values()];
  const each = (room: Room, use: (one: Listener) => void) =>
    room.listeners.forEach((one) => room.listeners.includes(one) && use(one));
  const wants = (room: Room) => room.listeners.some((one) => one.onPresence);
  const call = (handler: ((...all: unknown[]) => void) | undefined, ...all: unknown[]) => handler?.(...all);
  const tell = (room: Room, name: keyof Subscription<unknown>, ...what: unknown[]) =>
    each(room, (one) => emit(KEY, one[name], ...what));

  const show = (room: Room) => {
    const { refusal: error = null, acked: on, snapshot } = room;
    const status = error ? 'refused' : on ? 'subscribed' : 'pending';
    if (snapshot.status === status) return;
    tell(room, 'onStatus', (room.snapshot = { status, error }));
    if (error) tell(room, 'onError', error);
  };

  const refuse = (room: Room | undefined, error: MessageError) => {
    if (!room) return;
    room.acked = false;
    room.own = null;
    room.refusal = error;
    show(room);
  };

  /** What has to be asked for now, all at once and after whatever happens in the same task. */
  const flush = () => {
    due = undefined;
    if (pending) return;
    const gone: string[] = [];
    const wanted = all().filter((room) => {
      const { name, listeners, acked: on, changes, refusal } = room;
      if (!listeners[0]) return rooms.delete(name) && on && !gone.push(name);
      return on ? !changes && wants(room) : !refusal && !listeners.some((one) => one.queue && !one.tries);
    });
    if (!open) return;
    if (gone[0]) control({ type: 'unsubscribe', data: { channels: gone } });
    if (unsupported) for (const room of wanted) refuse(room, unsupported);
    else if (wanted[0]) register(wanted.slice(0, most));
  };
  const soon = () => (due ??= Promise.resolve().then(flush));

  /** @param resume all of them go on from the lowest of their places */
  const register = (asked: Room[], resume?: boolean) => {
    const id = 's' + ++last;
    const mine = (pending = [
      id,
      (data, error) => {
        const again = () => {
          if (pending === mine) pending = undefined;
          soon();
        };
        const wait = error?.retryable && (error.retryAfterMs ?? LATER_MS);
        if (wait) return void setTimeout(again, wait);
        if (!error) registered(asked, data);
        // What is refused whole may be granted one by one.
        else if (asked[1] || resume) most = 1;
        else refuse(asked[0], new MessageError(error));
        again();
      },
    ]);
    control({
      type: resume ? 'resume' : 'subscribe',
      id,
      data: {
        ...(resume && { epoch: asked[0]?.era, seq: Math.min(...asked.map(({ own }) => own as number)) }),
        channels: asked.map(({ name, own, era }) =>
          resume || own == null ? name : { channel: name, epoch: era, seq: own },
        ),
        presence: asked.some(wants),
      },
    });
  };

  /** They go on from the position that the server says, or from their own if that is replayed. */
  const registered = (asked: Room[], data: Registered) => {
    const names = asked.map(({ name }) => name);
    const { subscribed = names, refused = [], resync = names, replay: frames = 0 } = data;
    if (data.epoch !== epoch || resync === names) seq = 0;
    epoch = data.epoch;
    replay = frames;
    for (const { channel: name, code } of refused)
      refuse(rooms.get(name), fault(code, /forb/.test(code) ? 'contact_admin' : 'fix_client'));
    const on = asked.filter(({ name }) => subscribed.includes(name));
    for (const room of on) {
      room.acked = true;
      room.era = epoch;
      if (resync.includes(room.name)) room.own = null;
      room.own ??= data.seq;
    }
    move(data.seq);
    for (const room of on) {
      show(room);
      if (resync.includes(room.name)) resynced(room, data.reason, data.spreadMs);
      if (wants(room)) ask(room);
    }
  };

  const position = (room: Room) => room.own ?? (room.acked ? seq : null);

  /** The common position goes on; a place of its own that it has come to is not needed any more. */
  const move = (to: number) => {
    if (to > seq) seq = to;
    for (const room of all()) if (!replay && room.acked && (room.own as number) <= seq) room.own = null;
  };

  const resynced = (room: Room, reason: ResyncReason, spreadMs = 0) => {
    const wait = Math.random() * spreadMs;
    tell(room, 'onResync', reason, wait);
    each(room, (one) => load(room, one, wait));
  };

  const load = (room: Room, one: Listener, wait = 0) => {
    if (!one.state) return;
    // What comes from here on is kept.
    const queue: ChannelMessage[] = (one.queue = []);
    let since = position(room);
    setTimeout(() => {
      if (one.queue === queue)
        Promise.resolve()
          .then(one.state)
          .then(({ data, epoch: from, seq: at }: LoadedState<unknown>) => {
            if (one.queue !== queue) return;
            if (since == null)
              if (room.acked) since = Infinity;
              else if (!(at >= (room.own ?? Infinity))) {
                room.own = at;
                room.era = from;
              }
            // Older than what the subscription has begun with: something between the two may be missing.
            if (room.era !== from || !(at >= (since ?? 0))) throw fault('too_old');
            one.queue = undefined;
            one.after = at;
            one.tries = 0;
            emit(KEY, one.onState, data);
            for (const message of queue) deliver(one, message);
          })
          .catch((error) => {
            if (one.queue !== queue) return;
            emit(KEY, one.onError, error);
            one.tries++;
            // Without a connection the next one tries it again.
            if (open) load(room, one, Math.random() * LATER_MS * 2 ** Math.min(6, one.tries));
          })
          .then(soon);
    }, wait);
  };

  const deliver = (one: Listener, message: ChannelMessage) =>
    one.queue ? one.queue.push(message) : message.seq > one.after && emit(KEY, one.onMessage, message);

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
        if (error.retryable) setTimeout(() => room.changes === changes && ask(room), LATER_MS);
        else each(room, (one) => one.onPresence && emit(KEY, one.onError, error));
      },
    );
  };

  const apply = (room: Room) => {
    for (const { seq: at, data } of (room.changes as PresenceFrame[]).splice(0)) {
      const { members, seq: before, partial } = room.list as Members;
      const { joined = [], left = [], count, partial: more } = Object(data) as PresenceFrame['data'];
      if (at > before)
        room.list = {
          seq: at,
          count,
          partial: more || partial,
          members: members.filter((one) => !left.includes(one.subject)).concat(joined),
        };
    }
    tell(room, 'onPresence', room.list);
  };

  const members = (channel: string, more?: object) =>
    request('presence', undefined, { ...more, channel }) as Promise<Members>;

  const [control, emit] = extend((frame) => {
    const { type, id, channel, error } = frame;
    // A foreign server may leave out what ours says.
    const data = Object(frame.data) as Registered;
    const room = rooms.get(channel);
    if (type === 'ping') return move(data.seq);
    if (id && id === pending?.[0]) pending[1](data, error);
    else if (type === 'resume') registered(all().filter(({ acked }) => acked), data);
    else if (!channel) return;
    else if (type === 'unsubscribe') {
      if (room?.acked) refuse(room, new MessageError(Object(error) as ErrorBody));
    } else if (type === 'presence') {
      room?.changes?.push(frame as unknown as PresenceFrame);
      if (room?.list) apply(room);
    } else {
      const message = frame as ChannelMessage;
      const at = message.seq;
      if (!(at >= 0)) return;
      const fresh = room?.acked && at > (position(room) as number);
      if (fresh) room.own = at;
      if (replay) replay--;
      move(at);
      if (fresh) each(room, (one) => deliver(one, message));
    }
    return true;
  });

  const look = () => {
    const { status, welcome } = client.getSnapshot();
    // What alice has had says nothing to whoever comes next.
    if (status === 'idle') subject &&= client;
    if (open === (open = status === 'open')) return;
    pending = undefined;
    most = MOST;
    const who = welcome?.user?.subject;
    const another = open && subject && subject !== who;
    if (open) {
      subject = who;
      unsupported = !welcome?.features?.includes('channels') && fault('channels_unsupported', 'fix_config');
    }
    for (const room of all()) {
      room.own = position(room);
      room.acked = false;
      room.changes = undefined;
      if (open) {
        // What was refused or has failed begins anew, and first.
        each(room, (one) => (room.refusal || one.tries) && load(room, one, (one.tries = 0)));
        room.refusal = null;
        if (another && room.own != null) {
          room.own = null;
          room.list = undefined;
          resynced(room, 'principal_changed');
        }
      }
      show(room);
    }
    seq = replay = 0;
    const [first, ...more] = all().filter(({ own, listeners }) => open && !unsupported && own != null && listeners[0]);
    if (first) register([first, ...more.filter((room) => room.era === first.era)], true);
    soon();
  };
  client.subscribe(look);
  look();

  const channel = (name: string): Channel<Untyped> => {
    const subscribe = (subscription: Subscription<any, any>) => {
      const listener: Listener = { ...subscription, tries: 0, after: -1 };
      const room = rooms.get(name) ?? { name, listeners: [], snapshot: { status: 'pending', error: null } };
      rooms.set(name, room);
      room.listeners = room.listeners.concat(listener);
      // The first use of a lazy client.
      client.on(KEY as never, call as never);
      load(room, listener);
      emit(KEY, listener.onStatus, room.snapshot);
      if (room.refusal) emit(KEY, listener.onError, room.refusal);
      if (room.list) emit(KEY, listener.onPresence, room.list);
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
      publish: (type, data, { key, ...more }: PublishOptions = {}) => {
        const send = async () => {
          if (unsupported) throw unsupported;
          return request('publish', { type, data, key }, { ...more, channel: name }) as Promise<Published>;
        };
        return send().catch((error: MessageError) => {
          if (!key || !/^(publish_u|connection_l)/.test(error.code)) throw error;
          return send();
        });
      },
      presence: (more) => members(name, more),
    };
  };
  return Object.assign(client, { channel }) as unknown as ChannelClient<M, C>;
};
