// Generated from the Java records by the build: a renamed field breaks the type check of this page.
import type { ChatMessage, ChatSend, ChatSent } from '#payloads';

/** What this page and ChatServlet say to each other; every call is checked against it. */
declare module '@drawbridge/client' {
  interface DrawbridgeMessages {
    'chat.send': { send: ChatSend; ack: ChatSent };
    'chat.message': { receive: ChatMessage };
    echo: { send: unknown; ack: unknown };
    /** Dev mode only: faults on demand, see DemoFaults. */
    'demo.drop': { send: null; ack: null };
    'demo.disable': { send: null; ack: null };
  }
}
