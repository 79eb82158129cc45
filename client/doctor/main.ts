#!/usr/bin/env node
// The command `drawbridge-doctor`; docs/doctor.md. The same program in Java is the module `doctor`.
import { readFileSync, writeFileSync } from 'node:fs';
import { exitOf } from './advice.js';
import { Connector } from './connector.js';
import { Examination } from './examination.js';
import { HELP, parse, UsageError } from './options.js';
import { conclusionOf, jsonOf, kindOf, lineOf } from './report.js';

class ReportError extends Error {}

async function run(given: readonly string[]): Promise<number> {
  const say = (text: string) => process.stdout.write(text + '\n');
  if (given.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  if (given.includes('--version')) {
    const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
    say(`drawbridge-doctor ${(JSON.parse(manifest) as { version: string }).version}`);
    return 0;
  }
  const options = parse(given, process.env);
  const connector = new Connector(options.address, options.caFile);
  const write = (text: string) => {
    if (options.report === null) return;
    try {
      writeFileSync(options.report, text);
    } catch {
      throw new ReportError();
    }
  };
  // Found out now, not behind a long watch.
  write('');
  const startedAt = Date.now();
  const color = options.color && process.stdout.isTTY === true;
  const examination = new Examination(options, connector, (result) => {
    if (!options.json && !/ has failed$/.test(result.detail)) say(lineOf(result, color));
  });
  // Ctrl-C, or who has waited for too long: what was seen so far is still said. A second one ends at once.
  process.once('SIGINT', () => examination.interrupt()).once('SIGTERM', () => examination.interrupt());
  if (!options.json) say(options.address.shown);
  const results = await examination.run();
  const json = jsonOf(options, examination.server, results, startedAt);
  say(options.json ? json : conclusionOf(results));
  write(json + '\n');
  return exitOf(kindOf(results));
}

const end = (status: number) => {
  process.exitCode = status;
  // What a server still holds open must not hold this; but what was written must get out.
  process.stdout.write('', () => process.exit(status));
};

// Who reads no further, as `head` does, ends nothing.
process.stdout.on('error', () => {});

run(process.argv.slice(2)).then(end, (why: unknown) => {
  if (why instanceof UsageError) {
    process.stderr.write(`drawbridge-doctor: ${why.message}\ndrawbridge-doctor --help says what can be asked.\n`);
    return end(2);
  }
  if (why instanceof ReportError) {
    process.stderr.write('drawbridge-doctor: the report cannot be written\n');
    return end(1);
  }
  // Its message may hold what a stranger has sent.
  process.stderr.write(`drawbridge-doctor: failed itself: ${(why as Error)?.name}\n`);
  end(1);
});
