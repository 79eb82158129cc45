import { WELCOME_MS } from './limits.js';
import { Cause, localError } from './diagnosis.js';
import type { ConnectionError, Stage } from './errors.js';
import {
  closeReaction,
  parseFrame,
  Reaction,
  Subprotocol,
  type ErrorBody,
  type Frame,
  type Welcome,
} from './protocol.js';
import { alarm } from './backoff.js';
import { insecure } from './http.js';

/** What the client uses of a `WebSocket`; that of the package `ws` fits too. */
export interface WebSocketLike {
  readonly readyState: number;
  readonly protocol: string;
  readonly bufferedAmount: number;
  // Each library has event types of its own.
  onopen: ((event: any) => any) | null;
  onmessage: ((event: any) => any) | null;
  onclose: ((event: any) => any) | null;
  onerror: ((event: any) => any) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

export type WebSocketClass = new (url: string, protocols: string[]) => WebSocketLike;

/**
 * Opens one socket and sees it through to its end. After `onEnd` or `onUnexplained` nothing more comes.
 *
 * @param onUnexplained it ended before `welcome`, and the browser does not say why
 * @returns leaves it behind at once, whatever the browser still thinks of it: a dead socket can take
 *     minutes to report its close
 * @throws ConnectionError for an address that the browser refuses; else what its constructor throws
 */
export const openSocket = (
  WebSocket: WebSocketClass,
  url: string,
  token: string | null,
  limitMs: number,
  onWelcome: (socket: WebSocketLike, welcome: Welcome) => void,
  onFrame: (frame: Frame) => void,
  onEnd: (error: ConnectionError, reaction: Reaction) => void,
  onUnexplained: (seen: ConnectionError) => void,
): ((code: number) => void) => {
  let socket: WebSocketLike;
  try {
    socket = new WebSocket(url, [Subprotocol.v1 as string].concat(token ? Subprotocol.bearer + token : []));
  } catch (error) {
    // The browser's own text may hold the token, so it is not passed on.
    throw /^S/.test((error as Error).name)
      ? localError(insecure(url) ? Cause.mixed_content : Cause.url_invalid)
      : error;
  }
  let stage: Stage = 'connect';
  /** The server's last error without an id, which explains a close that follows. */
  let said: ErrorBody | undefined;

  const leave = (code: number) => {
    timer();
    socket.onopen = socket.onmessage = socket.onclose = null;
    // Still connecting, `close` makes some browsers write an error of their own: nothing to be done.
    socket.close(code);
  };
  const unexplained = (cause: Cause, closeCode?: number) => {
    leave(4901);
    onUnexplained(localError(cause, { stage, closeCode }));
  };
  const timer = alarm();
  timer(limitMs, () => unexplained(Cause.open_timeout));

  // It says nothing that the close does not, but outside browsers an error nobody hears is thrown.
  socket.onerror = () => {};
  socket.onopen = () => {
    stage = 'welcome';
    if (socket.protocol !== Subprotocol.v1) return unexplained(Cause.subprotocol_mismatch);
    timer(WELCOME_MS, () => unexplained(Cause.welcome_timeout));
  };
  socket.onmessage = ({ data }) => {
    const frame = parseFrame(data);
    if (!frame) return;
    const welcome = frame.data as Partial<Welcome> | undefined;
    // What a stranger calls a welcome is not one that this client can go by.
    if (stage + frame.type === 'welcomewelcome' && welcome?.limits && welcome.heartbeat) {
      timer();
      stage = 'open';
      onWelcome(socket, welcome as Welcome);
    }
    if (!frame.id) said = frame.error ?? said;
    onFrame(frame);
  };
  socket.onclose = ({ code, reason }) => {
    // With a reason of its own the server has explained itself.
    if (stage === 'open' || reason) {
      leave(1000);
      // One that closes is sent before the close.
      const told = said?.code === reason ? said : undefined;
      const reaction = closeReaction(code);
      const error = localError(Cause.connection_lost, {
        stage,
        action:
          code === 4403
            ? 'contact_admin'
            : !reaction
              ? 'fix_client'
              : reaction === Reaction.refresh
                ? 'refresh_token'
                : 'wait',
        title: told?.message ?? 'closed with ' + code,
        ...(reason && { code: reason }),
        ...told,
        closeCode: code,
      });
      onEnd(error, reaction);
    } else unexplained(Cause.connection_lost, code);
  };
  return leave;
};
