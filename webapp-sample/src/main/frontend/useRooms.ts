import { useCallback, useEffect, useReducer, useRef, useState } from 'react';
import { initial, isName, READY_MADE, reduce, unreadOf, type Change, type State } from './rooms.js';

const STORED = 'drawbridge-sample-rooms';
const TITLE = 'Drawbridge sample';

export interface Rooms {
  readonly state: State;
  readonly change: (change: Change) => void;
  /** A key that no other item has, of no other tab either: a message that is said again is known by it. */
  readonly nextKey: () => string;
}

/** The rooms of this tab; which ones they are outlives it. */
export function useRooms(): Rooms {
  const [state, change] = useReducer(reduce, undefined, () => initial(stored()));
  const last = useRef(0);
  const [tab] = useState(() => Math.random().toString(36).slice(2, 12));
  const nextKey = useCallback(() => `${tab}-${++last.current}`, [tab]);
  const { names } = state;
  useEffect(() => {
    try {
      localStorage.setItem(STORED, JSON.stringify(names));
    } catch {
      // A browser that keeps nothing shows the ready-made ones the next time.
    }
  }, [names]);
  useEffect(() => {
    const look = () => change({ type: 'hidden', hidden: document.hidden });
    look();
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);
  const unread = unreadOf(state);
  useEffect(() => {
    document.title = unread ? `(${unread}) ${TITLE}` : TITLE;
    return () => {
      document.title = TITLE;
    };
  }, [unread]);
  return { state, change, nextKey };
}

function stored(): readonly string[] {
  try {
    const names: unknown = JSON.parse(localStorage.getItem(STORED) ?? '');
    if (Array.isArray(names) && names.length > 0 && names.length <= 50) {
      const good = names.filter((name): name is string => typeof name === 'string' && isName(name));
      if (good.length > 0) return [...new Set(good)];
    }
  } catch {
    // None were kept, or somebody else's.
  }
  return READY_MADE;
}
