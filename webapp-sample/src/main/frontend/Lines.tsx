import type { ConnectionStatus } from '@drawbridge/client';
import { Fragment, useEffect, useRef, useState, type ReactNode } from 'react';
import { Avatar } from './Avatar.js';
import type { Line, Room } from './rooms.js';

/** Lines of one person within this time stand together. */
const TOGETHER_MS = 120_000;

/** Closer to the end than this, new lines are followed. */
const NEAR_PX = 120;

interface Props {
  readonly room: Room;
  readonly name: string;
  readonly me: string;
  readonly status: ConnectionStatus;
  /** There are demo users, for a second tab. */
  readonly spoil: boolean;
}

/** What was said in one room; made anew for each, so that a screen reader does not read it all. */
export function Lines({ room, name, me, status, spoil }: Props): ReactNode {
  const { items, firstUnread } = room;
  const log = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  /** Somebody reads further up, and something has come. */
  const [behind, setBehind] = useState(false);
  const toEnd = () => log.current?.scrollTo({ top: log.current.scrollHeight });
  const shown = useRef(items.length);
  useEffect(() => {
    if (atEnd.current) toEnd();
    else if (items.length > shown.current) setBehind(true);
    shown.current = items.length;
  }, [items]);
  // What is said of the line takes its place above from here.
  useEffect(() => {
    if (!log.current) return;
    const observer = new ResizeObserver(() => atEnd.current && toEnd());
    observer.observe(log.current);
    return () => observer.disconnect();
  }, []);
  return (
    <div className="log">
      <div
        id="messages"
        data-testid="messages"
        role="log"
        aria-live="polite"
        aria-label={`Messages in ${name}`}
        tabIndex={0}
        ref={log}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
          if (atEnd.current) setBehind(false);
        }}
      >
        <ol>
          {items.length === 0 && (
            <li className="empty">
              {status === 'open' ? <Quiet name={name} me={me} spoil={spoil} /> : 'Messages appear here once you are connected.'}
            </li>
          )}
          {items.map((item, at) => {
            const before = items[at - 1];
            const line = 'state' in item ? item : null;
            const said = before && 'state' in before ? before : null;
            const missed = line?.missed && !said?.missed;
            return (
              <Fragment key={item.key}>
                {item.key === firstUnread && !missed && <Divider kind="unread">new</Divider>}
                {missed && <Divider kind="missed">while you were away</Divider>}
                {line ? (
                  <Said line={line} me={me} again={!!said && goesOn(said, line) && !missed} open={status === 'open'} />
                ) : (
                  'resync' in item && (
                    <Divider kind="resync">
                      The server began a new log <code>{item.resync}</code>
                      <small>
                        It cannot prove that nothing is missing here, and says so once: a page with a database behind
                        it loads the room anew now.
                      </small>
                    </Divider>
                  )
                )}
              </Fragment>
            );
          })}
        </ol>
      </div>
      {behind && (
        <button
          type="button"
          id="to-end"
          className="primary"
          onClick={() => {
            toEnd();
            // The button goes, and the focus with it.
            log.current?.focus();
          }}
        >
          ↓ New messages
        </button>
      )}
    </div>
  );
}

function Quiet({ name, me, spoil }: { name: string; me: string; spoil: boolean }): ReactNode {
  const other = me === 'bob' ? 'alice' : 'bob';
  return (
    <>
      <span aria-hidden="true" className="moon">
        ♜
      </span>
      It is quiet in {name}. Say something
      {spoil ? (
        <>
          , or{' '}
          <a href={`?as=${other}`} target="_blank" rel="noopener">
            come as {other} in a second tab
          </a>
          . Then cut your line while others write, and see that nothing is missing when you are back.
        </>
      ) : (
        '.'
      )}
    </>
  );
}

function Divider({ kind, children }: { kind: 'unread' | 'missed' | 'resync'; children: ReactNode }): ReactNode {
  return (
    <li className="divider" data-kind={kind}>
      <span>{children}</span>
    </li>
  );
}

const goesOn = (before: Line, line: Line) =>
  before.from === line.from &&
  before.to === line.to &&
  !before.missed === !line.missed &&
  before.state !== 'refused' &&
  line.at - before.at < TOGETHER_MS;

function Said({ line, me, again, open }: { line: Line; me: string; again: boolean; open: boolean }): ReactNode {
  const { from, to, text, at, state, problem } = line;
  const mine = from === me && state !== 'received';
  return (
    <li
      className={`line${mine ? ' mine' : ''}${to ? ' private' : ''}${again ? ' again' : ''}`}
      data-state={state}
      data-seq={line.seq}
      data-missed={line.missed}
    >
      <Avatar name={from} />
      <div className="bubble">
        <div className="meta">
          <strong>{from || 'bridge keeper'}</strong>
          {to && <span>{mine ? `to ${to} alone` : 'to you alone'}</span>}
          <time dateTime={new Date(at).toISOString()}>{clock(at)}</time>
        </div>
        <p>{text}</p>
        {state === 'sending' && <small>{open ? 'sending…' : 'waits for the line…'}</small>}
        {state === 'delivered' && mine && !problem && (
          <small className="tick" title="delivered">
            <span aria-hidden="true">✓</span>
            <span className="visually-hidden">delivered</span>
          </small>
        )}
        {problem && <small className="problem">{problem}</small>}
      </div>
    </li>
  );
}

function clock(at: number): string {
  return new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}
