// config → preflight → upgrade → welcome → echo → ping, with the browser's own means.
const STEP_LIMIT = 8000;

class StepFailed extends Error {
  constructor(message, snippet) { super(message); this.snippet = snippet; }
}

const within = (promise, what) => Promise.race([promise,
  new Promise((_, fail) => setTimeout(() => fail(new StepFailed(`no ${what} within ${STEP_LIMIT / 1000} s`)), STEP_LIMIT))]);

async function problem(response) {
  const body = await response.json().catch(() => null);
  return new StepFailed(body?.code ? `${response.status} ${body.code}: ${body.hint ?? body.title}`
    : `status ${response.status} without a reason: something else answers here`);
}

async function selfTest(user, ownToken, step) {
  const base = new URL('.', location.href);
  let config, token, socket, attempt;
  const frames = [];
  let wake = () => {};
  const nextFrame = async (what, fits) => {
    const end = Date.now() + STEP_LIMIT;
    for (;;) {
      const at = frames.findIndex(one => one.closed || fits(one));
      if (at >= 0) {
        const [found] = frames.splice(at, 1);
        if (found.closed) throw new StepFailed(`closed with ${found.closed} ${found.reason} before ${what}`);
        return found;
      }
      if (Date.now() > end) throw new StepFailed(`no ${what} within ${STEP_LIMIT / 1000} s`);
      await Promise.race([new Promise(go => { wake = go; }), new Promise(go => setTimeout(go, 250))]);
    }
  };

  await step('config', async () => {
    const response = await within(fetch('config', { cache: 'no-store' }), 'answer');
    if (!response.ok) throw await problem(response);
    if (!response.headers.get('Content-Type')?.includes('json'))
      throw new StepFailed('no JSON: a dev server answers with its own page; let it forward ' + new URL('config', base).pathname);
    config = await response.json();
    return `${config.mode}, ${new URL(config.path, base).pathname}, ping after ${config.heartbeat.intervalMs / 1000} s`;
  });

  await step('preflight', async () => {
    const other = new URL('config', base);
    other.hostname = other.hostname === 'localhost' ? '127.0.0.1' : 'localhost';
    try {
      const response = await within(fetch(other, { cache: 'no-store', headers: { 'X-Drawbridge-Self-Test': '1' } }), 'answer');
      if (!response.ok) throw await problem(response);
      return `${other.origin} lets ${location.origin} in`;
    } catch (e) {
      if (e instanceof StepFailed) throw e;
      const reachable = await fetch(other, { mode: 'no-cors', cache: 'no-store' }).then(() => true, () => false);
      if (!reachable) return `skipped: ${other.origin} is not served from here`;
      throw new StepFailed('the browser got no CORS headers: map DevCorsFilter to /* in front of all other filters',
        '<filter-mapping>\n  <filter-name>cors</filter-name>\n  <url-pattern>/*</url-pattern>\n</filter-mapping>');
    }
  });

  await step('upgrade', async () => {
    token = ownToken;
    if (!token) {
      const response = await within(fetch('dev-token', { method: 'POST', headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ sub: user, ttlSeconds: 120 }) }), 'dev token');
      if (!response.ok) throw await problem(response);
      token = (await response.json()).token;
    }
    attempt = 'selftest-' + crypto.getRandomValues(new Uint32Array(2)).join('-');
    const url = new URL(config.path, base);
    url.protocol = url.protocol.replace('http', 'ws');
    url.search = `attempt=${attempt}&client=selftest/1`;
    socket = new WebSocket(url, [config.protocols[0], config.auth.bearerPrefix + token]);
    socket.onmessage = event => { frames.push(JSON.parse(event.data)); wake(); };
    socket.onclose = event => { frames.push({ closed: event.code, reason: event.reason }); wake(); };
    const opened = await within(new Promise(done => {
      socket.addEventListener('open', () => done(true));
      socket.addEventListener('error', () => done(false));
    }), 'answer to the upgrade');
    if (opened) return socket.protocol;
    frames.length = 0;
    throw await explained(attempt);
  });

  try {
    await step('welcome', async () => {
      const welcome = await nextFrame('welcome', one => one.type === 'welcome');
      return `connection ${welcome.data.connectionId.slice(0, 8)} of ${welcome.data.user.displayName}`;
    });
    await step('echo', async () => {
      const echoes = (state.server?.types ?? []).includes('echo');
      socket.send(JSON.stringify({ type: echoes ? 'echo' : 'self.test', id: 't1', data: { text: 'Is anybody there?' } }));
      const answer = await nextFrame('answer', one => one.id === 't1');
      if (echoes ? answer.type === 'ack' : answer.error?.code === 'message_type_unknown')
        return echoes ? 'the message came back' : 'a message was read and answered';
      throw new StepFailed(answer.error ? `${answer.error.code}: ${answer.error.message}` : 'another answer: ' + answer.type);
    });
    await step('ping', async () => {
      const sent = performance.now();
      socket.send(JSON.stringify({ type: 'ping', id: 't2', data: { t: Date.now() } }));
      await nextFrame('pong', one => one.id === 't2' && one.type === 'pong');
      return `round trip ${(performance.now() - sent).toFixed(1)} ms`;
    });
  } finally {
    socket.onclose = null;
    socket.close(1000);
  }
}

// The browser does not say why; the server does.
async function explained(id) {
  const response = await fetch('diagnostics.json', { cache: 'no-store' });
  const found = response.ok && (await response.json()).attempts.find(one => one.id === id);
  if (!found) return new StepFailed('the upgrade never came to this server: a proxy or dev server does not forward it',
    "// vite.config.js\nserver: { proxy: { '/ws': { target: 'http://localhost:8080', ws: true } } }");
  return new StepFailed(`${found.code} at stage ${found.stage}: ${found.hint ?? found.title ?? ''}` + (found.fix ? `. ${found.fix}` : ''), found.paste);
}
