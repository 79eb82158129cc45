import type { Action, ErrorBody, ErrorDetail } from './protocol.js';

/**
 * How far a try had come: `discovery` and `token` before any socket, `connect` until the socket opens,
 * `welcome` until the server's first frame, `open` after it.
 */
export type Stage = 'discovery' | 'token' | 'connect' | 'welcome' | 'open';

export interface ConnectionErrorFields {
  readonly stage: Stage;
  /** One word to search for, of PROTOCOL.md or of the table in this package's README. */
  readonly code: string;
  readonly title: string;
  readonly action: Action;
  /** What exactly to change; the server sends hints in dev mode only. */
  readonly hint?: string | undefined;
  /** The id that the server's log line shows. */
  readonly requestId?: string | undefined;
  /** The server's wish for the next try, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** The WebSocket close code, when a socket had been open. */
  readonly closeCode?: number | undefined;
  /** What `getToken`, `url` or the runtime has thrown. */
  readonly cause?: unknown;
}

/**
 * Why one message failed: the server's error frame, or a local code (`message_too_large`,
 * `not_serializable`, `not_sent`, `queue_full`, `request_timeout`, `connection_lost`, `closed`).
 */
export class MessageError extends Error implements ErrorBody {
  declare readonly name: 'MessageError';
  declare readonly code: string;
  declare readonly action?: Action;
  declare readonly retryable?: boolean;
  declare readonly retryAfterMs?: number;
  /** One per problem of a payload. */
  declare readonly details?: readonly ErrorDetail[];
  declare readonly requestId?: string;
  /** Of `not_sent`: `principal_changed` when another user has queued it. */
  declare readonly reason?: string;

  constructor(body: ErrorBody) {
    const message = `${body.message} (${body.code})`;
    super(message);
    Object.assign(this, body, { name: 'MessageError', message });
  }
}

/** An error that no server has sent. */
export const messageError = (code: string, message = code.replace(/_/g, ' '), more?: object): MessageError =>
  new MessageError({ code, message, ...more });

/** Why there is no connection, in words for a developer. Never holds a token. */
export class ConnectionError extends Error implements ConnectionErrorFields {
  declare readonly name: 'ConnectionError';
  declare readonly stage: Stage;
  declare readonly code: string;
  declare readonly title: string;
  declare readonly action: Action;
  declare readonly hint?: string | undefined;
  declare readonly requestId?: string | undefined;
  declare readonly retryAfterMs?: number | undefined;
  declare readonly closeCode?: number | undefined;

  constructor(fields: ConnectionErrorFields) {
    const { title, code, hint, requestId } = fields;
    const message = `${title} (${code})${hint ? `. ${hint}` : ''}${requestId ? ` [request ${requestId}]` : ''}`;
    super(message);
    Object.assign(this, fields, { name: 'ConnectionError', message });
  }
}
