import { useConnectionState } from '@drawbridge/client/react';
import type { ReactNode } from 'react';
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
  const failed = (error: unknown) => add('bad', error instanceof Error ? error.message : String(error));
  return (
    <>
      <RoomList
        rooms={rooms}
        me={me}
        onResync={(room, reason) =>
          add('bad', `Resync of ${room}: what came before may be incomplete`, { code: reason })
        }
      />
      <Chat session={session} rooms={rooms} me={me}>
        <BreakBanner
          broken={state.broken}
          breaks={breaks}
          online={status === 'open'}
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
