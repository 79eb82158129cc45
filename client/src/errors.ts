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
}

/** Why there is no connection, in words for a developer. Never holds a token. */
export class ConnectionError extends Error implements ConnectionErrorFields {
  override readonly name = 'ConnectionError';
  declare readonly stage: Stage;
  declare readonly code: string;
  declare readonly title: string;
  declare readonly action: Action;
  declare readonly hint?: string | undefined;
  declare readonly requestId?: string | undefined;
  declare readonly retryAfterMs?: number | undefined;
  declare readonly closeCode?: number | undefined;

  constructor(fields: ConnectionErrorFields, options?: ErrorOptions) {
    const { title, code, hint, requestId } = fields;
    super(
      `${title} (${code})${hint ? `. ${hint}` : ''}${requestId ? ` [request ${requestId}]` : ''}`,
      options,
    );
    Object.assign(this, fields);
  }
}

/**
 * Why one message failed: the server's error frame, or a local code (`message_too_large`, `queue_full`,
 * `request_timeout`, `connection_lost`, `not_connected`).
 */
export class MessageError extends Error {
  override readonly name = 'MessageError';
  readonly code: string;
  readonly action: Action | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly details: readonly ErrorDetail[];
  readonly requestId: string | undefined;

  constructor(body: ErrorBody, options?: ErrorOptions) {
    super(`${body.message} (${body.code})`, options);
    this.code = body.code;
    this.action = body.action;
    this.retryable = body.retryable ?? false;
    this.retryAfterMs = body.retryAfterMs;
    this.details = body.details ?? [];
    this.requestId = body.requestId;
  }
}
