// Socket.IO with its adapter for Redis Streams and connection state recovery, as their documentation sets them up:
// everybody is in one room, and what somebody publishes goes to the room.
import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-streams-adapter';
import { createClient } from 'redis';
import { Server } from 'socket.io';

const redis = createClient({ url: process.argv[2] });
redis.on('error', () => {}); // It connects again by itself.
await redis.connect();

const http = createServer();
const io = new Server(http, { adapter: createAdapter(redis), connectionStateRecovery: {}, transports: ['websocket'] });
io.on('connection', socket => {
  socket.join('room:all');
  socket.on('publish', (message, done) => {
    io.to('room:all').emit('news', message);
    done();
  });
});
process.on('unhandledRejection', error => console.error(String(error)));

http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  console.log(`port ${http.address().port}`);
  console.log('ready');
});
