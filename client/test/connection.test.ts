// @vitest-environment node
import { describe, expect, it } from 'vitest';
import {
  Happening,
  IDLE,
  transition,
  type ConnectionSnapshot,
  type ConnectionStatus,
} from '../src/connection.js';
import { Cause, localError } from '../src/diagnosis.js';
import { WELCOME } from './fake-socket.js';

const ERROR = localError(Cause.connection_lost, { stage: 'open' });
/** What happens, and what that brings in a state. */
type Event = readonly [Happening, (before: ConnectionSnapshot) => Partial<ConnectionSnapshot>];
const nothing = () => ({});
const lost = (how: Partial<ConnectionSnapshot>): Event => [
  Happening.lost,
  ({ attempt }) => ({ attempt: attempt + 1, error: ERROR, ...how }),
];
const AGAIN = lost({ retryAt: 99 });
const REFRESH = lost({ retryAt: 99, refreshed: true });
const FOR_GOOD = lost({ status: 'failed' });
const after = (before: ConnectionSnapshot, [happening, brings]: Event) =>
  transition(before, happening, brings(before));
const WELCOMED: Event = [Happening.welcome, ({ attempt }) => ({ welcome: WELCOME, attempt })];
const EVENTS: Record<string, Event> = {
  connect: [Happening.connect, nothing],
  welcome: WELCOMED,
  update: [Happening.update, () => ({ draining: true })],
  retry: [Happening.retry, nothing],
  suspend: [Happening.suspend, nothing],
  close: [Happening.close, nothing],
  reset: [Happening.reset, nothing],
  'lost: again': AGAIN,
  'lost: refresh': REFRESH,
  'lost: for good': FOR_GOOD,
};

/** Where each event leads from each state; what is not listed changes nothing. */
const LEADS: Record<ConnectionStatus, Partial<Record<string, ConnectionStatus>>> = {
  idle: { connect: 'connecting', close: 'closed' },
  connecting: {
    welcome: 'open',
    suspend: 'suspended',
    close: 'closed',
    reset: 'idle',
    'lost: again': 'waiting',
    'lost: refresh': 'waiting',
    'lost: for good': 'failed',
  },
  open: {
    update: 'open',
    suspend: 'suspended',
    close: 'closed',
    reset: 'idle',
    'lost: again': 'waiting',
    'lost: refresh': 'waiting',
    'lost: for good': 'failed',
  },
  waiting: { update: 'waiting', retry: 'connecting', suspend: 'suspended', close: 'closed', reset: 'idle' },
  suspended: { retry: 'connecting', close: 'closed', reset: 'idle' },
  failed: { connect: 'connecting', close: 'closed', reset: 'idle' },
  closed: { connect: 'connecting', reset: 'idle' },
};

describe('every event in every state', () => {
  for (const status of Object.keys(LEADS) as ConnectionStatus[])
    for (const [name, event] of Object.entries(EVENTS)) {
      const leads = LEADS[status][name];
      it(`${status}: ${name} ${leads ? `leads to ${leads}` : 'means nothing'}`, () => {
        const before: ConnectionSnapshot = Object.freeze({ ...IDLE, status });

        const next = after(before, event);

        if (leads) expect(next.status).toBe(leads);
        else expect(next).toBe(before);
      });
    }
});

describe('what a state carries', () => {
  const open = { ...IDLE, status: 'open', attempt: 2, welcome: WELCOME } as const;

  it('counts tries until the connection has held', () => {
    const waiting = after(open, AGAIN);
    expect(waiting).toMatchObject({ attempt: 3, retryAt: 99, error: ERROR, welcome: WELCOME });

    const again = after(transition(waiting, Happening.retry), WELCOMED);
    expect(again).toMatchObject({ attempt: 3, retryAt: null, error: null });

    expect(transition(again, Happening.update, { attempt: 0 }).attempt).toBe(0);
  });

  it('remembers that a new token was asked for, until a welcome', () => {
    const first = after({ ...IDLE, status: 'connecting' }, REFRESH);
    expect(first).toMatchObject({ status: 'waiting', refreshed: true });

    const again = transition(first, Happening.retry);
    expect(again).toMatchObject({ status: 'connecting', refreshed: true, retryAt: null });

    expect(after(again, WELCOMED).refreshed).toBe(false);
  });

  it('has no time of a next try when there is none', () => {
    expect(after(open, FOR_GOOD)).toMatchObject({ status: 'failed', retryAt: null, error: ERROR });
  });

  it('forgets all of it when the caller connects anew', () => {
    const failed = after(open, FOR_GOOD);

    expect(transition(failed, Happening.connect)).toEqual({ ...IDLE, status: 'connecting' });
  });
});
