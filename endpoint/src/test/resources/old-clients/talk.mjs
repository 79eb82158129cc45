// Has a client of an earlier commit go through what version 1 promises. Usage:
// node talk.mjs BUNDLE URL FIRST-TOKEN LATER-TOKEN; the URL is that of the discovery, or ws://… for none
const [bundle, url, first, later] = process.argv.slice(2);
const { createClient, withChannels } = await import(bundle);

let asked = 0;
const client = createClient({
  ...(url.startsWith('ws') ? { url } : { configUrls: [url] }),
  getToken: () => (asked++ === 0 ? first : later),
  logger: { error: (...texts) => console.log('LOG', ...texts.map(String)) },
});
const states = [];
client.subscribe(() => {
  const { status } = client.getSnapshot();
  if (states.at(-1) !== status) states.push(status);
});
const say = (what, value) => console.log(`${what} ${JSON.stringify(value)}`);
const until = async (what, test) => {
  for (const end = Date.now() + 10_000; !test(); ) {
    if (Date.now() > end) throw Error(`not within 10 s: ${what}`);
    await new Promise((next) => setTimeout(next, 10));
  }
};
const code = (promise) => promise.then(() => 'none', (error) => error.code);

const welcome = await client.connect();
say('welcome', [welcome.protocol, welcome.user.subject, welcome.limits.maxMessageBytes]);
say('echo', await client.request('echo', { text: 'ä😀' }));
say('ping', (await client.ping()) >= 0);
const news = [];
client.on('news', (data) => news.push(data));
await client.request('push', {});
await until('the push', () => news.length === 1);
say('news', news);
say('unknown', await code(client.request('nothing.of.that', {})));
say('invalid', await code(client.request('number', { number: 'none' })));
say('reserved', await code(client.request('welcome', {})));

const messages = [];
if (withChannels) {
  const room = withChannels(client).channel('room:1');
  const status = [];
  room.subscribe({
    onMessage: ({ data }) => messages.push(data),
    onStatus: (snapshot) => status.push(snapshot.status),
    onPresence: () => {},
  });
  await until('the subscription', () => status.at(-1) === 'subscribed');
  say('published', (await room.publish('said', { text: 'one' })).seq > 0);
  await until('the message', () => messages.length === 1);
  // Who subscribes is counted as there a moment later.
  let members = [];
  for (const end = Date.now() + 10_000; members.length === 0 && Date.now() < end; ) {
    members = (await room.presence()).members.map(({ subject }) => subject);
    await new Promise((next) => setTimeout(next, 20));
  }
  say('members', members);
}

states.length = 0;
client.send('cut', {});
await until('the way back', () => states.at(-1) === 'open');
say('cut', await client.request('echo', 1));
if (withChannels) {
  await until('what came meanwhile', () => messages.length === 2);
  say('messages', messages);
}

const before = asked;
client.send('expire', {});
await until('the new token', () => asked > before);
say('renewed', await client.request('echo', 2));

states.length = 0;
client.send('empty.server', {});
await until('the drain', () => states.length > 0 && states.at(-1) !== 'open');
say('drain', states.at(-1));
client.close();
say('closed', client.getSnapshot().status);
