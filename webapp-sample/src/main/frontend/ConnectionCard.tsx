import type { Action, ConnectionError, Welcome } from '@drawbridge/client';
import { useConnectionState, useDrawbridge } from '@drawbridge/client/react';
import { useEffect, useRef, useState, type ReactNode } from 'react';

const WHAT_TO_DO: Readonly<Record<Action, string>> = {
  login: 'Sign in again.',
  refresh_token: 'A fresh token is needed.',
  wait: 'Nothing to do: the client keeps trying.',
  fix_client: 'The page must be changed.',
  fix_config: 'The server or a proxy must be set up differently.',
  fix_issuer: 'The service that issues tokens must be changed.',
  check_clock: 'Compare the clocks of the server and of the issuer.',
  contact_admin: 'Someone with the right to do so must enable this account.',
  report: 'Tell the people who run the server, with the request id.',
};

interface Props {
  readonly who: string;
  /** The person has cut the line: no trouble that must be seen first. */
  readonly cut: boolean;
  readonly onLeave: () => void;
}

export function ConnectionCard({ who, cut, onLeave }: Props): ReactNode {
  const client = useDrawbridge();
  const { status, welcome, error } = useConnectionState();
  const stopped = status === 'failed' || status === 'closed';
  const leave = useRef<HTMLButtonElement>(null);
  const again = () => {
    // The button goes, and the focus with it.
    leave.current?.focus();
    void client.connect();
  };
  return (
    <section className="card connection" data-trouble={!!error && !cut && error.code !== 'line_cut'} aria-labelledby="connection-title">
      <h2 id="connection-title">Connection</h2>
      {error && <Refusal error={error} final={status === 'failed'} />}
      {status === 'open' && welcome ? (
        <Details welcome={welcome} />
      ) : (
        !error && (
          <p className="note">
            {stopped ? 'The connection is closed.' : `Connecting as ${who}…`}
          </p>
        )
      )}
      <div className="buttons">
        {stopped && (
          <button type="button" id="reconnect" onClick={again}>
            Try again
          </button>
        )}
        <button type="button" id="disconnect" data-testid="disconnect" ref={leave} onClick={onLeave}>
          {stopped ? 'Choose another user' : 'Disconnect'}
        </button>
      </div>
    </section>
  );
}

function Refusal({ error, final }: { error: ConnectionError; final: boolean }): ReactNode {
  return (
    <div id="error" data-testid="error" data-code={error.code} className="refusal" role="alert">
      <p className="title">{error.title}</p>
      <p>
        <code>{error.code}</code> <span className="stage">at stage “{error.stage}”</span>
      </p>
      {error.hint && <p className="hint">{error.hint}</p>}
      <p>{final ? WHAT_TO_DO[error.action] : WHAT_TO_DO.wait}</p>
      {error.requestId && (
        <p className="request">
          Request id <code>{error.requestId}</code>, as in the server's log
        </p>
      )}
    </div>
  );
}

function Details({ welcome }: { welcome: Welcome }): ReactNode {
  const { user, heartbeat, limits, tokenExpiresAt } = welcome;
  const latency = useLatency();
  return (
    <dl id="welcome" data-testid="welcome">
      <dt>Signed in as</dt>
      <dd>
        <strong>{user.displayName}</strong> <code>{user.subject}</code>
      </dd>
      <dt>Roles</dt>
      <dd>{user.roles.join(', ') || 'none'}</dd>
      <dt>Round trip</dt>
      <dd id="latency">{latency === null ? 'measuring…' : `${latency.toFixed(1)} ms`}</dd>
      <dt>Heartbeat</dt>
      <dd>
        every {heartbeat.intervalMs / 1_000} s, grace {heartbeat.graceMs / 1_000} s
      </dd>
      {limits.maxMessageBytes && (
        <>
          <dt>Largest message</dt>
          <dd>{Math.round(limits.maxMessageBytes / 1_024)} KiB</dd>
        </>
      )}
      {tokenExpiresAt && (
        <>
          <dt>Token valid until</dt>
          <dd id="token-expiry">{new Date(tokenExpiresAt).toLocaleTimeString()}</dd>
        </>
      )}
      <dt>Connection</dt>
      <dd>
        <code>{welcome.connectionId}</code>
      </dd>
      <dt>Mode</dt>
      <dd>{welcome.mode === 'dev' ? 'development' : 'production'}</dd>
    </dl>
  );
}

/** Asks now and then, and only while someone can see it. */
function useLatency(): number | null {
  const client = useDrawbridge();
  const [latency, setLatency] = useState<number | null>(null);
  useEffect(() => {
    let mounted = true;
    const measure = () => {
      if (document.hidden) return;
      client.ping().then(
        (ms) => mounted && setLatency(ms),
        // The connection is going; its state will say so.
        () => {},
      );
    };
    measure();
    document.addEventListener('visibilitychange', measure);
    const timer = setInterval(measure, 5_000);
    return () => {
      mounted = false;
      document.removeEventListener('visibilitychange', measure);
      clearInterval(timer);
    };
  }, [client]);
  return latency;
}
