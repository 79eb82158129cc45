import { advice, exitOf } from './advice.js';
import type { Options } from './options.js';

/** The steps of an examination, in their order, and the kind of fault that each finds by itself. */
export const STEPS = {
  dns: 'dns',
  tcp: 'tcp',
  tls: 'tls',
  discovery: 'discovery',
  preflight: 'origin',
  token: 'token',
  user: 'user',
  http2: 'http2',
  upgrade: 'upgrade',
  welcome: 'protocol',
  echo: 'protocol',
  heartbeat: 'heartbeat',
  watch: 'watch',
  drain: 'drain',
  close: 'protocol',
} as const;

export type Step = keyof typeof STEPS;

export type Status = 'ok' | 'warning' | 'failed' | 'skipped';

/** What a step has found that did not fail. */
export interface Finding {
  readonly status: Status;
  readonly code: string | null;
  readonly detail: string;
  readonly facts: Record<string, unknown>;
}

export interface Result extends Finding {
  readonly step: Step;
  readonly ms: number;
}

export const ok = (detail: string, facts: Record<string, unknown> = {}): Finding => ({ status: 'ok', code: null, detail, facts });
export const warning = (code: string, detail: string, facts: Record<string, unknown> = {}): Finding => ({
  status: 'warning',
  code,
  detail,
  facts,
});
export const skipped = (detail: string, facts: Record<string, unknown> = {}): Finding => ({
  status: 'skipped',
  code: null,
  detail,
  facts,
});

const failed = (results: readonly Result[]) => results.find(({ status }) => status === 'failed');

/** The kind of the first fault, `ok` without one. */
export const kindOf = (results: readonly Result[]): string => {
  const first = failed(results);
  return first ? (advice(first.code)?.kind ?? STEPS[first.step]) : 'ok';
};

export const jsonOf = (
  { address, origin }: Options,
  server: string,
  results: readonly Result[],
  startedAt: number,
): string => {
  const first = failed(results);
  const kind = kindOf(results);
  return JSON.stringify(
    {
      doctorVersion: 1,
      url: address.shown,
      origin,
      server,
      ok: !first,
      kind,
      exit: exitOf(kind),
      failed: first?.step ?? null,
      code: first?.code ?? null,
      startedAt,
      durationMs: Date.now() - startedAt,
      steps: results.map(({ step, status, ms, code, detail, facts }) => ({
        step,
        status,
        ms,
        code,
        title: advice(code)?.title ?? null,
        detail,
        fix: advice(code)?.fix ?? null,
        facts,
      })),
    },
    null,
    2,
  );
};

const MARKS = { ok: ['ok  ', 32], warning: ['WARN', 33], failed: ['FAIL', 31], skipped: ['-   ', 2] } as const;

/** One step as a person reads it, with its fix below. */
export const lineOf = ({ step, status, ms, code, detail }: Result, color: boolean): string => {
  const [mark, paint] = MARKS[status];
  const words = advice(code);
  const shown = color ? `\x1b[${paint}m${mark}\x1b[0m` : mark;
  const took = status === 'skipped' ? '' : `${ms} ms`;
  const indent = '\n' + ' '.repeat(27);
  return (
    `${shown} ${step.padEnd(10)} ${took.padStart(9)}  ${code ? code + ': ' : ''}${detail}` +
    (words ? `${indent}${words.title}${indent}fix: ${words.fix}` : '')
  );
};

export const conclusionOf = (results: readonly Result[]): string => {
  const first = failed(results);
  const kind = kindOf(results);
  return first
    ? `The first that fails is ${first.step}; exit status ${exitOf(kind)} (${kind}).`
    : 'All is well; exit status 0.';
};
