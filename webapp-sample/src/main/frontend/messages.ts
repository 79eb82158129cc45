// What this page and ChatServlet say to each other, written by the build from the servlet's
// registrations and its records: a renamed type or field breaks the type check of this page.
import type {} from '#messages';
import type { ChatMessage, RoomMessage, RoomTyping } from '#payloads';

/** What is said in channels. */
declare module '@drawbridge/client/channels' {
  interface DrawbridgeChannels {
    'room:': {
      'chat.message': { publish: RoomMessage; receive: RoomMessage };
      'chat.typing': { publish: RoomTyping; receive: RoomTyping };
    };
    '~': { 'chat.message': { receive: ChatMessage } };
  }
}
