import type { ConnectionStatus } from '@drawbridge/client';
import { useConnectionState } from '@drawbridge/client/react';
import { useEffect, useState, type ReactNode } from 'react';

const WORDS: Readonly<Record<ConnectionStatus, string>> = {
  idle: 'Not connected',
  connecting: 'Connecting…',
  open: 'Connected',
  waiting: 'Reconnecting…',
  suspended: 'Paused',
  failed: 'Refused',
  closed: 'Disconnected',
};

export function StatusPill({ status, more }: { status: ConnectionStatus; more?: string }): ReactNode {
  return (
    <span id="status" className="pill" role="status" data-status={status} data-testid="status">
      {WORDS[status]}
      {more && <span aria-hidden="true"> {more}</span>}
    </span>
  );
}

/** The pill of the connection above, counting down to the next try. */
StatusPill.Live = function LiveStatusPill(): ReactNode {
  const { status, retryAt, draining } = useConnectionState();
  const seconds = useCountdown(retryAt);
  const more = draining ? '(server going down)' : seconds ? `in ${seconds} s` : '';
  return <StatusPill status={status} more={more} />;
};

function useCountdown(until: number | null): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    const count = () => setLeft(until ? Math.max(0, Math.ceil((until - Date.now()) / 1_000)) : 0);
    count();
    if (!until) return;
    const timer = setInterval(count, 250);
    return () => clearInterval(timer);
  }, [until]);
  return left;
}
