import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startHeartbeat, type Heartbeat } from '../src/heartbeat.js';
import { PROBE_MS } from '../src/limits.js';

const PATIENCE_MS = 60_000;
let heartbeat: Heartbeat;
const ask = vi.fn();
const dead = vi.fn();

/** The clock goes on, but timers do not fire: sleep, or a tab held back. */
function sleep(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

beforeEach(() => {
  vi.useFakeTimers();
  ask.mockReset();
  dead.mockReset();
  heartbeat = startHeartbeat(PATIENCE_MS, ask, dead);
});

afterEach(() => {
  heartbeat.halt();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('a silent server', () => {
  it('is dead after interval and grace', () => {
    vi.advanceTimersByTime(PATIENCE_MS - 1);
    expect(dead).not.toHaveBeenCalled();

    vi.advanceTimersByTime(1);
    expect(dead).toHaveBeenCalledOnce();
    expect(ask).not.toHaveBeenCalled();
  });

  it('lives by any frame, with one timer however many come', () => {
    for (let frame = 0; frame < 100; frame++) {
      vi.advanceTimersByTime(PATIENCE_MS / 2);
      heartbeat.heard();
    }

    expect(vi.getTimerCount()).toBe(1);
    expect(dead).not.toHaveBeenCalled();
    vi.advanceTimersByTime(PATIENCE_MS);
    expect(dead).toHaveBeenCalledOnce();
  });
});

it.each([NaN, 0, -5, Infinity, 1e300, 3e9, '4500015000', '[object Object]'])(
  'an interval and grace of %s set no deadline, and no timer that fires at once',
  (patience) => {
    heartbeat.halt();
    heartbeat = startHeartbeat(patience as number, ask, dead);
    const timers = vi.spyOn(globalThis, 'setTimeout');
    vi.advanceTimersByTime(3_600_000);

    expect(dead).not.toHaveBeenCalled();
    expect(timers).not.toHaveBeenCalled();
  },
);

describe('a late timer', () => {
  it('asks first, because the answer may wait in the same wake-up', () => {
    sleep(3_600_000);
    vi.advanceTimersByTime(PATIENCE_MS);
    expect(ask).toHaveBeenCalledOnce();
    expect(dead).not.toHaveBeenCalled();

    heartbeat.heard();
    vi.advanceTimersByTime(PROBE_MS);
    expect(dead).not.toHaveBeenCalled();
  });

  it('gives up when nobody answers that', () => {
    sleep(3_600_000);
    vi.advanceTimersByTime(PATIENCE_MS);
    vi.advanceTimersByTime(PROBE_MS);

    expect(dead).toHaveBeenCalledOnce();
  });

  it('asks again when the machine slept through the probe as well', () => {
    sleep(3_600_000);
    vi.advanceTimersByTime(PATIENCE_MS);
    sleep(3_600_000);
    vi.advanceTimersByTime(PROBE_MS);

    expect(ask).toHaveBeenCalledTimes(2);
    expect(dead).not.toHaveBeenCalled();
  });
});

it('asks before it gives up in a hidden tab', () => {
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  vi.advanceTimersByTime(PATIENCE_MS);
  expect(ask).toHaveBeenCalledOnce();
  expect(dead).not.toHaveBeenCalled();

  vi.advanceTimersByTime(PROBE_MS);
  expect(dead).toHaveBeenCalledOnce();
});

describe('waking up', () => {
  it('asks when the last frame is old', () => {
    vi.advanceTimersByTime(20_000);
    heartbeat.wake(false);
    heartbeat.wake(false);
    expect(ask).toHaveBeenCalledOnce();

    vi.advanceTimersByTime(PROBE_MS);
    expect(dead).toHaveBeenCalledOnce();
  });

  it('asks nothing when the last frame is fresh', () => {
    vi.advanceTimersByTime(9_000);
    heartbeat.wake(false);

    expect(ask).not.toHaveBeenCalled();
  });

  it('asks in another network even then, because the frame came through the old one', () => {
    vi.advanceTimersByTime(9_000);
    heartbeat.wake(true);

    expect(ask).toHaveBeenCalledOnce();
  });
});
