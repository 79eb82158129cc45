import type { ReactNode } from 'react';

/** Shades that white letters stand out from, in app.css. */
const HUES = 6;

/**
 * A person's letter, or the tower of the bridge for the application itself.
 *
 * @param here adds a dot: green, or hollow where nobody can know
 */
export function Avatar({ name, here, small }: { name: string; here?: boolean; small?: boolean }): ReactNode {
  return (
    <span
      className={small ? 'avatar small' : 'avatar'}
      data-hue={name ? hue(name) : 'bridge'}
      data-here={here}
      // Drawn by the style: a picture of a letter, and no part of the words around it.
      data-letter={name ? name.charAt(0).toUpperCase() : '♜'}
      aria-hidden="true"
    />
  );
}

function hue(name: string): number {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9_973;
  return sum % HUES;
}
