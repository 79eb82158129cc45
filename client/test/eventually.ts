import { vi } from 'vitest';

/** Waits until a check holds. The limit only ends what would wait for ever, also on a busy machine. */
export const eventually = <T>(check: () => T | Promise<T>, interval = 20): Promise<T> =>
  vi.waitFor(check, { timeout: 45_000, interval });
