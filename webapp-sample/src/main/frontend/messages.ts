import type { ChatMessage, ChatSend, Sent } from './payloads.js';

/** What this page and ChatServlet say to each other; every hook below is checked against it. */
declare module '@drawbridge/client' {
  interface DrawbridgeMessages {
    'chat.send': { send: ChatSend; ack: Sent };
    'chat.message': { receive: ChatMessage };
    echo: { send: unknown; ack: unknown };
  }
}
