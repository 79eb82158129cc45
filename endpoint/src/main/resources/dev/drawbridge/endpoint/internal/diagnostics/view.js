// Everything shown here was written by strangers: it becomes text, never markup.
const $ = id => document.getElementById(id);

function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'class') node.className = value;
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

// What is not seen, or turns the text around it, is shown by its number: a subject with a blank of no width is another one.
const visible = text => typeof text === 'string'
  ? text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    one => '‹U+' + one.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0') + '›')
  : text;
const code = text => h('code', null, visible(text));
const name = text => h('bdi', null, visible(text));
const pill = (level, text) => h('span', { class: 'pill ' + level }, text);

function duration(ms) {
  const s = Math.abs(ms) / 1000;
  if (s < 1) return Math.round(s * 1000) + ' ms';
  if (s < 60) return Math.floor(s) + ' s';
  if (s < 3600) return Math.floor(s / 60) + ' min ' + Math.floor(s % 60) + ' s';
  if (s < 172800) return Math.floor(s / 3600) + ' h ' + Math.floor(s / 60 % 60) + ' min';
  return Math.floor(s / 86400) + ' d';
}

const millis = micros => micros === null || micros === undefined ? '–'
  : micros < 1000 ? '< 1 ms' : (micros / 1000).toFixed(micros < 10000 ? 1 : 0) + ' ms';

// The server's clock and this one may differ: ages are measured by the server's, which stands in each event.
let clockOffset = 0;
const now = () => Date.now() + clockOffset;

function age(at, suffix = '') {
  const node = h('time', { class: 'num', datetime: new Date(at).toISOString(), 'data-at': at, 'data-suffix': suffix });
  node.title = new Date(at).toLocaleString();
  tick(node);
  return node;
}

function tick(node) {
  const ms = now() - Number(node.dataset.at);
  node.textContent = node.dataset.suffix === 'left'
    ? (ms > 0 ? duration(ms) + ' ago' : 'in ' + duration(ms))
    : duration(Math.max(0, ms)) + node.dataset.suffix;
}

setInterval(() => document.querySelectorAll('time[data-at]').forEach(tick), 1000);

function facts(pairs) {
  const list = h('dl');
  for (const [name, value] of pairs) {
    if (value === null || value === undefined || value === '' || (Array.isArray(value) && !value.length)) continue;
    list.append(h('dt', null, name), h('dd', null, value));
  }
  return list;
}

function table(heads, rows, wraps) {
  // On a phone, where the heads have no room, each value says what it is.
  const cell = (tag, head, value) => h(tag, { class: head.startsWith('#') ? 'n' : null, scope: tag === 'th' ? 'col' : null,
    'data-head': tag === 'td' && wraps ? head.replace('#', '') : null }, value);
  const host = h('div', { class: 'scroll' }, h('table', { class: wraps ? 'wraps' : null },
    h('thead', null, h('tr', null, heads.map(head => cell('th', head, head.replace('#', ''))))),
    h('tbody', null, rows.map(row => h('tr', null, row.map((value, i) => cell('td', heads[i], value)))))));
  scrolls.observe(host);
  return host;
}

// What scrolls is a stop of the keyboard; what fits is none.
const scrolls = new ResizeObserver(entries => entries.forEach(({ target }) => {
  const needed = target.scrollWidth > target.clientWidth;
  for (const [attribute, value] of [['tabindex', '0'], ['role', 'group'], ['aria-label', 'Table']]) {
    if (needed) target.setAttribute(attribute, value);
    else target.removeAttribute(attribute);
  }
}));

function paste(text) {
  if (!text) return null;
  const button = h('button', { type: 'button', 'data-action': 'copy', onclick: async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(button.previousSibling);
      button.textContent = 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  } }, 'Copy');
  return h('div', { class: 'paste' }, h('pre', null, text), button);
}

const fix = (text, snippet) => [
  text ? h('p', { class: 'fix' }, h('b', null, 'Fix: '), text) : null, paste(snippet)];

// Nodes of items that have not changed stay, so that nothing jumps, closes or loses the focus.
const lists = new Map();

function keyed(host, items, keyOf, render, empty) {
  const before = lists.get(host) ?? new Map();
  const after = new Map();
  for (const item of items) {
    const key = keyOf(item);
    const json = JSON.stringify(item);
    const old = before.get(key);
    if (old?.json === json) {
      after.set(key, old);
      continue;
    }
    const node = render(item);
    if (old) {
      const open = [...old.node.querySelectorAll('details')].map(one => one.open);
      node.querySelectorAll('details').forEach((one, i) => { one.open = open[i] ?? false; });
      node.open = old.node.open;
    } else if (before.size) {
      node.classList.add('fresh');
    }
    after.set(key, { json, node, replaces: old?.node });
  }
  const focused = document.activeElement;
  for (const [key, one] of after) {
    const back = one.replaces?.contains(focused) ? focused.dataset.action ?? focused.tagName : null;
    if (one.replaces) one.replaces.replaceWith(one.node);
    if (back) (one.node.querySelector(`[data-action="${back}"]`) ?? one.node.querySelector('summary'))?.focus();
    delete one.replaces;
    before.delete(key);
  }
  before.forEach(one => one.node.remove());
  host.querySelector(':scope > .empty')?.remove();
  let at = host.firstChild;
  for (const { node } of after.values()) {
    if (node === at) at = at.nextSibling;
    else host.insertBefore(node, at);
  }
  if (!after.size && empty) host.append(h('p', { class: 'empty' }, empty));
  lists.set(host, after);
}
