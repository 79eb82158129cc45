import { alarm } from './backoff.js';
import { localError, type LocalCode } from './diagnosis.js';
import type { ConnectionError, Stage } from './errors.js';
import { insecure } from './http.js';
import { WELCOME_MS } from './limits.js';
import { BEARER_PREFIX, parseFrame, SUBPROTOCOL, type Frame, type Welcome } from './protocol.js';

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
 * Opens one socket and sees it through to its end. After `onUnexplained` or `onEnded` nothing more comes.
 *
 * @param onUnexplained it ended before `welcome`, and the browser does not say why
 * @returns leaves it behind at once, whatever the browser still thinks of it: a dead socket can take
 *     minutes to report its close
 * @throws ConnectionError for an address that the browser refuses; else what its constructor throws
 */
export function openSocket(
  url: string,
  token: string | null,
  onWelcome: (socket: WebSocketLike, welcome: Welcome) => void,
  onFrame: (frame: Frame) => void,
  onUnexplained: (seen: ConnectionError, attemptId: string) => void,
  onEnded: (code: number, reason: string, stage: Stage) => void,
  WebSocket: WebSocketClass,
  limitMs: number,
): (code: number) => void {
  // A name, no secret: the server tells what it knows of a try only to who has a good token.
  const attemptId = `${Math.random()}`.slice(2);
  const address = url + (url.includes('?') ? '&' : '?') + 'attempt=' + attemptId;
  const protocols = token ? [SUBPROTOCOL, BEARER_PREFIX + token] : [SUBPROTOCOL];
  let socket: WebSocketLike;
  try {
    socket = new WebSocket(address, protocols);
  } catch (error) {
    const { name } = error as Error;
    // The browser's own text may hold the token, so it is not passed on.
    throw /^S/.test(name)
      ? localError(insecure(url) ? 'mixed_content' : 'url_invalid', 'connect')
      : error;
  }
  let stage: Stage = 'connect';

  const leave = (code: number) => {
    timer();
    socket.onopen = socket.onmessage = socket.onclose = null;
    // Still connecting, `close` makes some browsers write an error of their own: nothing to be done.
    socket.close(code);
  };
  const unexplained = (code: LocalCode, closeCode?: number) => {
    leave(4901);
    onUnexplained(localError(code, stage, { closeCode }), attemptId);
  };
  const timer = alarm();
  timer(limitMs, () => unexplained('open_timeout'));

  // It says nothing that the close does not, but outside browsers an error nobody hears is thrown.
  socket.onerror = () => {};
  socket.onopen = () => {
    stage = 'welcome';
    if (socket.protocol !== SUBPROTOCOL)
      return unexplained('subprotocol_mismatch');
    timer(WELCOME_MS, () => unexplained('welcome_timeout'));
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
    onFrame(frame);
  };
  socket.onclose = ({ code, reason }) => {
    // With a reason of its own the server has explained itself.
    if (stage === 'open' || reason) {
      leave(1000);
      onEnded(code, reason, stage);
    } else unexplained('connection_lost', code);
  };
  return leave;
}
