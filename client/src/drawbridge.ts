export { createClient, DrawbridgeClient } from './client.js';
export type { ClientOptions, TokenContext } from './client.js';
export { IDLE } from './connection.js';
export type { ConnectionSnapshot, ConnectionStatus } from './connection.js';
export { ConnectionError, MessageError } from './errors.js';
export type { ConnectionErrorFields, Stage } from './errors.js';
export type {
  AckData,
  DrawbridgeMessages,
  ReceiveData,
  ReceiveType,
  SendData,
  SendType,
} from './messages.js';
export type { Action, ErrorBody, ErrorDetail, Limits, User, Welcome } from './protocol.js';
export type { RequestOptions } from './requests.js';
