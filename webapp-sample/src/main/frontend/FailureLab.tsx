import { MessageError } from '@drawbridge/client';
import { useConnectionState, useDrawbridge } from '@drawbridge/client/react';
import type { ReactNode } from 'react';
import { at, type Session } from './session.js';
import { TimelineList, type Timeline } from './Timeline.js';
import { noServer, tryAddress, tryForeignOrigin, type Finding } from './trials.js';

interface Fault {
  readonly id: string;
  readonly label: string;
  readonly what: string;
  readonly run: () => Promise<unknown> | unknown;
  /** Works without a connection, too. */
  readonly always?: boolean;
}

interface Props {
  readonly session: Session;
  readonly timeline: Timeline;
  /** Where the server tells its side; absent where this browser may not see it. */
  readonly diagnostics: string | undefined;
}

/** Buttons that cause each failure, and the client's own words for it. */
export function FailureLab({ session, timeline, diagnostics }: Props): ReactNode {
  const client = useDrawbridge();
  const { status } = useConnectionState();
  const { entries, add } = timeline;
  const { who, spoil } = session;

  const found = (finding: Finding) => add('bad', finding.title, finding);
  const refused = (error: unknown) => {
    const text = error instanceof Error ? error.message : String(error);
    // The code stands beside it.
    add('bad', text.replace(/ \(\w+\)$/, ''), error as Partial<Finding>);
  };
  // A message that was to fail and did not is worth a line as well.
  const send = (request: Promise<unknown>) => request.then(() => add('good', 'Accepted'), refused);

  const messages: Fault[] = [
    {
      id: 'fault-large',
      label: 'Oversized message',
      what: 'refused before it is sent: the server would close for it',
      run: () => send(client.request('echo', 'x'.repeat(70_000))),
    },
    {
      id: 'fault-invalid',
      label: 'Invalid message',
      what: 'the server names the member that is wrong',
      run: () =>
        // What the types forbid, as an older page would still send it.
        send(client.request('chat.send', { to: who, text: 7 as unknown as string })).then(() => {}),
    },
  ];
  const faults: Fault[] = spoil
    ? [
        {
          id: 'fault-drop',
          label: 'Drop the connection',
          what: 'the server cuts it; the client comes back by itself',
          run: () => client.request('demo.drop', null).catch(ignoreLoss),
        },
        ...messages,
        {
          id: 'fault-expired',
          label: 'Expired token',
          what: 'refused once, then connected with a fresh one',
          run: () => spoil('expired-once'),
          always: true,
        },
        {
          id: 'fault-expired-always',
          label: 'Only expired tokens',
          what: 'one try with a new token, then it stops',
          run: () => spoil('expired'),
          always: true,
        },
        {
          id: 'fault-forged',
          label: 'Forged token',
          what: 'the signature does not fit',
          run: () => spoil('forged'),
          always: true,
        },
        {
          id: 'fault-renew',
          label: 'Token about to expire',
          what: 'after 8 s it is renewed over the open connection',
          run: () => spoil('short-lived'),
          always: true,
        },
        {
          id: 'fault-disable',
          label: 'Disable this user',
          what: 'for 15 s; the open connection is closed at once',
          run: () => client.request('demo.disable', null).catch(ignoreLoss),
        },
        {
          id: 'fault-origin',
          label: 'Wrong origin',
          what: 'from a sandboxed frame, which has an origin of its own',
          run: () => tryForeignOrigin(who).then(found, refused),
          always: true,
        },
        {
          id: 'fault-path',
          label: 'Wrong path',
          what: 'something else answers there',
          run: () => tryAddress(who, at('api/echo').replace(/^http/, 'ws')).then(found, refused),
          always: true,
        },
        {
          id: 'fault-server',
          label: 'No server',
          what: 'nothing listens on that port',
          run: () => tryAddress(who, noServer()).then(found, refused),
          always: true,
        },
      ]
    : messages;

  return (
    <section className="card lab" aria-labelledby="lab-title">
      <h2 id="lab-title">What if …</h2>
      <p className="note">
        Cause a failure and see how the client explains it
        {diagnostics && (
          <>
            , and{' '}
            {/* In a tab of its own, because leaving this page would end the connection. */}
            <a href={diagnostics} id="diagnostics" target="_blank">
              what the server saw
            </a>
          </>
        )}
        .
      </p>
      <div className="columns">
        <ul className="faults">
          {faults.map(({ id, label, what, run, always }) => (
            <li key={id}>
              <button
                type="button"
                id={id}
                data-testid={id}
                aria-describedby={`${id}-what`}
                disabled={!always && status !== 'open'}
                onClick={() => void run()}
              >
                {label}
              </button>
              <small id={`${id}-what`}>{what}</small>
            </li>
          ))}
        </ul>
        <TimelineList entries={entries} />
      </div>
    </section>
  );
}

/** The connection goes before the answer comes; the timeline says why. */
function ignoreLoss(error: unknown): void {
  if (!(error instanceof MessageError)) throw error;
}
