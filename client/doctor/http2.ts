import { connect, constants, type ClientHttp2Stream } from 'node:http2';
import { Answer, MOST_BODY } from './http1.js';
import { masked, OPCODE } from './frames.js';
import type { TLSSocket } from 'node:tls';
import type { Address } from './options.js';
import { Fault } from './text.js';

/**
 * Asks for a WebSocket by extended CONNECT over HTTP/2, RFC 8441, on a socket that has agreed on `h2`.
 *
 * @returns undefined where the server does not announce that it takes extended CONNECT
 * @throws Fault `http2_refused`, `http_timeout`, `http_cut`
 */
export async function connectHttp2(
  socket: TLSSocket,
  until: number,
  { authority }: Address,
  target: string,
  headers: Readonly<Record<string, string | null>>,
): Promise<Answer | undefined> {
  const session = connect(`https://${authority}`, {
    createConnection: () => socket,
    maxHeaderListPairs: 200,
    maxSessionMemory: 2,
    settings: { enablePush: false },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Answer | undefined>((done, fail) => {
      timer = setTimeout(
        () => fail(new Fault('http_timeout', 'no answer to the extended CONNECT')),
        Math.max(0, until - performance.now()),
      );
      const cut = () => fail(new Fault('http_cut', 'closed when HTTP/2 was spoken'));
      const refused = () => fail(new Fault('http2_refused', 'it ends the stream without an answer'));
      session.on('error', refused).on('goaway', refused).on('close', cut);
      session.once('remoteSettings', ({ enableConnectProtocol }) => {
        if (!enableConnectProtocol) return done(undefined);
        const stream = session.request(
          {
            ':method': 'CONNECT',
            ':protocol': 'websocket',
            ':scheme': 'https',
            ':authority': authority,
            ':path': target,
            ...Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== null)),
          },
          { endStream: false },
        );
        answered(stream, done, refused);
      });
    });
  } finally {
    clearTimeout(timer);
    session.destroy();
  }
}

function answered(stream: ClientHttp2Stream, done: (answer: Answer) => void, refused: () => void): void {
  // An answer that has begun counts, though its stream is cut.
  let begun = false;
  stream.on('error', () => begun || refused());
  stream.once('response', (received) => {
    begun = true;
    const status = Number(received[':status']);
    const headers = new Map<string, string[]>();
    for (const [name, value] of Object.entries(received))
      if (!name.startsWith(':') && value !== undefined) headers.set(name, [value].flat());
    const parts: Buffer[] = [];
    const end = () => done(new Answer('HTTP/2', status, headers, Buffer.concat(parts)));
    if (status === 200) {
      stream.end(masked(OPCODE.close, Buffer.from([3, 0xe8])), () => {
        stream.close(constants.NGHTTP2_CANCEL);
        end();
      });
      return;
    }
    stream.on('end', end).on('close', end);
    stream.on('data', (part: Buffer) => {
      parts.push(part);
      if (parts.reduce((size, { length }) => size + length, 0) > MOST_BODY) end();
    });
  });
}
