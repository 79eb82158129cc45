// @vitest-environment node
import { describe, expect, it } from 'vitest';
import {
  Happening,
  IDLE,
  loss,
  transition,
  type ConnectionSnapshot,
  type ConnectionStatus,
} from '../src/connection.js';
import { Cause, localError } from '../src/diagnosis.js';
import { Reaction } from '../src/protocol.js';
import { WELCOME } from './fake-socket.js';

const REACTIONS = {
  stop: Reaction.stop,
  retry: Reaction.retry,
  slowly: Reaction.slowly,
  now: Reaction.now,
  refresh: Reaction.refresh,
};
const ERROR = localError(Cause.connection_lost, { stage: 'open' });
/** What happens, and what that brings in a state. */
type Event = readonly [Happening, (before: ConnectionSnapshot) => Partial<ConnectionSnapshot>];
const nothing = () => ({});
const lost = (reaction: keyof typeof REACTIONS): Event => [
  Happening.lost,
  (before) => loss(before, ERROR, REACTIONS[reaction], 99),
];
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
  'lost: retry': lost('retry'),
  'lost: now': lost('now'),
  'lost: slowly': lost('slowly'),
  'lost: refresh': lost('refresh'),
  'lost: stop': lost('stop'),
};

/** Where each event leads from each state; what is not listed changes nothing. */
const LEADS: Record<ConnectionStatus, Partial<Record<string, ConnectionStatus>>> = {
  idle: { connect: 'connecting', close: 'closed' },
  connecting: {
    welcome: 'open',
    suspend: 'suspended',
    close: 'closed',
    reset: 'idle',
    'lost: retry': 'waiting',
    'lost: now': 'waiting',
    'lost: slowly': 'waiting',
    'lost: refresh': 'waiting',
    'lost: stop': 'failed',
  },
  open: {
    update: 'open',
    suspend: 'suspended',
    close: 'closed',
    reset: 'idle',
    'lost: retry': 'waiting',
    'lost: now': 'waiting',
    'lost: slowly': 'waiting',
    'lost: refresh': 'waiting',
    'lost: stop': 'failed',
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
    const waiting = after(open, lost('retry'));
    expect(waiting).toMatchObject({ attempt: 3, retryAt: 99, error: ERROR, welcome: WELCOME });

    const again = after(transition(waiting, Happening.retry), WELCOMED);
    expect(again).toMatchObject({ attempt: 3, retryAt: null, error: null });

    expect(transition(again, Happening.update, { attempt: 0 }).attempt).toBe(0);
  });

  it('makes the second refused token final', () => {
    const first = after({ ...IDLE, status: 'connecting' }, lost('refresh'));
    expect(first).toMatchObject({ status: 'waiting', refreshed: true });

    const second = after(transition(first, Happening.retry), lost('refresh'));
    expect(second).toMatchObject({ status: 'failed', retryAt: null, error: ERROR });
  });

  it('allows a new token again after a welcome', () => {
    const refreshed = { ...IDLE, status: 'connecting', refreshed: true } as const;

    const welcomed = after(refreshed, WELCOMED);

    expect(after(welcomed, lost('refresh')).status).toBe('waiting');
  });

  it('forgets all of it when the caller connects anew', () => {
    const failed = after(open, lost('stop'));

    expect(transition(failed, Happening.connect)).toEqual({ ...IDLE, status: 'connecting' });
  });
});
