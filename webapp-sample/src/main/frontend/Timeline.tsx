import { useConnectionState } from '@drawbridge/client/react';
import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react';
import type { Finding } from './trials.js';

/** Older entries go. */
const MAX_ENTRIES = 30;

export interface Entry {
  readonly key: number;
  readonly at: number;
  readonly kind: 'good' | 'bad' | 'plain';
  readonly text: string;
  readonly code?: string;
  readonly hint?: string;
}

export interface Timeline {
  readonly entries: readonly Entry[];
  readonly add: (kind: Entry['kind'], text: string, finding?: Partial<Finding>) => void;
}

/** Everything that has happened to the connection, in words; causes stay after they have healed. */
export function useTimeline(): Timeline {
  const { status, error, welcome, draining } = useConnectionState();
  const [entries, setEntries] = useState<readonly Entry[]>([]);
  const nextKey = useRef(0);
  const add = useCallback<Timeline['add']>((kind, text, { code, hint } = {}) => {
    const key = nextKey.current++;
    const entry = { key, at: Date.now(), kind, text, ...(code && { code }), ...(hint && { hint }) };
    setEntries((present) => [entry, ...present].slice(0, MAX_ENTRIES));
  }, []);
  useEffect(() => {
    if (status === 'open') add('good', 'Connected');
    if (status === 'closed') add('plain', 'Disconnected');
    if (status === 'suspended') add('plain', 'Paused');
  }, [status, add]);
  const lastCode = useRef<string | undefined>(undefined);
  useEffect(() => {
    // Every try finds it so: once is enough.
    if (error && !(error.code === 'line_cut' && lastCode.current === error.code))
      add('bad', error.title, error);
    lastCode.current = error?.code;
  }, [error, add]);
  useEffect(() => {
    if (draining) add('bad', 'The server is going down');
  }, [draining, add]);
  const expiresAt = welcome?.tokenExpiresAt;
  const connectionId = welcome?.connectionId;
  const last = useRef<{ connectionId?: string | undefined; expiresAt?: number | undefined }>({});
  useEffect(() => {
    const same = connectionId && last.current.connectionId === connectionId;
    if (same && last.current.expiresAt !== expiresAt)
      add('good', 'Token renewed, without a new connection');
    last.current = { connectionId, expiresAt };
  }, [connectionId, expiresAt, add]);
  return { entries, add };
}

export function TimelineList({ entries }: Pick<Timeline, 'entries'>): ReactNode {
  return (
    <div id="timeline" data-testid="timeline" role="log" aria-label="What happened" tabIndex={0}>
      <ol>
        {entries.map(({ key, at, kind, text, code, hint }) => (
          <li key={key} data-kind={kind} data-code={code}>
            <time dateTime={new Date(at).toISOString()}>{new Date(at).toLocaleTimeString()}</time>
            <span>
              {text} {code && <code>{code}</code>}
              {hint && <small>{hint}</small>}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}
