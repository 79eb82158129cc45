import { DrawbridgeProvider } from '@drawbridge/client/react';
import { useEffect, useState, type ReactNode } from 'react';
import { Chat } from './Chat.js';
import { ConnectionCard } from './ConnectionCard.js';
import { FailureLab } from './FailureLab.js';
import { Login } from './Login.js';
import { serverInfo, type ServerInfo, type Session } from './session.js';
import { StatusPill } from './StatusPill.js';

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
    session.client.reset();
    setSession(null);
  };
  return (
    <DrawbridgeProvider client={session.client}>
      <Page pill={<StatusPill.Live />}>
        <div className="columns">
          <Chat who={session.who} />
          <ConnectionCard who={session.who} onLeave={leave} />
        </div>
        <FailureLab session={session} diagnostics={info?.diagnostics} />
      </Page>
    </DrawbridgeProvider>
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
