// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { retryDelay } from '../src/backoff.js';
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
