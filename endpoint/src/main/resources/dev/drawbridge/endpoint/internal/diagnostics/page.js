const state = {};
const STAGES = ['received', 'origin', 'credential', 'token', 'user', 'limits', 'upgraded', 'welcome', 'closed'];
const LEVELS = { open: 'ok', refused: 'error', pending: 'busy', closed: '' };

const draw = {
  serverTime(at) {
    clockOffset = at - Date.now();
    const apart = Math.abs(clockOffset) < 2000 ? ''
      : ` This browser’s clock is ${duration(Math.round(clockOffset / 1000) * 1000)} ${clockOffset < 0 ? 'ahead of' : 'behind'} the server’s; ages are by the server’s.`;
    const said = `Times of day are those of ${Intl.DateTimeFormat().resolvedOptions().timeZone}.${apart}`;
    if ($('clock').textContent !== said) $('clock').textContent = said;
  },
  verdict(v) {
    const host = $('verdict');
    host.dataset.level = v.level;
    host.dataset.code = v.code;
    host.replaceChildren(
      h('h2', null, v.title, v.level === 'ok' ? null : pill(v.level, v.code)),
      h('p', null, v.cause),
      ...(v.code === 'all_well' ? [] : fix(v.fix, v.paste).filter(Boolean)));
    document.title = (v.level === 'ok' ? '' : '● ') + v.title + ' · Drawbridge diagnostics';
  },
  findings(all) {
    const others = all.filter(one => one.code !== state.verdict.code);
    $('findings').hidden = $('nav-findings').hidden = !others.length;
    keyed($('finding-list'), others, one => one.code + one.title, one => h('div', { class: 'finding', 'data-code': one.code },
      h('h3', null, one.title, pill(one.level, one.code), one.count > 1 ? h('span', { class: 'count' }, '× ' + one.count) : null),
      h('p', null, one.cause), fix(one.fix, one.paste)));
  },
  server(s) {
    $('endpoint').textContent = s.path;
    $('mode').hidden = false;
    $('mode').textContent = s.draining ? 'draining' : s.mode;
    $('server').textContent = `${s.container} · transport ${s.transport.way} (${s.transport.why}${s.transport.weaker ? '; ' + s.transport.weaker : ''}${s.transport.quicker ? '; quicker: ' + s.transport.quicker : ''}) · Java ${s.java} · types: ${s.types.join(', ') || 'none'} · keys ${s.keysReady ? 'ready' : 'not ready'}`;
  },
  attempts(all) {
    keyed($('attempt-list'), all, one => one.requestId, attempt,
      'Nobody has tried yet. Open your page, or run the self-test.');
    const subjects = [...new Set(all.map(one => one.subject).filter(Boolean))];
    keyed($('test-users'), subjects, one => one, one => h('option', { value: one }));
    if (!$('test-user').value && subjects.length && document.activeElement !== $('test-user')) $('test-user').value = subjects[0];
  },
  trend: drawTrend,
  attemptsTotal(n) { $('attempts-count').textContent = n; },
  connectionsTotal(n) { $('connections-count').textContent = n; },
  connections(all) {
    keyed($('connection-list'), all, one => one.id, connection, 'No connection is open.');
  },
  disabled(all) {
    keyed($('disabled'), all, one => one, subject => h('div', { class: 'finding' },
      h('h3', null, name(subject), pill('warning', 'disabled here'),
        h('button', { type: 'button', 'data-action': 'enable', onclick: () => press('enable', { subject }) }, 'Enable')),
      h('p', { class: 'soft' }, 'New connections of this user are refused by this process. Nothing was written to the database.')));
  },
  heartbeat(b) {
    $('heartbeat').replaceChildren(facts([
      ['Ping after', duration(b.intervalMs) + ' of silence'], ['Answer within', duration(b.graceMs)],
      ['Container’s idle limit', duration(b.idleTimeoutMs)], ['Pings sent', String(b.pingsSent)],
      ['In time / late', `${b.answeredInTime} / ${b.answeredLate}`],
      ['Reliability', b.reliability === null ? 'no ping sent yet' : (b.reliability * 100).toFixed(1) + ' %']]));
  },
  cluster(c) {
    const w = c.window;
    const of = (n, most, unit = '') => `${n}${unit} of ${most}${unit}`;
    $('channels-count').textContent = c.channels;
    const alone = c.status === 'none';
    const down = c.status === 'down';
    const state = { up: 'ok', none: 'ok', behind: 'warning', down: 'error' }[c.status];
    $('cluster-engine').replaceChildren(facts([
      ['Engine', [`${c.engine} ${c.version} `, pill(state, alone ? 'this server alone' : c.status), ' for ', age(c.since)]],
      ['Reason', c.reason],
      ['Other servers', alone ? 'hear nothing of what is published here: a second one needs DRAWBRIDGE_CLUSTER' : null],
      ['Servers', alone ? null : [`${c.nodes}${down ? ' when last reached' : ''}; this one is `, code(c.node)]],
      ['The log is at', c.epoch === null ? 'nothing: it is not open yet' : [code(c.seq), ' of epoch ', code(c.epoch)]],
      ['Not read yet', alone || c.head === null || c.seq === null ? null
        : down ? 'not known while it is down' : `${Math.max(0, c.head - c.seq)} entries`],
      ['A publish took', alone || !c.appends.ok ? null : `${c.lagMs < 1 ? 'less than 1 ms' : duration(c.lagMs)}, the last of this server`],
      ['Limit of a user', c.places?.scope !== 'cluster' ? null : [`${c.places.perUser} connections on all servers together; ${c.places.here} are here `,
        c.places.alone ? pill('warning', 'counted on each server by itself: ' + c.places.alone) : null]],
      ['Continuity lost', Object.keys(c.resets).length ? Object.entries(c.resets).map(([why, n]) => h('div', null, `${n} × `, code(why))) : 'not since the start'],
      ['Look at', c.warnings.map(one => h('div', null, one))],
      ['Rules', c.rules.length ? c.rules.flatMap((one, i) => [i ? ', ' : null, code(one)]) : 'none: clients get channel_unknown']]));
    servers(c, alone);
    $('cluster-window').replaceChildren(facts([
      ['Messages', of(w.entries, w.maxEntries)], ['Bytes', of(Math.round(w.bytes / 1024), Math.round(w.maxBytes / 1024), ' kB')],
      ['Reaches back', w.oldestAt === null ? 'nothing to replay yet' : [age(w.oldestAt), ` of ${duration(w.maxAgeMs)}`]],
      ['Channels in it', String(w.channels)]]));
    const a = c.appends;
    $('cluster-appends').replaceChildren(facts([
      ['In the log', `${a.ok} of this server, ${a.duplicate} more were repeats`], ['Waiting', String(a.waiting)],
      ['Refused', [`${a.unavailable} `, code('engine_unavailable')]], ['Unknown', [`${a.unknown} `, code('publish_unknown')]],
      ['Delivered', `${c.deliveries} frames`],
      ['Here now', `${c.subscriptions} subscriptions to ${c.channels} channels, ${c.members} members told to others`]]));
    const failed = Object.entries(c.resumes.failed);
    $('cluster-resumes').replaceChildren(facts([
      ['Went on', `${c.resumes.resumed}, with ${c.resumes.replayed} frames replayed`],
      ['Load anew', failed.length ? failed.map(([why, n]) => h('div', null, `${n} × `, code(why))) : 'none']]));
  },
  closes(all) {
    $('closes').replaceChildren(all.length
      ? table(['Code', 'Reason', 'By', '#Count', 'Means', 'What to do'],
        all.map(c => [code(c.code || 'other'), c.reason ? code(c.reason) : '–', c.by, c.count, c.meaning, c.fix]), true)
      : h('p', { class: 'soft' }, 'No connection has ended yet.'));
  },
  database(d) {
    $('database').replaceChildren(!d ? h('p', { class: 'soft' }, 'The application brings its users itself.') : facts([
      ['Status', pill({ up: 'ok', degraded: 'warning' }[d.status] ?? 'error', d.status)], ['Reason', d.reason],
      ['In use / idle / most', `${d.active} / ${d.idle} / ${d.max}`], ['Waiting', String(d.waiting)],
      ['Handed out', `${d.acquired}, in ${millis(d.meanAcquireMicros)} on average`],
      ['Turned away', `${d.busy} busy, ${d.unavailable} out of reach`], ['Leaks', String(d.leaks)]]));
  },
  users(u) {
    $('users').replaceChildren(facts([
      ['Source', pill(u.sourceAway ? 'error' : 'ok', u.sourceAway ? 'left alone after failures' : 'answers')],
      ['Cached', `${u.cached} users, ${u.absent} known absent`], ['Hits / loads', `${u.hits} / ${u.loads}`],
      ['Failed loads', String(u.loadFailures)], ['Stale answers', String(u.staleAnswers)],
      ['Without answer', String(u.unavailable)], ['Invalidations', String(u.invalidations)]]));
  },
  tokens(t) {
    $('tokens').replaceChildren(facts([['Remembered', String(t.cached)], ['Known / verified anew', `${t.hits} / ${t.misses}`]]));
  },
  origins(o) {
    const refused = Object.entries(o?.requestsRefused ?? {});
    $('origins').replaceChildren(!o ? h('p', { class: 'soft' }, 'DevCorsFilter is not there.') : facts([
      ['Allowed', o.allowed ? o.allowed.map(one => h('div', null, code(one))) : null],
      ['Requests let in', `${o.requestsAllowed}, ${o.preflights} of them preflights`],
      ['Refused', refused.length ? refused.map(([why, n]) => h('div', null, `${n} × ${why}`)) : 'none']]));
  },
  settings(all) {
    const some = $('setting-filter').value === 'all' ? all : all.filter(one => one.source !== 'default');
    $('setting-table').replaceChildren(table(['Name', 'Value', 'Source', 'Meaning'],
      some.map(s => [code(s.name), s.value === null ? '–' : code(s.value), s.source, s.meaning.replaceAll('`', '')]), true));
  },
};

const SERVERS = {
  here: ['ok', 'this server'], up: ['ok', 'reachable'], late: ['warning', 'late: it should have been heard of by now'],
  gone: ['error', 'gone: its lease has ended'], unknown: ['warning', 'not known: this server has not reached the engine lately'],
};

function servers(c, alone) {
  const all = c.servers ?? [];
  $('cluster-count').textContent = c.serversTotal > all.length ? `${all.length} of ${c.serversTotal}` : all.length;
  const own = all.find(one => one.state === 'here');
  $('trend-node').replaceChildren(...alone ? [] : ['Of this server alone, ', own?.host ? own.host + ' ' : '', code(c.node), '. ']);
  const unknown = h('span', { class: 'soft' }, 'not told');
  $('cluster-servers').replaceChildren(table(['Server', 'State', 'Last heard', 'Up for', 'Version', '#Connections'], all.map(one => [
    [h('b', null, name(one.host ?? 'A server')), one.pid === null ? null : ` process ${one.pid} `, ' ', code(one.node)],
    pill(...SERVERS[one.state] ?? ['', one.state]), one.seenAt === null ? 'now' : age(one.seenAt, ' ago'),
    one.startedAt === null ? unknown.cloneNode(true) : age(one.startedAt), one.version ?? unknown.cloneNode(true),
    one.connections === null ? unknown.cloneNode(true) : count(one.connections)]), true));
}

function attempt(a) {
  const last = a.stages.reduce((most, one) => Math.max(most, one.stage === 'closed' ? 0 : one.micros), 0);
  const t = a.token;
  // Any number may stand in a token that nobody has checked.
  const second = s => s === null ? null : Math.abs(s) > 8.64e12 ? `${s}, which is no time` : new Date(s * 1000).toLocaleString();
  return h('details', { class: 'row', 'data-attempt': a.id, 'data-code': a.code },
    h('summary', null, pill(LEVELS[a.verdict], a.verdict), age(a.startedAt, ' ago'),
      h('span', { class: 'grow' }, a.code === 'ok' ? null : [code(a.code), ' '],
        h('span', { class: 'soft' }, a.subject ? [name(a.subject), ' · '] : null, a.origin === null ? 'no Origin' : name(a.origin))),
      h('span', { class: 'num soft' }, micros(last))),
    h('div', { class: 'body' },
      timeline(a),
      a.title ? h('p', null, h('b', null, a.title)) : null, a.hint ? h('p', null, a.hint) : null, fix(a.fix, a.paste),
      h('div', { class: 'split' },
        h('div', null, h('h3', null, 'Request'), facts([
          ['Origin', a.origin === null ? 'none' : code(a.origin)], ['Rule', a.originRule ? code(a.originRule) : a.originReason ? 'none: ' + a.originReason : 'no Origin to judge'],
          ['Path', code(`${a.method} ${a.path}`)], ['Protocol', a.protocol], ['Host', a.host && code(a.host)], ['Peer', a.remote],
          ['Page', a.page], ['User agent', a.userAgent], ['Client', a.client], ['Subprotocols', a.subprotocols.join(', ')],
          ['Proxy headers', a.forwarding.join(', ')], ['Filters', [...a.filters, a.servlet].filter(Boolean).join(' → ') || 'none of ours'],
          ['Attempt', code(a.id)], ['Request id', code(a.requestId)]])),
        h('div', null, h('h3', null, 'Token ', t ? pill(t.verified ? 'ok' : 'error', t.verified ? 'verified' : 'not verified') : null),
          t ? facts([['Came by', a.transport], ['alg', t.alg], ['kid', t.kid], ['typ', t.typ], ['iss', t.iss && code(t.iss)], ['aud', t.aud.length ? code(t.aud.join(', ')) : null],
            ['sub', t.sub && code(t.sub)], ['iat', second(t.iat)], ['nbf', second(t.nbf)], ['exp', second(t.exp)],
            ['Time left then', t.leftMs === null ? null : (t.leftMs < 0 ? 'expired ' + duration(t.leftMs) + ' before' : duration(t.leftMs))],
            ['Clock', t.skewMs === null ? null : t.skewMs > 1000 ? `issuer is ${duration(t.skewMs)} ahead` : 'not ahead of this server’s']])
            : h('p', { class: 'soft' }, a.transport ? `came by ${a.transport}, but cannot be read` : 'none was looked at')))));
}

function resumed(r) {
  return [pill(r.resumed ? 'ok' : 'warning', r.resumed ? 'complete' : r.reason), ' ', age(r.at, ' ago'),
    r.resumed ? `: ${r.replayed} frames replayed from ` : ': from ', code(`${r.from.epoch} / ${r.from.seq}`), ' on, now at ', code(`${r.position.epoch} / ${r.position.seq}`)];
}

function channelNames(c) {
  if (!c.channels?.length) return null;
  return [...c.channels.flatMap((one, i) => [i ? ', ' : null, code(one)]),
    h('span', { class: 'soft' }, c.cursor ? ` · written up to ${c.cursor.seq}` : ' · frames wait')];
}

function connection(c) {
  const button = (action, text, danger) => h('button', { type: 'button', class: danger ? 'danger' : null, 'data-action': action,
    onclick: () => press(action, { connection: c.id }) }, text);
  return h('div', { class: 'row', 'data-connection': c.id, 'data-subject': c.subject },
    h('div', { class: 'body top' },
      h('p', null, h('b', null, name(c.displayName)), ' ',
        h('span', { class: 'soft' }, name(c.subject), ' · ', c.origin === null ? 'no Origin' : name(c.origin), ' · open for '), age(c.openedAt)),
      facts([['Round trip', c.roundTripMicros === null ? 'not measured yet' : millis(c.roundTripMicros)],
        ['Queue', c.queueFrames ? `${c.queueFrames} frames, ${c.queueBytes} bytes, the oldest ${duration(c.oldestMs)}` : 'empty'],
        ['Token expires', age(c.tokenExpiresAt, 'left')],
        ['Channels', channelNames(c)], ['Last resume', c.lastResume ? resumed(c.lastResume) : null]]),
      h('div', { class: 'actions' }, button('ping', 'Ping'), button('expire', 'Expire token'), button('drop', 'Drop', true), button('disable', 'Disable user', true)),
      h('details', null, h('summary', { class: 'soft' }, 'Frames and more'),
        facts([['Peer', c.remote], ['Page', c.page], ['User agent', c.userAgent], ['Client', c.client], ['Came by', c.transport], ['Attempt', c.attempt && code(c.attempt)], ['Connection', code(c.id)]]),
        table(['Way', 'Type', 'Id', '#Bytes', '#Age'], c.frames.map(f => [f.direction === 'in' ? '→ in' : '← out',
          [code(f.type ?? 'no message'), f.code ? [' ', pill('error', f.code)] : null], f.id ? code(f.id) : '', f.bytes, age(f.at)])))));
}

async function press(action, body) {
  const response = await fetch('diagnostics/' + action, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  if (!response.ok) live('error', (await response.json().catch(() => ({}))).code ?? 'failed');
}

function live(level, text) {
  $('live').className = 'chip ' + level;
  // Written again, it would be read out again.
  if ($('live').textContent !== text) $('live').textContent = text;
}

function update(changes) {
  Object.assign(state, changes);
  for (const name of Object.keys(changes)) draw[name]?.(state[name]);
  if (changes.verdict && state.findings) draw.findings(state.findings);
}

// The server says something every 2 s. One that stands still ends no connection, so silence alone tells.
const SILENT_MS = 5000;
const GIVE_UP_MS = 12000;
let heardAt = performance.now();
let heardOnce = false;
let refused = null;

function listen() {
  const events = new EventSource('diagnostics/events');
  const since = performance.now();
  const watch = setInterval(() => {
    if (performance.now() - Math.max(since, heardAt) > GIVE_UP_MS) again(0);
  }, 1000);
  function again(afterMs) {
    clearInterval(watch);
    events.close();
    setTimeout(listen, afterMs);
  }
  events.onerror = async () => {
    // A refusal ends it for good; a server that starts again is tried again.
    if (events.readyState !== EventSource.CLOSED) return;
    clearInterval(watch);
    refused = await whyNot();
    watchSilence();
    again(refused ? 5000 : 2000);
  };
  events.addEventListener('update', event => {
    heardAt = performance.now();
    heardOnce = true;
    refused = null;
    update(JSON.parse(event.data));
    watchSilence();
  });
}

// What the browser does not say of a refused stream.
async function whyNot() {
  try {
    const response = await fetch('diagnostics.json', { cache: 'no-store', signal: AbortSignal.timeout(5000) });
    if (response.ok) return null;
    const { code } = await response.json().catch(() => ({}));
    return code === 'dev_key_required' ? 'key' : response.status === 404 ? 'none' : null;
  } catch {
    return null;
  }
}

const REFUSED = {
  key: ['another start, another key', 'The server has been started anew, with a new key: open the link that its log shows behind “Diagnostics:”.'],
  none: ['no such page any more', 'The server answers, and has no diagnostics page any more: it runs in production, or something else answers in its place.'],
};

function watchSilence() {
  const silent = performance.now() - heardAt;
  const away = silent > SILENT_MS;
  if (refused) live('error', REFUSED[refused][0]);
  else if (away) live('error', 'server away, trying again');
  else if (heardOnce) live('ok', 'live');
  $('stale').hidden = !refused && !away;
  if ($('stale').hidden) return;
  const of = heardOnce ? ` What stands here is of ${new Date(Date.now() - silent).toLocaleTimeString()}.` : '';
  $('stale').textContent = (refused ? REFUSED[refused][1] : `Nothing was heard of the server for ${duration(silent)}.`) + of;
}

setInterval(watchSilence, 1000);

$('test-form').addEventListener('submit', async event => {
  event.preventDefault();
  const steps = $('test-steps');
  const result = $('test-result');
  const user = $('test-user').value.trim();
  const own = $('test-token').value.trim();
  steps.replaceChildren();
  result.className = 'result';
  delete result.dataset.state;
  if (!user && !own) {
    result.textContent = 'Name a user that exists: the test connects with a dev token of theirs.';
    $('test-user').focus();
    return;
  }
  result.textContent = '';
  $('test-run').disabled = true;
  let current = '';
  const step = async (name, work) => {
    current = name;
    const mark = h('span', { class: 'mark', 'aria-hidden': 'true' }, '…');
    const said = h('span', { class: 'said' });
    const time = h('span', { class: 'num soft' });
    const item = h('li', { 'data-step': name, 'data-state': 'running' }, mark, h('b', null, name), said, time);
    steps.append(item);
    const started = performance.now();
    const ended = (outcome, sign, text) => {
      item.dataset.state = outcome;
      item.className = outcome === 'failed' ? 'error' : '';
      mark.textContent = sign;
      said.textContent = text;
      time.textContent = (performance.now() - started).toFixed(0) + ' ms';
    };
    try {
      ended('passed', '✓', await work());
    } catch (e) {
      ended('failed', '✗', e.message);
      if (e.snippet) item.append(paste(e.snippet));
      throw e;
    }
  };
  const started = performance.now();
  try {
    await selfTest(user, own, step);
    result.textContent = `All six steps passed in ${(performance.now() - started).toFixed(0)} ms.`;
    result.dataset.state = 'passed';
  } catch {
    result.textContent = `It fails at ${current}.`;
    result.dataset.state = 'failed';
  }
  $('test-run').disabled = false;
});

$('setting-filter').addEventListener('change', () => draw.settings(state.settings));
listen();
