import { MessageError } from '@drawbridge/client';
import { useConnectionState, useDrawbridge, useMessage } from '@drawbridge/client/react';
import { useEffect, useReducer, useRef, useState, type FormEvent, type ReactNode } from 'react';
import { Avatar } from './Login.js';

/** Older lines go, so that a tab left open for days stays small. */
const MAX_LINES = 200;

interface Line {
  readonly key: number;
  readonly from: string;
  readonly to?: string;
  readonly text: string;
  readonly at: number;
  readonly state: 'received' | 'sending' | 'delivered' | 'refused';
  readonly problem?: string;
}

type Change = { readonly add: Line } | { readonly key: number; readonly set: Partial<Line> };

function lines(present: readonly Line[], change: Change): readonly Line[] {
  return 'add' in change
    ? [...present, change.add].slice(-MAX_LINES)
    : present.map((line) => (line.key === change.key ? { ...line, ...change.set } : line));
}

export function Chat({ who }: { who: string }): ReactNode {
  const client = useDrawbridge();
  const { status, welcome } = useConnectionState();
  const me = welcome?.user.subject ?? who;
  const [to, setTo] = useState(who === 'alice' ? 'bob' : 'alice');
  const [text, setText] = useState('');
  const [shown, change] = useReducer(lines, []);
  const nextKey = useRef(0);
  const log = useRef<HTMLOListElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  // What had the focus is gone with the form before: a keyboard goes on from here.
  useEffect(() => title.current?.focus(), []);

  useMessage('chat.message', ({ from, text, sentAt }) => {
    change({ add: { key: nextKey.current++, from, text, at: sentAt, state: 'received' } });
  });
  useEffect(() => {
    log.current?.scrollTo({ top: log.current.scrollHeight });
  }, [shown]);

  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!text.trim()) return;
    const key = nextKey.current++;
    change({ add: { key, from: me, to, text, at: Date.now(), state: 'sending' } });
    setText('');
    client.request('chat.send', { to, text }).then(
      ({ sentAt, connections }) => {
        const problem = connections ? {} : { problem: `${to} is not here: nobody read it` };
        change({ key, set: { state: 'delivered', at: sentAt, ...problem } });
      },
      (error: unknown) => {
        const problem = error instanceof MessageError ? error.message : 'not sent';
        change({ key, set: { state: 'refused', problem } });
      },
    );
  };

  const open = status === 'open';
  return (
    <section className="card chat" aria-labelledby="chat-title">
      <h2 id="chat-title" tabIndex={-1} ref={title}>
        Chat
      </h2>
      <ol id="messages" data-testid="messages" role="log" aria-label="Messages" tabIndex={0} ref={log}>
        {shown.length === 0 && (
          <li className="empty">
            {open
              ? 'No messages yet. Open this page in another tab as another user.'
              : 'Messages appear here once you are connected.'}
          </li>
        )}
        {shown.map((line) => (
          <li key={line.key} className={line.from === me && line.state !== 'received' ? 'mine' : ''} data-state={line.state}>
            <Avatar name={line.from} />
            <div className="bubble">
              <div className="meta">
                <strong>{line.from}</strong>
                {line.to && <span>to {line.to}</span>}
                <time dateTime={new Date(line.at).toISOString()}>{clock(line.at)}</time>
              </div>
              <p>{line.text}</p>
              {line.state === 'sending' && <small>sending…</small>}
              {line.state === 'delivered' && !line.problem && <small>delivered</small>}
              {line.problem && <small className="problem">{line.problem}</small>}
            </div>
          </li>
        ))}
      </ol>
      <form className="composer" onSubmit={send}>
        <label className="visually-hidden" htmlFor="recipient">
          To
        </label>
        <select id="recipient" data-testid="recipient" value={to} onChange={(event) => setTo(event.target.value)}>
          <option>alice</option>
          <option>bob</option>
        </select>
        <label className="visually-hidden" htmlFor="message-input">
          Message
        </label>
        <input
          id="message-input"
          data-testid="message-input"
          autoComplete="off"
          placeholder={open ? `Write to ${to}` : 'Not connected'}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <button id="send" data-testid="send" className="primary" type="submit" disabled={!open}>
          Send
        </button>
      </form>
    </section>
  );
}

function clock(at: number): string {
  return new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}
