// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_QUEUED, MAX_QUEUED_BYTES } from '../src/limits.js';
import { createOutbox, type Outbox } from '../src/outbox.js';
import { FakeSocket } from './fake-socket.js';

let outbox: Outbox;
let socket: FakeSocket;

const message = (n: number, bytes = 10) => ({ id: `c${n}`, text: JSON.stringify({ n }), bytes });
const sent = () => socket.sent.map((frame) => (frame as unknown as { n: number }).n);
const attach = (messagesPerSecond = 0, burst = 0) =>
  outbox.attach(socket as unknown as WebSocket, { messagesPerSecond, burst });

beforeEach(() => {
  vi.useFakeTimers();
  outbox = createOutbox();
  socket = new FakeSocket('ws://x', []).open();
});

afterEach(() => {
  outbox.detach();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('without a connection', () => {
  it('keeps messages in order and sends them when there is one', () => {
    for (let n = 0; n < 5; n++) expect(outbox.push(message(n))).toBe(true);
    expect(outbox.holds('c4')).toBe(true);

    attach();

    expect(sent()).toEqual([0, 1, 2, 3, 4]);
    expect(outbox.holds('c4')).toBe(false);
  });

  it('refuses the newest when too many wait', () => {
    for (let n = 0; n < MAX_QUEUED; n++) outbox.push(message(n));

    expect(outbox.push(message(MAX_QUEUED))).toBe(false);
    attach();
    expect(sent()).toHaveLength(MAX_QUEUED);
  });

  it('refuses what would be too many bytes', () => {
    expect(outbox.push(message(0, MAX_QUEUED_BYTES))).toBe(true);
    expect(outbox.push(message(1, 1))).toBe(false);
  });

  it('lets a message be taken back', () => {
    outbox.push(message(0));
    outbox.push(message(1));
    outbox.drop(({ id }) => id === 'c0');

    attach();

    expect(sent()).toEqual([1]);
  });
});

it('stays below the rate of the server when much has gathered, and keeps the order', () => {
  for (let n = 0; n < 100; n++) outbox.push(message(n));

  attach(50, 100);
  expect(sent()).toHaveLength(50);
  outbox.push(message(100));
  vi.advanceTimersByTime(1_000);
  expect(sent().length - 50).toBeLessThanOrEqual(50);
  vi.advanceTimersByTime(60_000);

  expect(sent()).toEqual([...Array(101).keys()]);
});

it.each([1, 2, 5, 9, 10, 50, 1_000])('keeps to half of %d messages a second', (rate) => {
  for (let n = 0; n < 200; n++) outbox.push(message(n));
  attach(rate, 2);
  const before = sent().length;
  expect(before).toBeLessThanOrEqual(1);
  vi.advanceTimersByTime(20_000);

  expect(sent().length - before).toBeLessThanOrEqual(rate * 10);
  expect(sent().length - before).toBeGreaterThanOrEqual(Math.min(199, rate * 8));
});

it('sends at once what is larger than all that may wait', () => {
  attach();

  expect(outbox.push(message(0, 4_000_000))).toBe(true);
  expect(sent()).toEqual([0]);
});

it('keeps nothing so large for later', () => {
  expect(outbox.push(message(0, 4_000_000))).toBe(false);
  attach();
  socket.bufferedAmount = 2_000_000;

  expect(outbox.push(message(1, 4_000_000))).toBe(false);
});

it('holds 256 messages and 1 MiB', () => {
  expect(MAX_QUEUED).toBe(256);
  expect(MAX_QUEUED_BYTES).toBe(1_048_576);
});

it('waits for a socket whose buffer is full', () => {
  attach();
  socket.bufferedAmount = 2_000_000;
  outbox.push(message(0));
  vi.advanceTimersByTime(1_000);
  expect(sent()).toEqual([]);

  socket.bufferedAmount = 0;
  vi.advanceTimersByTime(100);
  expect(sent()).toEqual([0]);
});

it('keeps for the next socket what a closing one no longer takes', () => {
  attach();
  socket.readyState = 2;
  outbox.push(message(0));
  outbox.detach();

  socket = new FakeSocket('ws://x', []).open();
  attach();

  expect(sent()).toEqual([0]);
});
