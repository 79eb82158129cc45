// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MessageError } from '../src/errors.js';
import { MAX_QUEUED, MAX_QUEUED_BYTES } from '../src/limits.js';
import { createOutbox, type Outbox } from '../src/outbox.js';
import { FakeSocket } from './fake-socket.js';

let outbox: Outbox;
let socket: FakeSocket;

const message = (n: number, bytes = 10) => ({ id: `c${n}`, wire: JSON.stringify({ n }), weight: bytes });
const sent = () => socket.sent.map((frame) => (frame as unknown as { n: number }).n);
const attach = (messagesPerSecond = 0, burst = 0) =>
  outbox.attach(socket as unknown as WebSocket, { messagesPerSecond, burst }, () => false);

beforeEach(() => {
  vi.useFakeTimers();
  outbox = createOutbox();
  socket = new FakeSocket('ws://x', []).open();
});

afterEach(() => {
  outbox.detach('over');
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('without a connection', () => {
  it('keeps messages in order and sends them when there is one', () => {
    for (let n = 0; n < 5; n++) expect(outbox.enqueue(message(n))).toBe(true);

    attach();

    expect(sent()).toEqual([0, 1, 2, 3, 4]);
  });

  it('refuses the newest when too many wait', () => {
    for (let n = 0; n < MAX_QUEUED; n++) outbox.enqueue(message(n));

    expect(outbox.enqueue(message(MAX_QUEUED))).toBe(false);
    attach();
    expect(sent()).toHaveLength(MAX_QUEUED);
  });

  it('refuses what would be too many bytes', () => {
    expect(outbox.enqueue(message(0, MAX_QUEUED_BYTES))).toBe(true);
    expect(outbox.enqueue(message(1, 1))).toBe(false);
  });

  it('lets a message be taken back', async () => {
    const giveUp = new AbortController();
    const taken = outbox.issue((id) => outbox.enqueue({ ...message(0), id }), giveUp);
    outbox.enqueue(message(2));
    giveUp.abort('given up');
    await expect(taken).rejects.toBe('given up');

    attach();

    expect(sent()).toEqual([2]);
  });

  it('keeps requests that wait, and rejects those that were sent', async () => {
    attach();
    const was = outbox.issue((id) => outbox.enqueue({ ...message(0), id }));
    outbox.detach('lost');
    const waits = outbox.issue((id) => outbox.enqueue({ ...message(1), id }));
    outbox.detach('lost');
    await expect(was).rejects.toBe('lost');

    attach();
    expect(sent()).toEqual([0, 1]);
    expect(outbox.answer({ type: 'ack', id: 'c2', data: 7 })).toBe(true);
    await expect(waits).resolves.toBe(7);
    expect(outbox.answer({ type: 'ack', id: 'c2', data: 8 })).toBe(false);
  });

  it('rejects everything and forgets the messages at the end', async () => {
    const waits = outbox.issue((id) => outbox.enqueue({ ...message(0), id }));
    outbox.enqueue(message(1));
    outbox.detach('closed', true);
    await expect(waits).rejects.toBe('closed');

    attach();

    expect(sent()).toEqual([]);
  });

  it('rejects with its reason what the server that is there now must not get', async () => {
    const reason = new MessageError({ code: 'message_too_large', message: 'Too large' });
    const large = outbox.issue((id) => outbox.enqueue({ ...message(0, 100), id }));
    outbox.enqueue(message(2));
    outbox.attach(socket as unknown as WebSocket, {}, (weight) => weight > 50 && reason);

    await expect(large).rejects.toBe(reason);
    expect(sent()).toEqual([2]);
  });
});

it('stays below the rate of the server when much has gathered, and keeps the order', () => {
  for (let n = 0; n < 100; n++) outbox.enqueue(message(n));

  attach(50, 100);
  expect(sent()).toHaveLength(50);
  outbox.enqueue(message(100));
  vi.advanceTimersByTime(1_000);
  expect(sent().length - 50).toBeLessThanOrEqual(50);
  vi.advanceTimersByTime(60_000);

  expect(sent()).toEqual([...Array(101).keys()]);
});

it.each([1, 2, 5, 9, 10, 50, 1_000])('keeps to half of %d messages a second', (rate) => {
  for (let n = 0; n < 200; n++) outbox.enqueue(message(n));
  attach(rate, 2);
  const before = sent().length;
  expect(before).toBeLessThanOrEqual(1);
  vi.advanceTimersByTime(20_000);

  expect(sent().length - before).toBeLessThanOrEqual(rate * 10);
  expect(sent().length - before).toBeGreaterThanOrEqual(Math.min(199, rate * 8));
});

it('sends at once what is larger than all that may wait', () => {
  attach();

  expect(outbox.enqueue(message(0, 4_000_000))).toBe(true);
  expect(sent()).toEqual([0]);
});

it('keeps nothing so large for later', () => {
  expect(outbox.enqueue(message(0, 4_000_000))).toBe(false);
  attach();
  socket.bufferedAmount = 2_000_000;

  expect(outbox.enqueue(message(1, 4_000_000))).toBe(false);
});

it('holds 256 messages and 1 MiB', () => {
  expect(MAX_QUEUED).toBe(256);
  expect(MAX_QUEUED_BYTES).toBe(1_048_576);
});

it('waits for a socket whose buffer is full', () => {
  attach();
  socket.bufferedAmount = 2_000_000;
  outbox.enqueue(message(0));
  vi.advanceTimersByTime(1_000);
  expect(sent()).toEqual([]);

  socket.bufferedAmount = 0;
  vi.advanceTimersByTime(100);
  expect(sent()).toEqual([0]);
});

it('does not send at once what a full buffer has held back, but at the rate of the server', () => {
  for (let n = 0; n < 200; n++) outbox.enqueue(message(n));
  socket.bufferedAmount = 2_000_000;
  attach(50, 2);
  vi.advanceTimersByTime(60_000);
  expect(sent()).toEqual([]);

  socket.bufferedAmount = 0;
  vi.advanceTimersByTime(1_000);

  expect(sent().length).toBeGreaterThan(20);
  expect(sent().length).toBeLessThan(30);
});

it('keeps for the next socket what a closing one no longer takes', () => {
  attach();
  socket.readyState = 2;
  outbox.enqueue(message(0));
  outbox.detach('over');

  socket = new FakeSocket('ws://x', []).open();
  attach();

  expect(sent()).toEqual([0]);
});
