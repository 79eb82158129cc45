// Bun's own publish: no numbers, no replay, the fastest that is on npm.
import { createInterface } from 'node:readline';

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: (request, self) => (self.upgrade(request) ? undefined : new Response('', { status: 400 })),
  websocket: {
    idleTimeout: 600,
    open: socket => {
      socket.subscribe('room:all');
      // So that a driver knows that it is subscribed.
      socket.send('welcome');
    },
    message: () => {},
  },
});

const text = 'n'.repeat(100);
let n = 0;
const words = {
  publish: () => {
    server.publish('room:all', JSON.stringify({ type: 'news', channel: 'room:all', data: { n: n++, text } }));
    return 'sent';
  },
};
createInterface({ input: process.stdin }).on('line', word => console.log(`${word} ${words[word]?.() ?? 'unknown'}`));
console.log(`port ${server.port}`);
console.log('ready');
