import { useConnectionState } from '@drawbridge/client/react';
import { useRef, type ReactNode } from 'react';
import { BreakBanner } from './BreakBanner.js';
import { Chat } from './Chat.js';
import { RoomList } from './RoomList.js';
import { PREFIX } from './rooms.js';
import type { Session } from './session.js';
import type { Timeline } from './Timeline.js';
import { useBreak } from './useBreak.js';
import { useRooms } from './useRooms.js';

interface Props {
  readonly session: Session;
  readonly timeline: Timeline;
}

/** The rooms and the one that is open, over one connection. */
export function Talk({ session, timeline: { add } }: Props): ReactNode {
  const { client, who, spoil } = session;
  const { status, welcome } = useConnectionState();
  const me = welcome?.user.subject ?? who;
  const rooms = useRooms();
  const { state, change } = rooms;
  const breaks = useBreak(session, rooms);
  // One event of the log, told by each room.
  const told = useRef(0);
  const onResync = (code: string) => {
    if (Date.now() - told.current > 1_000)
      add('bad', 'Resync: messages may be missing, each room is loaded anew', { code });
    told.current = Date.now();
  };
  const failed = (error: unknown) => add('bad', error instanceof Error ? error.message : String(error));
  return (
    <>
      <RoomList
        rooms={rooms}
        me={me}
        onResync={onResync}
      />
      <Chat session={session} rooms={rooms} me={me}>
        <BreakBanner
          broken={state.broken}
          breaks={breaks}
          status={status}
          dev={!!spoil}
          onCompany={() => void client.request('demo.company', { room: `${PREFIX}${state.active}` }).catch(failed)}
          onRestart={() => void client.request('demo.restart', null).catch(failed)}
          onDismiss={() => {
            change({ type: 'dismiss' });
            // The button goes, and the focus with it.
            document.getElementById('message-input')?.focus();
          }}
        />
      </Chat>
    </>
  );
}
