// Bun's own server with the checks of the others: origin, token (HS256, exp, iss, aud), user; then an
// echo that parses, checks type and text, and answers. No welcome, no queues, no record. A broadcast is its own publish.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createInterface } from 'node:readline';

const argument = name => process.argv[process.argv.indexOf(`--${name}`) + 1];
const secret = argument('secret');
const users = new Set(Array.from({ length: Number(argument('users')) }, (_, i) => `user-${i}`));
const origins = [/^http:\/\/localhost(:\d+)?$/, /^http:\/\/127\.0\.0\.1(:\d+)?$/, /^https:\/\/app\.example\.org$/];

function subject(header) {
  const token = header?.startsWith('Bearer ') ? header.slice(7) : undefined;
  const [head, body, signature] = token?.split('.') ?? [];
  if (signature === undefined || JSON.parse(Buffer.from(head, 'base64url')).alg !== 'HS256') {
    return undefined;
  }
  const wanted = createHmac('sha256', secret).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    return undefined;
  }
  const claims = JSON.parse(Buffer.from(body, 'base64url'));
  const good = claims.exp > Date.now() / 1000 && claims.iss === 'http://localhost' && claims.aud === 'drawbridge';
  return good && users.has(claims.sub) ? claims.sub : undefined;
}

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: (request, self) => {
    const origin = request.headers.get('origin');
    if (origin !== null && !origins.some(each => each.test(origin))) {
      return new Response('', { status: 403 });
    }
    const user = subject(request.headers.get('authorization'));
    if (user === undefined) {
      return new Response('', { status: 401 });
    }
    const headers = { 'Sec-WebSocket-Protocol': 'drawbridge.v1' };
    return self.upgrade(request, { headers, data: { user } }) ? undefined : new Response('', { status: 400 });
  },
  websocket: {
    idleTimeout: 600,
    open: socket => socket.subscribe('all'),
    message: (socket, text) => {
      const { type, id, data } = JSON.parse(text);
      if (type === 'echo' && typeof data?.text === 'string') {
        socket.send(JSON.stringify({ type: 'ack', id, data }));
      } else {
        socket.close(1008);
      }
    },
  },
});

const news = JSON.stringify({ type: 'news', data: { text: 'n'.repeat(100) } });
const words = {
  broadcast: () => (server.publish('all', news), 'sent'),
  compiled: () => 0,
  heap: () => (Bun.gc(true), process.memoryUsage().heapUsed),
};
createInterface({ input: process.stdin }).on('line', word => console.log(`${word} ${words[word]?.() ?? 'unknown'}`));
console.log(`port ${server.port}`);
console.log('ready');
