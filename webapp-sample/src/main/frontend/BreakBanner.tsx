import type { ConnectionStatus } from '@drawbridge/client';
import { useEffect, useState, type ReactNode } from 'react';
import { CUT_MS } from './line.js';
import type { Break } from './rooms.js';
import { CUT_SECONDS, type Breaks } from './useBreak.js';

interface Props {
  readonly broken: Break | null;
  readonly breaks: Breaks;
  readonly status: ConnectionStatus;
  /** The server has actions for a person who tries things. */
  readonly dev: boolean;
  readonly onCompany: () => void;
  readonly onRestart: () => void;
  readonly onDismiss: () => void;
}

/** What to try with the line, or what is happening to it. */
export function BreakBanner({ broken, breaks, status, dev, onCompany, onRestart, onDismiss }: Props): ReactNode {
  const { cutUntil, cut, mend } = breaks;
  const online = status === 'open';
  const phase = cutUntil ? 'cut' : broken?.resync ? 'resync' : (broken?.phase ?? 'whole');
  return (
    <div className="break" data-phase={phase}>
      <div className="break-words" id="break" data-testid="break" role="status">
        {cutUntil ? (
          <>
            <strong>Your line is cut.</strong> Others go on writing.
          </>
        ) : broken ? (
          <Words broken={broken} ended={status === 'failed' || status === 'closed'} />
        ) : (
          'Cut your line while others write: when it is back, every message is there, once, in order.'
        )}
      </div>
      {cutUntil && <Countdown until={cutUntil} />}
      {broken?.phase === 'back' && !cutUntil && (
        <button type="button" id="dismiss" className="dismiss" aria-label="Understood" onClick={onDismiss}>
          ×
        </button>
      )}
      {/* Always there, so that a keyboard that has pressed one is still on it. */}
      <div className="buttons" role="group" aria-label="What to try" tabIndex={online || cutUntil ? undefined : 0}>
        <button type="button" id="cut-line" data-testid="cut-line" disabled={!cutUntil && !online} onClick={cutUntil ? mend : cut}>
          {cutUntil ? 'Mend it now' : `Cut the line for ${CUT_SECONDS} s`}
        </button>
        {dev && (
          <>
            <button
              type="button"
              id="restart-window"
              data-testid="restart-window"
              disabled={!online}
              title="As if the server had lost its log of messages"
              onClick={onRestart}
            >
              Restart the window
            </button>
            <button type="button" id="company" data-testid="company" disabled={!online} onClick={onCompany}>
              Let the keeper write
            </button>
          </>
        )}
      </div>
    </div>
  );
}

function Words({ broken, ended }: { broken: Break; ended: boolean }): ReactNode {
  const { phase, ms, arrived, wrong, resync } = broken;
  if (phase === 'away' && ended) return 'The line is down, and nothing is tried until you say so.';
  if (phase === 'away') return <>The line is down. What others write meanwhile waits for you.</>;
  if (resync && !ms)
    return (
      <>
        <strong>The log began anew.</strong> <code>{resync}</code> Each room was told to load what it shows again.
      </>
    );
  const back = <strong>Back after {Math.max(1, Math.round(ms / 1_000))} s.</strong>;
  if (resync)
    return (
      <>
        {back} The log cannot prove what was written meanwhile <code>{resync}</code>: each room was told to load
        what it shows again.
      </>
    );
  if (wrong)
    return (
      <>
        {back} {arrived} messages came meanwhile, {wrong} of them doubled or out of order. Please report this.
      </>
    );
  if (!arrived) return <>{back} Nobody has written meanwhile: nothing is missing.</>;
  return (
    <>
      {back} {arrived === 1 ? 'One message' : `${arrived} messages`} came meanwhile:{' '}
      {arrived === 1 ? 'it is here, once.' : 'all are here, each once, in order.'}
    </>
  );
}

function Countdown({ until }: { until: number }): ReactNode {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [until]);
  const left = Math.max(0, until - now);
  return (
    <div className="countdown" role="timer" aria-label="Seconds until the line is mended">
      <progress max={CUT_MS} value={left} aria-hidden="true" />
      <b id="countdown">{Math.ceil(left / 1_000)} s</b>
    </div>
  );
}
