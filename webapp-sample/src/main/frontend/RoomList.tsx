import { useChannel, usePresence } from '@drawbridge/client/channels-react';
import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent, type ReactNode } from 'react';
import { Avatar } from './Avatar.js';
import { isName, NAME, PREFIX, roomOf, WRITING_MS } from './rooms.js';
import type { Rooms } from './useRooms.js';

/** How many faces a room in the list shows. */
const FACES = 4;

/** So much of the room before shows that there is one. */
const ASIDE_PX = 40;

interface Props {
  readonly rooms: Rooms;
  readonly me: string;
  /** What the log could not prove, for the timeline. */
  readonly onResync: (reason: string) => void;
}

/** All rooms of this tab: each of them is subscribed to, so that it can say what is unread. */
export function RoomList({ rooms, me, onResync }: Props): ReactNode {
  const { state, change } = rooms;
  const step = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const from = state.names.indexOf((event.target as HTMLElement).dataset['room'] ?? '');
    const to = by && from >= 0 ? state.names[from + by] : undefined;
    if (!to) return;
    event.preventDefault();
    document.getElementById(`enter-${to}`)?.focus();
  };
  return (
    <nav className="card rooms" aria-labelledby="rooms-title">
      <h2 id="rooms-title">Rooms</h2>
      <div className="strip">
        <ul id="rooms" data-testid="rooms" onKeyDown={step}>
          {state.names.map((name) => (
            <RoomEntry key={name} name={name} rooms={rooms} me={me} onResync={onResync} />
          ))}
        </ul>
        <AddRoom onAdd={(room) => change({ type: 'enter', room })} />
      </div>
      <small className="keys">
        <kbd>Alt</kbd> <kbd>↑</kbd> <kbd>↓</kbd> while you write: another room
      </small>
    </nav>
  );
}

function RoomEntry({ name, rooms, me, onResync }: Props & { name: string }): ReactNode {
  const { state, change, nextKey } = rooms;
  const channel = `${PREFIX}${name}` as const;
  const { error } = useChannel(
    channel,
    {
      'chat.message': ({ text }, { from = '', seq }) =>
        change({
          type: 'heard',
          room: name,
          line: {
            key: nextKey(),
            from,
            text,
            seq,
            at: Date.now(),
            state: from === me ? 'delivered' : 'received',
          },
        }),
      'chat.typing': (_, { from = '' }) => {
        if (from !== me)
          change({ type: 'writing', room: name, who: from, until: Date.now() + WRITING_MS });
      },
    },
    {
      onResync: (reason) => {
        change({ type: 'resync', room: name, reason, at: Date.now() });
        onResync(reason);
      },
    },
  );
  const { members, count } = usePresence(channel);
  const { unread } = roomOf(state, name);
  const active = state.active === name;
  const entry = useRef<HTMLLIElement>(null);
  useEffect(() => {
    // On a phone the rooms stand in one strip, and this one may be outside of what is seen.
    const strip = entry.current?.closest('.strip');
    if (active && entry.current) strip?.scrollTo({ left: entry.current.offsetLeft - ASIDE_PX });
  }, [active]);
  const people = count === 1 ? '1 person here' : `${count} people here`;
  return (
    <li ref={entry} data-active={active} data-unread={unread || undefined}>
      <button
        type="button"
        id={`enter-${name}`}
        className="enter"
        data-testid="room"
        data-room={name}
        aria-current={active || undefined}
        aria-label={`${name}${unread ? `, ${unread} unread` : ''}, ${error ? 'not allowed' : people}`}
        onClick={() => change({ type: 'enter', room: name })}
      >
        <span className="hash" aria-hidden="true">
          #
        </span>
        <span className="name">{name}</span>
        {error ? (
          <code>{error.code}</code>
        ) : (
          <span className="faces" data-count={count}>
            {members.slice(0, FACES).map(({ subject }) => (
              <Avatar key={subject} name={subject} small />
            ))}
            {count > FACES && <small>+{count - FACES}</small>}
          </span>
        )}
        {unread > 0 && <span className="unread">{unread > 99 ? '99+' : unread}</span>}
      </button>
      {active && state.names.length > 1 && (
        <button
          type="button"
          id="leave-room"
          className="leave"
          aria-label={`Leave ${name}`}
          title={`Leave ${name}`}
          onClick={() => {
            change({ type: 'leave', room: name });
            // The button goes, and the focus with it.
            document.getElementById('chat-title')?.focus();
          }}
        >
          ×
        </button>
      )}
    </li>
  );
}

function AddRoom({ onAdd }: { onAdd: (name: string) => void }): ReactNode {
  const [name, setName] = useState('');
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (!isName(name)) return;
    onAdd(name);
    setName('');
  };
  return (
    <form className="add" onSubmit={add}>
      <label className="visually-hidden" htmlFor="room-name">
        Name of another room
      </label>
      <input
        id="room-name"
        data-testid="room-name"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        placeholder="Another room"
        pattern={NAME}
        title="Letters, digits and : . _ @ / -"
        maxLength={123}
        required
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <button type="submit" id="add-room" data-testid="add-room" aria-label="Enter it">
        +
      </button>
    </form>
  );
}
