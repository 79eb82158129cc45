export type { ClientOptions, DrawbridgeClient } from './api.js';
export type { Action, ErrorBody, ErrorDetail, Limits, ReconnectTimes, User, Welcome } from './protocol.js';
export { ConnectionError, MessageError } from './errors.js';
export type { ConnectionErrorFields, Stage } from './errors.js';
export { createClient } from './client.js';
export type {
  AckData,
  DrawbridgeMessages,
  ReceiveData,
  ReceiveType,
  SendData,
  SendType,
} from './messages.js';
export type { GetToken, TokenContext } from './token.js';
export { IDLE } from './connection.js';
export type { WebSocketClass, WebSocketLike } from './socket.js';
export type { RequestOptions } from './outbox.js';
export type { ConnectionSnapshot, ConnectionStatus } from './connection.js';
