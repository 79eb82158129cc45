/** What the page knows of its rooms: a pure state, and the changes it can go through. */

export const PREFIX = 'room:';
export const READY_MADE = ['lobby', 'harbour', 'bridge-watch'] as const;

/** What may follow the prefix; a channel's name has at most 128 characters. */
export const NAME = '[A-Za-z0-9:._@\\/\\-]{1,123}';
export const isName = (name: string) => new RegExp(`^${NAME}$`).test(name);

export const MAX_TEXT = 2_000;

/** Older lines go, so that a tab left open for days stays small. */
const MAX_ITEMS = 300;

/** How long somebody counts as writing after the last word of it. */
export const WRITING_MS = 4_000;

/** Something that somebody has said. */
export interface Line {
  readonly key: string;
  /** Empty for what the application itself has published. */
  readonly from: string;
  /** Absent for what the whole room hears. */
  readonly to?: string;
  readonly text: string;
  readonly at: number;
  /** `received`: by others. The rest is ours. */
  readonly state: 'received' | 'sending' | 'delivered' | 'refused';
  /** Its number in the log, once it is there. */
  readonly seq?: number;
  readonly problem?: string;
  /** It came after a return, from the log. */
  readonly missed?: boolean;
}

/** The log could not prove that nothing is missing here. */
export interface Gap {
  readonly key: string;
  readonly at: number;
  readonly resync: string;
}

export interface Room {
  readonly items: readonly (Line | Gap)[];
  /** What nobody has looked at yet. */
  readonly unread: number;
  /** In front of which item the unread ones begin. */
  readonly firstUnread?: string;
  /** Until when each of those counts as writing. */
  readonly writing: Readonly<Record<string, number>>;
  /** Number of the last message, 0 after a resync. */
  readonly last: number;
}

/** A break of the line, or of the log alone, which takes no time: `back` stays until it is dismissed. */
export interface Break {
  readonly phase: 'away' | 'back';
  readonly since: number;
  readonly ms: number;
  /** Messages that came after the return, of all rooms. */
  readonly arrived: number;
  /** Of these, what was there already or came in the wrong order: the client keeps this at 0. */
  readonly wrong: number;
  readonly resync?: string;
}

export interface State {
  readonly names: readonly string[];
  readonly active: string;
  readonly rooms: Readonly<Record<string, Room>>;
  /** Nobody sees this tab: all that comes is unread. */
  readonly hidden: boolean;
  readonly broken: Break | null;
}

export type Change =
  | { readonly type: 'enter'; readonly room: string }
  | { readonly type: 'leave'; readonly room: string }
  | { readonly type: 'hidden'; readonly hidden: boolean }
  | { readonly type: 'heard'; readonly room: string; readonly line: Line }
  | { readonly type: 'said'; readonly room: string; readonly line: Line }
  | { readonly type: 'settled'; readonly room: string; readonly key: string; readonly set: Partial<Line> }
  | { readonly type: 'writing'; readonly room: string; readonly who: string; readonly until: number }
  | { readonly type: 'resync'; readonly room: string; readonly reason: string; readonly at: number }
  | { readonly type: 'away' | 'back'; readonly at: number }
  | { readonly type: 'dismiss' };

const EMPTY: Room = { items: [], unread: 0, writing: {}, last: 0 };

export const initial = (names: readonly string[]): State => ({
  names,
  active: names[0] ?? READY_MADE[0],
  rooms: Object.fromEntries(names.map((name) => [name, EMPTY])),
  hidden: false,
  broken: null,
});

export const roomOf = ({ rooms }: State, name: string): Room => rooms[name] ?? EMPTY;

export const unreadOf = ({ rooms }: State): number =>
  Object.values(rooms).reduce((sum, { unread }) => sum + unread, 0);

export function reduce(state: State, change: Change): State {
  switch (change.type) {
    case 'enter': {
      const { names, active } = state;
      const left = change.room === active ? state : inRoom(state, active, withoutUnreadLine);
      return inRoom(
        {
          ...left,
          active: change.room,
          names: names.includes(change.room) ? names : [...names, change.room],
        },
        change.room,
        seen,
      );
    }
    case 'leave': {
      const names = state.names.filter((name) => name !== change.room);
      const { [change.room]: gone, ...rooms } = state.rooms;
      const next = names[Math.max(0, state.names.indexOf(change.room) - 1)] ?? READY_MADE[0];
      return gone && names.length > 0
        ? inRoom(
            { ...state, names, rooms, active: state.active === change.room ? next : state.active },
            state.active === change.room ? next : state.active,
            seen,
          )
        : state;
    }
    case 'hidden':
      return inRoom({ ...state, hidden: change.hidden }, state.active, (room) =>
        change.hidden ? withoutUnreadLine(room) : seen(room),
      );
    case 'heard':
      return heard(state, change.room, change.line);
    case 'said':
      return inRoom(state, change.room, (room) => add(room, change.line));
    case 'settled':
      return inRoom(state, change.room, (room) => settle(room, change.key, change.set));
    case 'writing':
      // What was replayed is of the past.
      if (state.broken?.phase === 'away') return state;
      return inRoom(state, change.room, (room) => ({
        ...room,
        writing: { ...room.writing, [change.who]: change.until },
      }));
    case 'resync': {
      const { broken } = state;
      const since = { phase: 'back', since: change.at, ms: 0, arrived: 0, wrong: 0 } as const;
      const away = broken?.phase === 'away' ? broken : since;
      return inRoom(
        { ...state, broken: { ...away, resync: change.reason } },
        change.room,
        (room) => ({
          ...room,
          // Numbers of another log would be taken for those of this one.
          items: [
            ...room.items.map((item) => ('state' in item ? withoutNumber(item) : item)),
            { key: `gap-${change.at}`, at: change.at, resync: change.reason },
          ].slice(-MAX_ITEMS),
          last: 0,
          writing: {},
        }),
      );
    }
    case 'away':
      return {
        ...state,
        // Whoever is writing, nobody here can see it end.
        rooms: Object.fromEntries(
          Object.entries(state.rooms).map(([name, room]) => [name, { ...room, writing: {} }]),
        ),
        broken: { phase: 'away', since: change.at, ms: 0, arrived: 0, wrong: 0 },
      };
    case 'back': {
      const { broken } = state;
      if (broken?.phase !== 'away') return state;
      return { ...state, broken: { ...broken, phase: 'back', ms: change.at - broken.since } };
    }
    case 'dismiss':
      return { ...state, broken: null };
  }
}

function inRoom(state: State, name: string, change: (room: Room) => Room): State {
  return { ...state, rooms: { ...state.rooms, [name]: change(roomOf(state, name)) } };
}

/** The line that shows where the unread ones begin stays while somebody looks at them. */
const seen = (room: Room): Room => (room.unread ? { ...room, unread: 0 } : room);

const withoutNumber = ({ seq, ...line }: Line): Line => line;

const withoutUnreadLine = ({ firstUnread, ...room }: Room): Room => room;

function add(room: Room, item: Line): Room {
  return { ...room, items: [...room.items, item].slice(-MAX_ITEMS) };
}

/** A message of the log: in its order, and ours in the place of what was waiting for it. */
function heard(state: State, name: string, line: Line): State {
  const { broken } = state;
  const room = roomOf(state, name);
  const missed = broken?.phase === 'away';
  const wrong = line.seq !== undefined && line.seq <= room.last;
  const mine = line.state === 'delivered' ? waiting(room, line) : undefined;
  const { [line.from]: wrote, ...writing } = room.writing;
  const looked = name === state.active && !state.hidden;
  const others = line.state === 'received';
  const next = add(
    {
      ...room,
      writing,
      last: line.seq ?? room.last,
      items: mine ? room.items.filter((item) => item !== mine) : room.items,
      unread: room.unread + (others && !looked ? 1 : 0),
      ...(others && !looked && !room.unread && { firstUnread: line.key }),
    },
    { ...line, ...(mine && { key: mine.key }), ...(missed && others && { missed }) },
  );
  return {
    ...inRoom(state, name, () => next),
    broken: missed
      ? {
          ...broken,
          arrived: broken.arrived + (others ? 1 : 0),
          wrong: broken.wrong + (wrong ? 1 : 0),
        }
      : broken,
  };
}

/** Ours that the message is: of its number if the ack came first, else the oldest of that text. */
function waiting({ items }: Room, { seq, text }: Line): Line | undefined {
  const ours = items.filter((item): item is Line => 'state' in item && !item.to);
  return (
    ours.find((line) => line.seq === seq && line.state === 'delivered') ??
    ours.find((line) => line.state === 'sending' && line.text === text)
  );
}

function settle(room: Room, key: string, set: Partial<Line>): Room {
  // Heard already, by this very number: what is left to say is nothing new.
  const there = set.seq !== undefined && room.items.some((item) => 'state' in item && item.seq === set.seq);
  return {
    ...room,
    items: there
      ? room.items.filter((item) => item.key !== key || ('state' in item && item.seq === set.seq))
      : room.items.map((item) => (item.key === key && 'state' in item ? { ...item, ...set } : item)),
  };
}
