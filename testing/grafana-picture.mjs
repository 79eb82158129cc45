// Draws docs/grafana-dashboard.json as it would fill: each panel's own queries, answered by a Prometheus that scrapes servers.
// It is no Grafana: colours, axes and legends are of this file. Needs Node and a Prometheus that has run for some minutes:
//   node testing/grafana-picture.mjs http://127.0.0.1:9090 > docs/images/grafana-dashboard.svg
// A query that Prometheus refuses ends it with an error; a panel without data says so.
import { readFileSync } from 'node:fs';

const [prometheus, minutes = '10', until] = process.argv.slice(2);
if (!prometheus) throw new Error('usage: node testing/grafana-picture.mjs http://127.0.0.1:9090 [minutes [epoch seconds of the end]]');
const dashboard = JSON.parse(readFileSync(new URL('../docs/grafana-dashboard.json', import.meta.url)));
const end = Math.floor(Number(until ?? Date.now() / 1000));
const start = end - minutes * 60;
const STEP = 10;
const WIDE = 1320;
const COLUMN = WIDE / 24;
const ROW = 30;
const GAP = 8;
// Dark on white and told apart by dashes, too.
const COLOURS = ['#1f5fa8', '#b3541e', '#22733f', '#8a2b6b', '#5c5c5c', '#7a6200', '#3d3d9b', '#a3262f'];
const DASHES = ['', '6 3', '2 2', '9 3 2 3'];

async function ask(path, parameters) {
  const response = await fetch(`${prometheus}/api/v1/${path}?${new URLSearchParams(parameters)}`);
  const body = await response.json();
  if (body.status !== 'success') throw new Error(`${parameters.query}: ${body.error}`);
  return body.data.result;
}

const query = target => target.expr.replaceAll('$context', '.*').replaceAll('$__rate_interval', '1m');
const escaped = text => String(text).replace(/[&<>"]/g, one => `&#${one.charCodeAt(0)};`);

function legend(target, metric) {
  const named = (target.legendFormat || '').replace(/\{\{(\w+)}}/g, (_, label) => instance(metric[label] ?? '')).trim();
  return named || Object.values(metric).join(' ') || panelName(target);
}
const panelName = target => target.refId;
const instances = new Map();
// Ports of a test say nothing to a reader.
function instance(value) {
  if (!/^[\w.-]+:\d+$/.test(value)) return value;
  if (!instances.has(value)) instances.set(value, `server ${instances.size + 1}`);
  return instances.get(value);
}

function shown(value, unit) {
  if (!Number.isFinite(value)) return '–';
  if (unit === 'percentunit') return (value * 100).toFixed(value > .995 && value < 1 ? 2 : value < .1 ? 1 : 0) + ' %';
  if (unit === 's') return value >= 60 ? (value / 60).toFixed(1) + ' min' : value >= 1 ? value.toFixed(1) + ' s' : value >= .001 || !value ? (value * 1000).toFixed(value < .01 ? 1 : 0) + ' ms' : (value * 1e6).toFixed(0) + ' µs';
  const number = value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)));
  return number + (unit === 'ops' || unit === 'reqps' ? '/s' : '');
}

function ceiling(most) {
  if (!(most > 0)) return 1;
  const ten = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map(digit => digit * ten).find(one => one >= most * .999);
}

async function panel({ title, type, gridPos, targets = [], fieldConfig, options, description }) {
  const x = gridPos.x * COLUMN + GAP / 2;
  const y = gridPos.y * ROW + GAP / 2;
  const w = gridPos.w * COLUMN - GAP;
  const h = gridPos.h * ROW - GAP;
  if (type === 'row') return `<text x="${x + 4}" y="${y + 16}" font-weight="700">▾ ${escaped(title)}</text>`;
  const unit = fieldConfig?.defaults?.unit;
  const unitOf = one => fieldConfig?.overrides?.find(each => each.matcher.options === one.name)?.properties
    .find(each => each.id === 'unit')?.value ?? unit;
  const named = options?.textMode === 'value_and_name';
  const parts = [`<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="4" fill="#fff" stroke="#c9d3d6"/>`,
    `<text x="${x + 10}" y="${y + 20}" font-weight="600">${escaped(title)}</text>`];
  if (description) parts.unshift(`<desc>${escaped(description)}</desc>`);
  const series = [];
  for (const target of targets) {
    const found = await ask('query_range', { query: query(target), start, end, step: STEP });
    for (const { metric, values } of found) {
      const points = values.map(([at, value]) => [at, Number(value)]).filter(([, value]) => Number.isFinite(value));
      if (points.length) series.push({ name: legend(target, metric), points });
    }
  }
  const last = one => one.points[one.points.length - 1][1];
  if (!series.length) {
    parts.push(`<text x="${x + w / 2}" y="${y + h / 2 + 8}" text-anchor="middle" fill="#5a6b70">no data in this run</text>`);
  } else if (type === 'stat') {
    const each = h / (series.length + .6);
    series.slice(0, 4).forEach((one, i) => parts.push(`<text x="${x + w / 2}" y="${y + 32 + each * (i + .5)}" text-anchor="middle" font-size="${named ? 18 : 30}" fill="#12403f">${
      escaped(shown(last(one), unit) + (named ? ` ${one.name}` : ''))}</text>`));
  } else {
    series.sort((a, b) => last(b) - last(a));
    const legends = Math.min(series.length, 6);
    const box = { x: x + 62, y: y + 32, w: w - 74, h: h - 32 - 22 - 15 * Math.ceil(legends / 2) };
    const top = ceiling(Math.max(...series.flatMap(one => one.points.map(([, value]) => value))));
    for (const part of [0, .5, 1]) {
      const at = box.y + box.h * (1 - part);
      parts.push(`<path d="M${box.x} ${at}h${box.w}" stroke="#dde4e6"/><text x="${box.x - 6}" y="${at + 4}" text-anchor="end" class="s">${shown(top * part, unit)}</text>`);
    }
    parts.push(`<text x="${box.x}" y="${box.y + box.h + 14}" class="s">${minutes} min earlier</text><text x="${box.x + box.w}" y="${box.y + box.h + 14}" text-anchor="end" class="s">now</text>`);
    series.slice(0, 12).forEach((one, i) => {
      const dash = DASHES[i % DASHES.length];
      const style = `stroke="${COLOURS[i % COLOURS.length]}" fill="none" stroke-width="1.6"${dash ? ` stroke-dasharray="${dash}"` : ''}`;
      let before = -Infinity;
      const d = one.points.map(([at, value]) => {
        const go = at - before > STEP * 1.5 ? 'M' : 'L';
        before = at;
        return `${go}${(box.x + box.w * (at - start) / (end - start)).toFixed(1)} ${(box.y + box.h * (1 - Math.min(1, value / top))).toFixed(1)}`;
      }).join('');
      parts.push(`<path d="${d}" ${style}/>`);
      if (i < legends) {
        const lx = x + 12 + (i % 2) * (w / 2);
        const ly = y + h - 9 - 15 * (Math.ceil(legends / 2) - 1 - Math.floor(i / 2));
        const more = i === legends - 1 && series.length > legends ? ` and ${series.length - legends} more` : '';
        const text = `${one.name} ${shown(last(one), unitOf(one))}${more}`;
        parts.push(`<path d="M${lx} ${ly - 4}h18" ${style}/><text x="${lx + 23}" y="${ly}" class="s">${escaped(text.length > 34 ? text.slice(0, 33) + '…' : text)}</text>`);
      }
    });
  }
  return `<g><title>${escaped(title)}</title>${parts.join('')}</g>`;
}

const high = Math.max(...dashboard.panels.map(one => one.gridPos.y + one.gridPos.h)) * ROW + GAP;
const drawn = [];
for (const one of dashboard.panels) drawn.push(await panel(one));
process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDE} ${high}" role="img" aria-label="The panels of the dashboard with data of a test run" font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="13" fill="#14272d">
<style>.s{font-size:11px;fill:#4c646c}</style>
<rect width="${WIDE}" height="${high}" fill="#f1f5f6"/>
${drawn.join('\n')}
</svg>
`);
