import { useState, type FormEvent, type ReactNode } from 'react';
import { Avatar } from './Avatar.js';
import { demoSession, tokenSession, type ServerInfo, type Session } from './session.js';

export const DEMO_USERS = [
  { subject: 'alice', about: 'active user', active: true },
  { subject: 'bob', about: 'active user', active: true },
  { subject: 'mallory', about: 'account disabled: see the refusal', active: false },
  { subject: 'nobody', about: 'does not exist: see the refusal', active: false },
];

interface Props {
  /** undefined while it is being asked for, null when nothing answered */
  readonly info: ServerInfo | null | undefined;
  readonly onLogin: (session: Session) => void;
}

export function Login({ info, onLogin }: Props): ReactNode {
  const production = info?.mode === 'prod';
  return (
    <section className="card login" aria-labelledby="login-title">
      <h2 id="login-title">{production ? 'Paste an access token' : 'Who are you today?'}</h2>
      {info === null && (
        <p className="note" role="alert">
          The server did not answer just now. Connecting will tell you more.
        </p>
      )}
      {info?.mode === 'dev' && !info.devToken && (
        <p className="note" role="alert" data-testid="key-missing">
          This server signs tokens only for a browser that has its key: open the link that its log
          shows after <code>Diagnostics:</code>, then reload this page. From another machine there
          are none.
        </p>
      )}
      {production ? <TokenForm onLogin={onLogin} /> : <DemoForm onLogin={onLogin} />}
      {info?.diagnostics && (
        <p className="note">
          What the server sees of all this: <a href={info.diagnostics}>diagnostics</a>
        </p>
      )}
    </section>
  );
}

/** Whom the address names, for the link to a second tab; else the first. */
function proposed(): string {
  const as = new URLSearchParams(location.search).get('as');
  return DEMO_USERS.some(({ subject }) => subject === as) ? (as as string) : 'alice';
}

function DemoForm({ onLogin }: Pick<Props, 'onLogin'>): ReactNode {
  const [subject, setSubject] = useState(proposed);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onLogin(demoSession(subject));
  };
  return (
    <form onSubmit={submit}>
      <p>
        The server signs a short-lived token for the user you choose. Open a second tab as another
        user, and talk to yourself.
      </p>
      <fieldset id="user-select" data-testid="user-select">
        <legend className="visually-hidden">Demo user</legend>
        {DEMO_USERS.map((user) => (
          <label key={user.subject} id={`user-${user.subject}`} className="user">
            <input
              type="radio"
              name="user"
              value={user.subject}
              checked={subject === user.subject}
              onChange={() => setSubject(user.subject)}
            />
            <Avatar name={user.subject} />
            <span>
              <strong>{user.subject}</strong>
              <small>{user.about}</small>
            </span>
          </label>
        ))}
      </fieldset>
      <button id="connect" data-testid="connect" className="primary" type="submit">
        Connect as {subject}
      </button>
    </form>
  );
}

function TokenForm({ onLogin }: Pick<Props, 'onLogin'>): ReactNode {
  const [token, setToken] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onLogin(tokenSession(token.trim()));
  };
  return (
    <form onSubmit={submit}>
      <p>
        This server runs in production mode: it has no demo users and signs no tokens. Use one that
        your identity provider has issued for this server's audience.
      </p>
      <label htmlFor="token-input">Token</label>
      <textarea
        id="token-input"
        data-testid="token-input"
        rows={4}
        autoComplete="off"
        spellCheck={false}
        required
        value={token}
        onChange={(event) => setToken(event.target.value)}
      />
      <button id="connect" data-testid="connect" className="primary" type="submit">
        Connect
      </button>
    </form>
  );
}
