// @vitest-environment node
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { closeReaction, parseFrame, Reaction } from '../src/protocol.js';

/** The close-code table of PROTOCOL.md: codes and what the client does, one row each. */
function closeTable(): { code: number; client: string }[] {
  const page = readFileSync('../PROTOCOL.md', 'utf8');
  const section = page.slice(page.search(/^## .*close codes/im));
  return [...section.matchAll(/^\| *([\d, ]+?) *\|[^|]*\| *([^|]+?) *\|$/gm)].flatMap((row) =>
    String(row[1])
      .split(/,\s*/)
      .map((code) => ({ code: Number(code), client: String(row[2]) })),
  );
}

const WORDS = {
  [Reaction.stop]: /^stop/,
  [Reaction.refresh]: /^fetch a new token/,
  [Reaction.now]: /^reconnect now/,
  [Reaction.slowly]: /^reconnect.* back-off/,
  [Reaction.retry]: /^reconnect(?! now)(?!.*back-off)/,
};

describe('close codes', () => {
  it('has a table in PROTOCOL.md', () => {
    expect(closeTable().length).toBeGreaterThan(18);
  });

  it.each(closeTable())('does for $code what PROTOCOL.md says: $client', ({ code, client }) => {
    expect(client).toMatch(WORDS[closeReaction(code)]);
  });

  it.each([
    [4402, Reaction.stop],
    [4499, Reaction.stop],
    [4000, Reaction.retry],
    [4399, Reaction.retry],
    [4500, Reaction.retry],
    [4900, Reaction.retry],
  ])('takes the unlisted %d as %s', (code, reaction) => {
    expect(closeReaction(code)).toBe(reaction);
  });
});

describe('frames', () => {
  it.each(['', 'null', '[]', '{}', '"x"', '{"type":1}', '{', '1'])('takes %s for none', (text) => {
    expect(parseFrame(text)).toBeUndefined();
  });

  it('keeps what it does not know', () => {
    expect(parseFrame('{"type":"a.b","later":1}')).toEqual({ type: 'a.b', later: 1 });
  });
});
