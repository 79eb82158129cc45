import { MessageError } from '@drawbridge/client';
import { useChannel, usePresence } from '@drawbridge/client/channels-react';
import { useConnectionState } from '@drawbridge/client/react';
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { Avatar } from './Avatar.js';
import { Composer } from './Composer.js';
import { Lines } from './Lines.js';
import { PREFIX, roomOf, type Line } from './rooms.js';
import type { Session } from './session.js';
import type { Rooms } from './useRooms.js';

/** Errors after which the same message, by its key, may be said again: nobody gets it twice. */
const AGAIN = /^(connection_lost|publish_unknown|engine_unavailable|request_timeout|queue_full)$/;

/** How many people a room names. */
const SHOWN = 12;

interface Props {
  readonly session: Session;
  readonly rooms: Rooms;
  readonly me: string;
  /** Between the people and the messages: what has happened to the line. */
  readonly children: ReactNode;
}

/** The room that is open: who is here, what was said, who is writing. */
export function Chat({ session, rooms, me, children }: Props): ReactNode {
  const { client } = session;
  const { state, change, nextKey } = rooms;
  const { status } = useConnectionState();
  const { active } = state;
  const room = roomOf(state, active);
  const title = useRef<HTMLHeadingElement>(null);
  // What had the focus is gone with the form before: a keyboard goes on from here.
  useEffect(() => title.current?.focus(), []);

  useChannel('~', {
    'chat.message': ({ from, text, sentAt }) =>
      change({
        type: 'heard',
        room: active,
        line: { key: nextKey(), from, to: me, text, at: sentAt, state: 'received' },
      }),
  });

  /** Said, but perhaps not heard; by key. */
  const unsure = useRef(new Map<string, { room: string; text: string }>());
  const publish = (to: string, key: string, text: string) => {
    const settle = (set: Partial<Line>) => change({ type: 'settled', room: to, key, set });
    client
      .channel(`${PREFIX}${to}`)
      .publish('chat.message', { text }, { key })
      .then(
        ({ seq }) => settle({ state: 'delivered', seq }),
        (error: unknown) => {
          if (error instanceof MessageError && AGAIN.test(error.code))
            unsure.current.set(key, { room: to, text });
          else settle({ state: 'refused', problem: words(error) });
        },
      );
  };
  const publishAgain = useRef(publish);
  useEffect(() => {
    publishAgain.current = publish;
  });
  useEffect(() => {
    if (status !== 'open') return;
    for (const [key, { room: to, text }] of [...unsure.current]) {
      unsure.current.delete(key);
      publishAgain.current(to, key, text);
    }
  }, [status]);

  const say = (text: string, to: string) => {
    const key = nextKey();
    const line = { key, from: me, text, at: Date.now(), state: 'sending' as const };
    if (state.broken?.phase === 'back') change({ type: 'dismiss' });
    if (!to) {
      change({ type: 'said', room: active, line });
      publish(active, key, text);
      return;
    }
    const settle = (set: Partial<Line>) => change({ type: 'settled', room: active, key, set });
    change({ type: 'said', room: active, line: { ...line, to } });
    client.request('chat.send', { to, text }).then(
      ({ sentAt, connections }) =>
        settle({
          state: 'delivered',
          at: sentAt,
          ...(!connections && { problem: `${to} is not here: nobody read it` }),
        }),
      (error: unknown) => settle({ state: 'refused', problem: words(error) }),
    );
  };
  const write = () => {
    // A word that nobody waits for.
    if (status === 'open')
      client.channel(`${PREFIX}${active}`).publish('chat.typing', {}).catch(() => {});
  };
  const turn = (event: KeyboardEvent) => {
    const by = event.altKey ? { ArrowDown: 1, ArrowUp: -1 }[event.key] : undefined;
    const to = by && state.names[state.names.indexOf(active) + by];
    if (!to) return;
    event.preventDefault();
    change({ type: 'enter', room: to });
    // The messages go, and a focus in them.
    if (!(event.target instanceof HTMLInputElement)) title.current?.focus();
  };

  return (
    <section className="card chat" aria-labelledby="chat-title" aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown" onKeyDown={turn}>
      <div className="chat-head">
        <h2 id="chat-title" tabIndex={-1} ref={title} data-room={active}>
          <span className="hash" aria-hidden="true">
            #
          </span>
          {active}
        </h2>
        <People room={active} me={me} live={status === 'open'} />
      </div>
      {children}
      <Lines key={active} room={room} name={active} me={me} status={status} spoil={!!session.spoil} />
      <Writing writing={room.writing} />
      <Composer room={active} status={status} me={me} onSay={say} onWrite={write} />
    </section>
  );
}

const words = (error: unknown) => (error instanceof MessageError ? error.message : 'not sent');

/** Without a connection, those who were last seen. */
function People({ room, me, live }: { room: string; me: string; live: boolean }): ReactNode {
  const { members, count } = usePresence(`${PREFIX}${room}`);
  return (
    <ul id="people" data-testid="people" className="people" aria-label="Who is here" data-count={count}>
      {members.slice(0, SHOWN).map(({ subject, displayName }) => (
        <li key={subject} data-subject={subject} title={subject}>
          <Avatar name={subject} here={live} small />
          {displayName}
          {subject === me && <small>you</small>}
        </li>
      ))}
      {count > SHOWN && <li>and {count - SHOWN} more</li>}
    </ul>
  );
}

/** Who is writing, until the last word of it is old. */
function Writing({ writing }: { writing: Readonly<Record<string, number>> }): ReactNode {
  const [now, setNow] = useState(Date.now);
  const next = Math.min(...Object.values(writing).filter((until) => until > now));
  useEffect(() => {
    if (next === Infinity) return;
    const timer = setTimeout(() => setNow(Date.now()), Math.max(0, next - Date.now()) + 10);
    return () => clearTimeout(timer);
  }, [next]);
  const who = Object.keys(writing)
    .filter((name) => (writing[name] ?? 0) > now)
    .map((name) => name || 'the bridge keeper');
  return (
    <p id="writing" data-testid="writing" className="writing">
      {who.length > 0 && (
        <>
          <span className="dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {who.length > 3
            ? 'Several people are writing'
            : `${new Intl.ListFormat('en').format(who)} ${who.length > 1 ? 'are' : 'is'} writing`}
        </>
      )}
    </p>
  );
}
