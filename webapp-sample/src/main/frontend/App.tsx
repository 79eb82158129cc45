import { DrawbridgeProvider } from '@drawbridge/client/react';
import { useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import { ConnectionCard } from './ConnectionCard.js';
import { FailureLab } from './FailureLab.js';
import { Login } from './Login.js';
import { serverInfo, type ServerInfo, type Session } from './session.js';
import { StatusPill } from './StatusPill.js';
import { Talk } from './Talk.js';
import { useTimeline } from './Timeline.js';

export function App(): ReactNode {
  const [info, setInfo] = useState<ServerInfo | null>();
  const [session, setSession] = useState<Session | null>(null);
  useEffect(() => {
    void serverInfo().then(setInfo);
  }, []);
  if (!session)
    return (
      <Page pill={<StatusPill status="idle" />}>
        <Login info={info} onLogin={setSession} />
      </Page>
    );
  const leave = () => {
    session.line.mend();
    session.client.reset();
    setSession(null);
  };
  return (
    <DrawbridgeProvider client={session.client}>
      <Page pill={<StatusPill.Live />}>
        <Connected session={session} info={info} onLeave={leave} />
      </Page>
    </DrawbridgeProvider>
  );
}

interface ConnectedProps {
  readonly session: Session;
  readonly info: ServerInfo | null | undefined;
  readonly onLeave: () => void;
}

function Connected({ session, info, onLeave }: ConnectedProps): ReactNode {
  const timeline = useTimeline();
  const { line } = session;
  const cut = useSyncExternalStore(line.subscribe, line.cutUntil) !== null;
  return (
    <>
      <div className="talk">
        <Talk session={session} timeline={timeline} />
        <ConnectionCard who={session.who} cut={cut} onLeave={onLeave} />
      </div>
      <FailureLab session={session} timeline={timeline} diagnostics={info?.diagnostics} />
    </>
  );
}

function Page({ pill, children }: { pill: ReactNode; children: ReactNode }): ReactNode {
  return (
    <>
      <header>
        <img src="icon.svg" alt="" width="36" height="36" />
        <div className="brand">
          <h1>Drawbridge</h1>
          <p>An authenticated WebSocket inside a Java web application</p>
        </div>
        {pill}
      </header>
      <main>{children}</main>
    </>
  );
}
