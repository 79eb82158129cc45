import { localError } from './diagnosis.js';
import type { ConnectionError, Stage } from './errors.js';
import { OPEN_MS, WELCOME_MS } from './limits.js';
import { BEARER_PREFIX, parseFrame, SUBPROTOCOL, type Frame, type Welcome } from './protocol.js';

/** What becomes of one socket. After `unexplained` or `ended` nothing more comes. */
export interface SocketEvents {
  readonly welcomed: (socket: WebSocket, welcome: Welcome) => void;
  readonly frame: (frame: Frame) => void;
  /** It ended before `welcome`, and the browser does not say why. */
  readonly unexplained: (seen: ConnectionError, attemptId: string) => void;
  readonly ended: (code: number, reason: string, stage: Stage) => void;
}

/**
 * Opens one socket and sees it through to its end.
 *
 * @returns leaves it behind at once, whatever the browser still thinks of it: a dead socket can take
 *     minutes to report its close
 * @throws what the browser's constructor throws; its text may hold the token
 */
export function openSocket(
  url: string,
  token: string | null,
  events: SocketEvents,
): (code: number) => void {
  // A name, no secret: the server tells what it knows of a try only to who has a good token.
  const attemptId = `${Math.random()}`.slice(2);
  const address = new URL(url);
  address.searchParams.set('attempt', attemptId);
  const protocols = token ? [SUBPROTOCOL, BEARER_PREFIX + token] : [SUBPROTOCOL];
  const socket = new WebSocket(address, protocols);
  let stage: Stage = 'connect';

  const leave = (code: number) => {
    clearTimeout(timer);
    socket.onopen = socket.onmessage = socket.onclose = null;
    // Still connecting, `close` makes some browsers write an error of their own: nothing to be done.
    socket.close(code);
  };
  const unexplained = (seen: ConnectionError) => {
    leave(4901);
    events.unexplained(seen, attemptId);
  };
  let timer = setTimeout(() => unexplained(localError('open_timeout', stage)), OPEN_MS);

  // It says nothing that the close does not, but outside browsers an error nobody hears is thrown.
  socket.onerror = () => {};
  socket.onopen = () => {
    clearTimeout(timer);
    stage = 'welcome';
    if (socket.protocol !== SUBPROTOCOL)
      return unexplained(localError('subprotocol_mismatch', stage));
    timer = setTimeout(() => unexplained(localError('welcome_timeout', stage)), WELCOME_MS);
  };
  socket.onmessage = ({ data }) => {
    const frame = parseFrame(data);
    if (!frame) return;
    const welcome = frame.data as Partial<Welcome> | undefined;
    // What a stranger calls a welcome is not one that this client can go by.
    if (stage + frame.type === 'welcomewelcome' && welcome?.limits && welcome.heartbeat) {
      clearTimeout(timer);
      stage = 'open';
      events.welcomed(socket, welcome as Welcome);
    }
    events.frame(frame);
  };
  socket.onclose = ({ code, reason }) => {
    // With a reason of its own the server has explained itself.
    if (stage === 'open' || reason) {
      leave(1000);
      events.ended(code, reason, stage);
    } else unexplained(localError('connection_lost', stage, { closeCode: code }));
  };
  return leave;
}
