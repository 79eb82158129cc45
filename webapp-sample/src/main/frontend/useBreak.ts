import { useConnectionState } from '@drawbridge/client/react';
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { CUT_MS } from './line.js';
import { PREFIX } from './rooms.js';
import { drop, type Session } from './session.js';
import type { Rooms } from './useRooms.js';

export interface Breaks {
  /** Epoch milliseconds at which the line that was cut is whole again, null when it is. */
  readonly cutUntil: number | null;
  readonly cut: () => void;
  readonly mend: () => void;
}

/** Follows every break of the line, whoever has caused it, and cuts it on request. */
export function useBreak({ client, line, spoil }: Session, { state, change }: Rooms): Breaks {
  const { status, welcome } = useConnectionState();
  const cutUntil = useSyncExternalStore(line.subscribe, line.cutUntil);
  const { active } = state;
  const room = useRef(active);
  useEffect(() => {
    room.current = active;
  }, [active]);
  const was = useRef(false);
  useEffect(() => {
    if (status !== 'open') {
      if (was.current) change({ type: 'away', at: Date.now() });
      was.current = false;
      return;
    }
    was.current = true;
    let mounted = true;
    const back = () => mounted && change({ type: 'back', at: Date.now() });
    // Answered in its turn: what was replayed has come before it.
    client.channel(`${PREFIX}${room.current}`).presence().then(back, back);
    return () => {
      mounted = false;
    };
  }, [status, client, change]);
  // A tab that leaves leaves no cut line behind.
  useEffect(() => line.mend, [line]);

  const cut = () => {
    const connection = welcome?.connectionId ?? '';
    // Somebody shall write meanwhile; where nobody can be asked, other tabs may.
    const company = spoil
      ? client.request('demo.company', { room: `${PREFIX}${active}` }).catch(() => {})
      : Promise.resolve();
    void company.then(() => line.cut(() => drop(connection)));
  };
  return { cutUntil, cut, mend: line.mend };
}

export const CUT_SECONDS = CUT_MS / 1_000;
