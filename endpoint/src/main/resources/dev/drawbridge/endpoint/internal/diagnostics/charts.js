// The last ten minutes as small charts, and the stages of an attempt as a timeline. Lines differ by solid and dashed, what is
// refused by shape and words, so colour is not needed; all numbers stand in a table, too.
const SVG = 'http://www.w3.org/2000/svg';
const HIGH = 40;

function svg(tag, props, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(props)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

const FIRST = 'The first numbers come within 5 s.';
const count = n => Math.round(n).toLocaleString('en');
const rate = (n, t) => {
  const second = n * 1000 / t.periodMs;
  return (second > 0 && second < 10 ? second.toFixed(1) : count(second)) + '/s';
};

function micros(n) {
  if (n < 1000) return Math.round(n) + ' µs';
  if (n < 1e6) return (n / 1000).toFixed(n < 10000 ? 1 : 0) + ' ms';
  return n < 6e7 ? (n / 1e6).toFixed(n < 1e7 ? 1 : 0) + ' s' : duration(n / 1000);
}

// least: what the axis shows at least, so that noise does not look like a storm.
const CHARTS = [
  { id: 'connections', title: 'Connections', least: 5, show: count, none: 'no number', lines: [['connections', 'open']] },
  { id: 'messages', title: 'Messages', least: 5, show: rate, none: 'no number', lines: [['received', 'in'], ['sent', 'out']] },
  { id: 'trips', title: 'Round trips', least: 1000, show: micros, none: 'not measured', lines: [['roundTripMicros', 'median'], ['slowestMicros', 'slowest']] },
  { id: 'refused', title: 'Refused handshakes', least: 5, show: count, none: 'no number', bars: true, lines: [['refused', 'refused'], ['welcomed', 'welcomed']] },
];

const charts = new Map(CHARTS.map(one => [one.id, chart(one)]));
$('charts').append(...[...charts.values()].map(one => one.node));

function chart(definition) {
  const id = 'chart-' + definition.id;
  const shapes = definition.lines.slice(0, definition.bars ? 1 : 2).map((line, i) =>
    svg('path', { class: definition.bars ? 'bars' : 'line' + i, 'vector-effect': 'non-scaling-stroke' }));
  const cursor = svg('path', { class: 'cursor', 'vector-effect': 'non-scaling-stroke' });
  const grid = svg('path', { class: 'grid-lines', 'vector-effect': 'non-scaling-stroke' });
  const plot = svg('svg', { class: 'plot', viewBox: `0 0 120 ${HIGH}`, preserveAspectRatio: 'none', role: 'img',
    'aria-labelledby': `${id}-title ${id}-said` }, grid, ...shapes.slice().reverse(), cursor);
  const most = h('span', null, ' ');
  const values = definition.lines.map(() => h('b', { class: 'num' }, '–'));
  const said = h('p', { class: 'said', id: id + '-said' }, FIRST);
  const from = h('span', null, ' ');
  const to = h('span', { class: 'num' }, ' ');
  const swatch = i => definition.bars && i ? h('span', { class: 'swatch' }) : svg('svg', { class: 'swatch', viewBox: '0 0 24 10', 'aria-hidden': 'true' },
    definition.bars ? svg('path', { class: 'bars', d: 'M4 10V3h4v7zM12 10V0h4v10z' }) : svg('path', { class: 'line' + i, d: 'M0 5H24' }));
  const node = h('figure', { class: 'card chart', id, 'aria-labelledby': id + '-title' },
    h('h3', { id: id + '-title' }, definition.title),
    h('p', { class: 'key' }, definition.lines.map(([, name], i) => h('span', null, swatch(i), ' ', name, ' ', values[i]))),
    h('div', { class: 'axes' }, h('div', { class: 'y num', 'aria-hidden': 'true' }, most, h('span', null, '0')), plot,
      h('div', { class: 'x', 'aria-hidden': 'true' }, from, to)),
    said);
  const one = { definition, node, shapes, cursor, grid, plot, most, values, said, from, to, at: null };
  plot.addEventListener('pointermove', event => {
    const box = plot.getBoundingClientRect();
    one.at = box.width ? Math.min(.999, Math.max(0, (event.clientX - box.left) / box.width)) : null;
    read(one);
  });
  plot.addEventListener('pointerleave', () => { one.at = pinned; read(one); });
  return one;
}

// What the pointer reads in one chart, keys and fingers read in all of them at once. Null is the newest sample.
let pinned = null;
const reader = $('trend-at');
reader.addEventListener('input', () => {
  const last = Number(reader.max);
  const at = Number(reader.value);
  pinned = at === last ? null : (at + .5) / (last + 1);
  charts.forEach(one => { one.at = pinned; read(one); });
  sayWhere();
});

// Whoever sees no cursor hears the sample: when it was, and each number with its name.
function sayWhere() {
  const t = state.trend;
  if (!t || t.at === null) return;
  const at = Number(reader.value) - (t.samples - t.connections.length);
  const when = at < 0 ? 'before the start' : pinned === null ? 'the newest, ' + clockAt(t, at) : clockAt(t, at);
  $('trend-when').textContent = when;
  reader.setAttribute('aria-valuetext', when + [...charts.values()].map(({ definition, values }) =>
    `; ${definition.title}: ` + definition.lines.map(([, name], i) => `${name} ${values[i].textContent}`).join(', ')).join(''));
}

// 1, 2, 5, 10 and so on: the axis moves seldom.
function ceiling(most, least) {
  for (let ten = Math.pow(10, Math.floor(Math.log10(least))); ; ten *= 10)
    for (const digit of [1, 2, 5]) if (digit * ten >= Math.max(most, least)) return digit * ten;
}

// A step for each sample; what is missing stays empty.
function steps(values, left, y) {
  let path = '';
  values.forEach((value, i) => {
    if (value === null) return;
    path += values[i - 1] == null ? `M${left + i} ${y(value)}h1` : `V${y(value)}h1`;
  });
  return path;
}

const columns = (values, left, y) => values.map((value, i) => value ? `M${left + i + .1} ${HIGH}V${y(value)}h.8V${HIGH}z` : '').join('');

const clockAt = (t, i) => new Date(t.at - (t.connections.length - 1 - i) * t.periodMs).toLocaleTimeString();

function drawChart(one, t) {
  const { definition } = one;
  const lines = definition.lines.map(([name]) => t[name]);
  const drawn = lines.slice(0, one.shapes.length);
  const top = ceiling(Math.max(0, ...drawn.flat().filter(value => value !== null)), definition.least);
  // What is there is seen, however small it is beside the rest.
  const y = value => value === 0 ? HIGH : Math.min(HIGH - 1.5, HIGH - value * (HIGH - 1) / top).toFixed(2);
  const left = t.samples - t.connections.length;
  one.plot.setAttribute('viewBox', `0 0 ${t.samples} ${HIGH}`);
  one.grid.setAttribute('d', `M0 1H${t.samples}M0 ${(HIGH + 1) / 2}H${t.samples}M0 ${HIGH - .25}H${t.samples}` + (left ? `M${left} 0V${HIGH}` : ''));
  one.shapes.forEach((shape, i) => shape.setAttribute('d', (definition.bars ? columns : steps)(drawn[i], left, y)));
  one.most.textContent = definition.show(top, t);
  one.from.textContent = '−' + duration(t.samples * t.periodMs).replace(' 0 s', '');
  one.to.textContent = t.at === null ? ' ' : new Date(t.at).toLocaleTimeString();
  read(one);
}

// The newest sample, or the one under the pointer; and the ten minutes in words.
function read(one) {
  const t = state.trend;
  if (!t) return;
  const { definition } = one;
  if (t.at === null) {
    one.values.forEach(value => { value.textContent = '–'; });
    one.cursor.setAttribute('d', '');
    one.said.textContent = FIRST;
    return;
  }
  const n = t.connections.length;
  const left = t.samples - n;
  const at = one.at === null ? n - 1 : Math.floor(one.at * t.samples) - left;
  const known = at >= 0 && t.connections[at] !== null;
  const here = definition.lines.map(([name]) => known ? t[name][at] : null);
  here.forEach((value, i) => { one.values[i].textContent = value === null ? (known ? definition.none : '–') : definition.show(value, t); });
  one.cursor.setAttribute('d', one.at === null || at < 0 ? '' : `M${left + at + .5} 0V${HIGH}`);
  one.said.textContent = one.at === null ? inWords(definition, t)
    : at < 0 ? 'before the start of this server' : clockAt(t, at) + (known ? '' : ': no sample, the process stood still');
}

function inWords(definition, t) {
  const all = name => t[name].filter(value => value !== null);
  const sum = name => all(name).reduce((total, value) => total + value, 0);
  if (definition.bars) {
    const refused = sum('refused');
    return `${count(refused)} refused and ${count(sum('welcomed'))} welcomed` + (refused ? `; most at ${clockAt(t, t.refused.indexOf(Math.max(...all('refused'))))}` : '');
  }
  const name = definition.lines[definition.lines.length - 1][0];
  const values = all(name);
  if (!values.length) return definition.none === 'not measured' ? 'No ping was answered yet.' : 'No number yet.';
  const most = Math.max(...values);
  const when = clockAt(t, t[name].indexOf(most));
  if (definition.id === 'messages')
    return `${count(sum('received'))} in, ${count(sum('sent'))} out` + (most ? `; most out at ${when}: ${rate(most, t)}` : '');
  return definition.id === 'trips' ? `slowest ${micros(most)} at ${when}` : most ? `between ${count(Math.min(...values))} and ${count(most)}; most at ${when}` : 'none was open';
}

function drawTrend(t) {
  const n = t.connections.length;
  const missing = t.connections.filter(value => value === null).length;
  const started = n && n < t.samples ? ` The server started ${duration(n * t.periodMs).replace(' 0 s', '')} before the newest.` : '';
  $('trend-of').textContent = `One sample in ${duration(t.periodMs)}.${started}${missing ? ` ${missing} missing: the process stood still.` : ''}`;
  charts.forEach(one => drawChart(one, t));
  reader.disabled = !n;
  reader.max = t.samples - 1;
  if (pinned === null) reader.value = reader.max;
  // Who stands on it would be told of each new sample.
  if (document.activeElement !== reader) sayWhere();
  if ($('trend-numbers').open) drawNumbers(t);
}

// One row for each minute, the newest first.
function drawNumbers(t) {
  if (!t) return;
  const each = Math.max(1, Math.round(60000 / t.periodMs));
  const rows = [];
  for (let end = t.connections.length; end > 0; end -= each) {
    const from = Math.max(0, end - each);
    const some = name => t[name].slice(from, end).filter(value => value !== null);
    const sum = name => some(name).length ? count(some(name).reduce((total, value) => total + value, 0)) : '–';
    const most = (name, show) => some(name).length ? show(Math.max(...some(name))) : '–';
    const trips = some('roundTripMicros').sort((a, b) => a - b);
    rows.push([clockAt(t, end - 1), most('connections', count), sum('received'), sum('sent'),
      trips.length ? micros(trips[(trips.length - 1) >> 1]) : '–', most('slowestMicros', micros), sum('welcomed'), sum('refused')]);
  }
  $('trend-table').replaceChildren(table(
    ['Minute until', '#Connections, most', '#Messages in', '#Messages out', '#Round trip, median', '#Slowest', '#Welcomed', '#Refused'], rows, true));
}

$('trend-numbers').addEventListener('toggle', () => { if ($('trend-numbers').open) drawNumbers(state.trend); });

const WORDS = { passed: '✓', refused: '✗', waiting: '…', missed: '·', over: '■' };

// Each stage from where the one before ended; the end of the connection is a word, for it may be hours away.
function timeline(a) {
  const times = new Map(a.stages.map(one => [one.stage, one.micros]));
  const whole = Math.max(1, ...a.stages.filter(one => one.stage !== 'closed').map(one => one.micros));
  let before = 0;
  let waits = a.verdict === 'pending';
  let longest = null;
  const rows = STAGES.filter(stage => stage !== 'received' && (stage !== 'closed' || times.has('closed'))).map(stage => {
    const to = times.get(stage);
    let is = 'missed';
    let said = 'not reached';
    let from = before;
    if (stage === 'closed') {
      is = 'over';
      said = `after ${duration(to / 1000)}` + (a.stage === 'closed' && a.code !== 'ok' ? `: ${a.code}` : '');
    } else if (to !== undefined) {
      is = a.verdict === 'refused' && a.stage === stage ? 'refused' : 'passed';
      said = is === 'refused' ? `refused after ${micros(to - from)}: ${a.code}` : micros(to - from);
      if (!longest || to - from > longest.took) longest = { stage, took: to - from };
      before = to;
    } else if (waits) {
      is = 'waiting';
      said = 'waited for';
      waits = false;
    }
    const drawn = is === 'passed' || is === 'refused';
    return h('li', { 'data-stage': stage, 'data-state': is },
      h('span', { class: 'mark', 'aria-hidden': 'true' }, WORDS[is]), h('b', null, stage),
      svg('svg', { class: 'track', viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
        svg('path', { class: 'rail', d: 'M0 5H100', 'vector-effect': 'non-scaling-stroke' }),
        ...(drawn ? [svg('rect', { class: is, x: Math.min(98.5, from * 100 / whole).toFixed(2), y: 1, height: 8,
          width: Math.max(1.5, (to - from) * 100 / whole).toFixed(2), 'vector-effect': 'non-scaling-stroke' })] : [])),
      h('span', { class: 'num' }, said));
  });
  return [h('ol', { class: 'timeline', 'aria-label': 'Stages, and how long each took' }, rows),
    longest ? h('p', { class: 'soft small' }, `${micros(whole)} in all; ${longest.stage} took longest, ${micros(longest.took)}.`) : null];
}
