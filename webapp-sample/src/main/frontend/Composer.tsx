import type { ConnectionStatus } from '@drawbridge/client';
import { useRef, useState, type FormEvent, type ReactNode } from 'react';
import { DEMO_USERS } from './Login.js';
import { MAX_TEXT, WRITING_MS } from './rooms.js';

interface Props {
  readonly room: string;
  readonly me: string;
  readonly status: ConnectionStatus;
  /** @param to one user, empty for the whole room */
  readonly onSay: (text: string, to: string) => void;
  /** Somebody types; told from time to time. */
  readonly onWrite: () => void;
}

export function Composer({ room, me, status, onSay, onWrite }: Props): ReactNode {
  const [to, setTo] = useState('');
  /** What was begun in each room stays there. */
  const [drafts, setDrafts] = useState<Readonly<Record<string, string>>>({});
  const text = drafts[room] ?? '';
  const setText = (value: string) => setDrafts({ ...drafts, [room]: value });
  const told = useRef(0);
  const ended = status === 'failed' || status === 'closed';
  const open = status === 'open';
  const type = (value: string) => {
    setText(value);
    if (!value.trim() || to || Date.now() - told.current < WRITING_MS / 2) return;
    told.current = Date.now();
    onWrite();
  };
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!text.trim() || ended) return;
    onSay(text, to);
    setText('');
    told.current = 0;
  };
  const audience = to ? `to ${to} alone` : `in ${room}`;
  return (
    <form className="composer" onSubmit={send}>
      <label className="visually-hidden" htmlFor="recipient">
        To
      </label>
      <select id="recipient" data-testid="recipient" value={to} onChange={(event) => setTo(event.target.value)}>
        <option value="">everybody</option>
        {DEMO_USERS.filter(({ active }) => active).map(({ subject }) => (
          <option key={subject} value={subject}>
            {subject === me ? `${subject} (you)` : subject}
          </option>
        ))}
      </select>
      <label className="visually-hidden" htmlFor="message-input">
        Message
      </label>
      <input
        id="message-input"
        data-testid="message-input"
        autoComplete="off"
        enterKeyHint="send"
        maxLength={MAX_TEXT}
        placeholder={open ? `Write ${audience}` : ended ? 'Not connected' : 'Sent when the line is back'}
        value={text}
        onChange={(event) => type(event.target.value)}
      />
      <button id="send" data-testid="send" className="primary" type="submit" disabled={ended || status === 'idle'}>
        Send
      </button>
    </form>
  );
}
