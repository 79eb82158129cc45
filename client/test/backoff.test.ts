// @vitest-environment node
import { describe, expect, it, vi } from 'vitest';
import { alarm, retryDelay, within } from '../src/backoff.js';
import { FLOOR_MS } from '../src/limits.js';

describe('retryDelay', () => {
  it.each([
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [6, 30_000],
    [5_000, 30_000],
  ])('spreads try %d over the whole of %d ms', (attempt, ceiling) => {
    expect(retryDelay(attempt, 0.999_999, 500, 30_000)).toBeCloseTo(ceiling, -1);
    expect(retryDelay(attempt, 0.5, 500, 30_000)).toBe(ceiling / 2);
  });

  it('is never a busy loop', () => {
    expect(retryDelay(1, 0, 500, 30_000)).toBe(FLOOR_MS);
  });

  it('never undercuts the hint of the server, and spreads above it', () => {
    expect(retryDelay(1, 0, 500, 5_000, 8_000)).toBe(8_000);
    expect(retryDelay(1, 1, 500, 5_000, 8_000)).toBe(10_000);
    expect(retryDelay(9, 1, 500, 5_000, 0)).toBe(250);
  });
});

describe('a bounded wait', () => {
  const never = new Promise<never>(() => {});

  it('says how long it has waited, in the words of who asks', async () => {
    await expect(within(() => never, 5)).rejects.toBe('Not within 5 ms');
    await expect(within(() => never, 5, undefined, (text) => Error(`mine: ${text}`))).rejects.toThrow('mine: Not within 5 ms');
  });

  it('ends with the reason of a signal, also of one that has aborted before', async () => {
    const over = new AbortController();
    const waiting = within(() => never, 60_000, over.signal);
    over.abort('gone');

    await expect(waiting).rejects.toBe('gone');
    await expect(within(() => never, 60_000, over.signal)).rejects.toBe('gone');
  });

  it('leaves neither a timer nor a listener behind', async () => {
    vi.useFakeTimers();
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, 'addEventListener');
    const remove = vi.spyOn(signal, 'removeEventListener');

    expect(await within(async () => 7, 60_000, signal)).toBe(7);

    expect(vi.getTimerCount()).toBe(0);
    expect(remove.mock.calls).toEqual(add.mock.calls);
    vi.useRealTimers();
  });
});

it('an alarm that is set anew rings once, and not at all when it is unset', () => {
  vi.useFakeTimers();
  const rung: string[] = [];
  const set = alarm();
  set(10, () => rung.push('first'));
  set(20, () => rung.push('second'));
  vi.advanceTimersByTime(3_000_000_000);
  set(2_147_483_648, () => rung.push('at once'));
  vi.advanceTimersByTime(1_000);
  set();
  vi.advanceTimersByTime(3_000_000_000);

  expect(rung).toEqual(['second']);
  vi.useRealTimers();
});
