// What a finding of a hunt opens to.

function huntDetail(model, row) {
  const box = el('div', { class: 'evidence' });
  const draw = (seen) => {
    const f = seen.finding;
    box.replaceChildren(...[
      daysOf(model, row, seen, draw),
      el('p', { class: 'told' }, show(f.Description, { cls: 'prose' })),
      reasonsOf(f),
      el('div', { class: 'halves' }, entitiesOf(f), detailsOf(f)),
      spanOf(f),
      filedUnder(f),
    ].filter(Boolean));
  };
  draw(row.best);
  return box;
}

// reasonsOf sets what is beside what is usual.
function reasonsOf(f) {
  const reasons = f.AnomalyReasons || [];
  if (reasons.length === 0) return null;
  const heads = ['Reason', 'Actual', 'Usual', 'Share', 'Why'];
  return el('div', { class: 'why' }, el('h3', {}, 'Why'), el('table', { class: 'reasons-table' },
    el('caption', { class: 'hidden' }, 'What is unusual, the actual value beside the usual one'),
    el('thead', {}, el('tr', {}, heads.map((h, i) => el('th', { scope: 'col', class: 'r-' + i }, h)))),
    el('tbody', {}, reasons.slice(0, 50).map((r) => el('tr', {}, el('th', { scope: 'row' }, show(r.Name, { most: 100 })),
      [show(r.Value, { most: 300 }), r.Usual ? show(r.Usual, { most: 300 }) : '–', share(r.Weight), show(r.Why, { most: 500, cls: 'prose' })]
        .map((v, i) => el('td', { 'data-label': heads[i + 1], class: 'r-' + (i + 1) }, v)))))));
}

// share is a part of a whole, as a number and a bar.
function share(weight) {
  const part = Math.max(0, Math.min(1, weight || 0));
  return el('span', { class: 'share' }, Math.round(part * 100) + ' %', svg('svg', { class: 'share-bar', viewBox: '0 0 60 6', width: 60, height: 6, 'aria-hidden': 'true', focusable: 'false' },
    svg('rect', { class: 'cell', x: 0.5, y: 0.5, width: 59, height: 5 }), svg('rect', { class: 'block g0', x: 0, y: 0, width: round(part * 60), height: 6 })));
}

// entitiesOf are all that the finding names, by their kinds.
function entitiesOf(f) {
  const kinds = new Map();
  const put = (kind, value, count) => {
    if (!value) return;
    if (!kinds.has(kind)) kinds.set(kind, new Map());
    const values = kinds.get(kind);
    values.set(value, Math.max(values.get(value) || 0, count || 0));
  };
  (f.Entities || []).forEach((e) => put(e.Kind, e.Value, e.Count));
  put('account', f.UserName);
  put('from host', f.SourceDevice);
  put('from address', f.SourceIpAddress);
  put('to host', f.DestinationDevice);
  put('to address', f.DestinationIpAddress);
  if (kinds.size === 0) return el('div');
  return el('div', { class: 'around' }, [...kinds].map(([kind, values]) => entityList(kind, [...values])));
}

// MOST_ENTITIES is how many of a kind are shown.
const MOST_ENTITIES = 30;

// KINDS are the heads of entities.
const KINDS = new Map([['account', 'Accounts'], ['host', 'Hosts'], ['ip', 'Addresses'], ['process', 'Processes'], ['file', 'Files'], ['parent', 'Parents'], ['commandline', 'Command lines']]);

function entityList(kind, values) {
  const left = values.length - MOST_ENTITIES;
  return el('div', { class: 'tallies' }, el('h3', {}, show(KINDS.get(kind) || headline(kind || 'other'), { most: 40, cls: 'prose' })),
    el('ul', {}, values.slice(0, MOST_ENTITIES).map(([value, count]) => el('li', {}, show(value, { most: 2000 }), count > 0 && el('span', { class: 'times' }, '× ' + number(count))))),
    left > 0 && el('p', { class: 'small' }, 'and ' + number(left) + ' more'));
}

function headline(text) {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

// detailsOf are the hunt's own details, as a list.
function detailsOf(f) {
  if (f.AnomalyDetails === undefined || f.AnomalyDetails === null) return el('div');
  return el('div', { class: 'own' }, el('h3', {}, 'Details'), branch(f.AnomalyDetails, { left: 300 }, 0));
}

// branch is a JSON value as nested lists, of bounded size and depth.
function branch(value, room, depth) {
  if (value === null || typeof value !== 'object') return leaf(value);
  if (Array.isArray(value) && value.every(isShort)) return inline(value);
  const entries = Object.entries(value);
  if (entries.length === 0) return el('span', { class: 'quiet' }, 'none');
  if (depth > 5) return show(JSON.stringify(value), { most: 500 });
  const some = entries.slice(0, 60).filter(() => room.left-- > 0);
  const rest = entries.length - some.length;
  const more = rest > 0 && 'and ' + number(rest) + ' more';
  if (Array.isArray(value)) return el('ul', { class: 'branch' }, some.map(([, v]) => el('li', {}, branch(v, room, depth + 1))), more && el('li', { class: 'small' }, more));
  return el('div', { class: 'branch' }, el('dl', {}, some.map(([k, v]) => el('div', {}, el('dt', {}, show(k, { most: 100, cls: 'prose' })), el('dd', {}, branch(v, room, depth + 1))))), more && el('p', { class: 'small' }, more));
}

// isShort tells of what a line has several of.
function isShort(value) {
  return typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && value.length <= 24);
}

function inline(values) {
  if (values.length === 0) return el('span', { class: 'quiet' }, 'none');
  const most = 60;
  return el('span', {}, values.slice(0, most).flatMap((v, i) => [i > 0 && ', ', leaf(v)]), values.length > most && ' and ' + number(values.length - most) + ' more');
}

function leaf(value) {
  if (value === null) return el('span', { class: 'quiet' }, 'none');
  if (typeof value === 'string') return show(value, { most: 2000 });
  return el('span', {}, typeof value === 'number' ? exact(value) : String(value));
}

// spanOf is when it was.
function spanOf(f) {
  const time = (t) => prose(dateOf(t) ? dateOf(t) + ' ' + clock(t) : t || '?');
  const once = f.StartTime === f.EndTime;
  return el('div', { class: 'when' }, el('h3', {}, 'When'), el('p', {}, counted(f.Events, 'event') + (once ? ', at ' : ', from '), time(f.StartTime), !once && [' to ', time(f.EndTime)], ' UTC. ', before(f)));
}

// before is what earlier days know of the entity.
function before(f) {
  if (!f.HistoryDays) return 'No earlier day was looked at.';
  if (!f.DaysSeen) return 'Never seen on the ' + counted(f.HistoryDays, 'earlier day') + ' looked at.';
  return 'Seen on ' + number(f.DaysSeen) + ' of ' + counted(f.HistoryDays, 'earlier day') + (sinceOf(f) ? ', first on ' + sinceOf(f) : '') + '.';
}

// filedUnder is where the finding belongs.
function filedUnder(f) {
  const pairs = [
    ['Techniques', (f.Techniques || []).map((t) => techniqueLink(t))],
    ['Tactics', (f.Tactics || []).flatMap((t, i) => [i > 0 && ', ', show(t, { most: 80, cls: 'prose' })])],
    ['Score', (f.Score || 0).toFixed(3)],
    ['Done as', f.Mode ? prose(f.Mode) : ''],
    ['Scope', f.Scope ? show(f.Scope) : ''],
    ['Finding', el('a', { href: '#' + encodeURIComponent(f.FindingId) }, show(f.FindingId))],
  ];
  return el('dl', { class: 'identity' }, pairs.filter(([, v]) => v.length !== 0).map(([k, v]) => el('div', {}, el('dt', {}, k), el('dd', {}, v))));
}
