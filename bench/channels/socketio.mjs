// Socket.IO with connection state recovery, as its documentation sets it up: everybody is in one room.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http, { connectionStateRecovery: {}, transports: ['websocket'], pingInterval: 45_000 });
io.on('connection', socket => socket.join('room:all'));

const text = 'n'.repeat(100);
let n = 0;
const words = {
  publish: () => {
    io.to('room:all').emit('news', { n: n++, text });
    return 'sent';
  },
};
createInterface({ input: process.stdin }).on('line', word => console.log(`${word} ${words[word]?.() ?? 'unknown'}`));

http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  console.log(`port ${http.address().port}`);
  console.log('ready');
});
