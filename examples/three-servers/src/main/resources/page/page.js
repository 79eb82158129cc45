import { createClient } from './drawbridge/drawbridge.js';
import { withChannels } from './drawbridge/channels.js';

const $ = (id) => document.getElementById(id);
const element = (name, text, ...classes) => {
  const one = document.createElement(name);
  one.textContent = text;
  one.classList.add(...classes);
  return one;
};
const user = new URLSearchParams(location.search).get('user') ?? `guest-${Math.floor(Math.random() * 1000)}`;

const client = withChannels(
  createClient({
    // A real application asks its login instead.
    getToken: async ({ signal }) => {
      const answer = await fetch(`/control/token/${user}`, { method: 'POST', signal });
      if (!answer.ok) throw new Error(`the login answered ${answer.status}`);
      return answer.text();
    },
  }),
);

/** Where this page is now, and when its last connection broke. */
let server = '';
let brokeAt = 0;

function note(text, ...classes) {
  $('lines').append(element('li', text, ...classes));
  $('lines').scrollTop = $('lines').scrollHeight;
}

let status = '';
client.subscribe(async () => {
  const before = status;
  status = client.getSnapshot().status;
  if (status === before) return;
  if (status !== 'open') {
    if (server && !brokeAt) brokeAt = performance.now();
    $('status').dataset.server = '';
    $('status').textContent = `${user}: ${status} …`;
    return;
  }
  const was = server;
  const after = brokeAt && Math.round(performance.now() - brokeAt);
  brokeAt = 0;
  ({ name: server } = await client.request('server', null));
  $('status').dataset.server = server;
  $('status').textContent = `${user} on server ${server}`;
  if (was) note(`back on server ${server}, was on ${was}, after ${after} ms`, 'note');
});

const room = client.channel('room:lobby');
room.subscribe({
  onMessage: ({ from, data }) => note(`${from}: ${data.text}`),
  onResync: (reason) => note(`messages may be missing: ${reason}`, 'note'),
  onPresence: ({ members }) => {
    $('people').textContent = members.map((one) => one.displayName).join(', ');
  },
});
$('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const text = $('text').value.trim();
  if (!text) return;
  $('text').value = '';
  try {
    await room.publish('chat.message', { text }, { key: crypto.randomUUID() });
  } catch (error) {
    note(`not sent: ${error.code ?? error.message}`, 'note');
  }
});

/** One for each server, made once: a button that is replaced under the pointer is not clicked. */
const cards = new Map();

function card(name) {
  const one = element('div', '', 'server');
  const title = element('div', '');
  const who = element('small', '');
  title.append(element('strong', `Server ${name}`), who);
  const button = element('button', '');
  button.id = `act-${name}`;
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      await fetch(`/control/${one.dataset.alive === 'true' ? 'kill' : 'start'}/${name}`, { method: 'POST' });
    } finally {
      button.disabled = false;
    }
  });
  one.append(title, button);
  $('servers').append(one);
  return { one, who, button };
}

function show({ servers, visitors, report }) {
  for (const [name, alive] of Object.entries(servers)) {
    if (!cards.has(name)) cards.set(name, card(name));
    const { one, who, button } = cards.get(name);
    const here = visitors.filter((visitor) => visitor.server === name).map((visitor) => visitor.name);
    if (name === server) here.push('you');
    one.dataset.alive = alive;
    one.dataset.here = name === server;
    who.textContent = alive ? here.join(', ') || 'nobody' : 'killed';
    button.textContent = alive ? 'Kill' : 'Start';
  }
  $('visitors').replaceChildren(
    ...visitors.map((one) => {
      const row = document.createElement('tr');
      row.append(
        element('td', one.name),
        element('td', one.server || '–'),
        element('td', one.backMillis < 0 ? '–' : `${one.backMillis} ms`),
        element('td', one.replayed),
        element('td', one.heard),
        element('td', one.lost, one.lost ? 'bad' : 'good'),
        element('td', one.twice, one.twice ? 'bad' : 'good'),
      );
      return row;
    }),
  );
  $('report').textContent = report;
}

setInterval(async () => {
  try {
    show(await (await fetch('/control/state')).json());
  } catch {
    // The show is over, or about to begin.
  }
}, 500);

await client.connect();
