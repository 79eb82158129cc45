// @vitest-environment node
import { describe, expect, it } from 'vitest';
import {
  IDLE,
  transition,
  type ConnectionEvent,
  type ConnectionSnapshot,
  type ConnectionStatus,
} from '../src/connection.js';
import { localError } from '../src/diagnosis.js';
import type { CloseReaction } from '../src/protocol.js';
import { WELCOME } from './fake-socket.js';

const ERROR = localError('connection_lost', 'open');
const lost = (reaction: CloseReaction): ConnectionEvent => [
  'lost',
  { error: ERROR, reaction, retryAt: 99 },
];
const EVENTS: Record<string, ConnectionEvent> = {
  connect: ['connect'],
  welcome: ['welcome', WELCOME],
  update: ['update', { draining: true }],
  retry: ['retry'],
  suspend: ['suspend'],
  close: ['close'],
  reset: ['reset'],
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
      const next = LEADS[status][name];
      it(`${status}: ${name} ${next ? `leads to ${next}` : 'means nothing'}`, () => {
        const before: ConnectionSnapshot = Object.freeze({ ...IDLE, status });

        const after = transition(before, ...event);

        if (next) expect(after.status).toBe(next);
        else expect(after).toBe(before);
      });
    }
});

describe('what a state carries', () => {
  const open = { ...IDLE, status: 'open', attempt: 2, welcome: WELCOME } as const;

  it('counts tries until the connection has held', () => {
    const waiting = transition(open, ...lost('retry'));
    expect(waiting).toMatchObject({ attempt: 3, retryAt: 99, error: ERROR, welcome: WELCOME });

    const again = transition(transition(waiting, 'retry'), ...EVENTS['welcome']!);
    expect(again).toMatchObject({ attempt: 3, retryAt: null, error: null });

    expect(transition(again, 'update', { attempt: 0 }).attempt).toBe(0);
  });

  it('makes the second refused token final', () => {
    const first = transition({ ...IDLE, status: 'connecting' }, ...lost('refresh'));
    expect(first).toMatchObject({ status: 'waiting', refreshed: true });

    const second = transition(transition(first, 'retry'), ...lost('refresh'));
    expect(second).toMatchObject({ status: 'failed', retryAt: null, error: ERROR });
  });

  it('allows a new token again after a welcome', () => {
    const refreshed = { ...IDLE, status: 'connecting', refreshed: true } as const;

    const welcomed = transition(refreshed, 'welcome', WELCOME);

    expect(transition(welcomed, ...lost('refresh')).status).toBe('waiting');
  });

  it('forgets all of it when the caller connects anew', () => {
    const failed = transition(open, ...lost('stop'));

    expect(transition(failed, 'connect')).toEqual({ ...IDLE, status: 'connecting' });
  });
});
