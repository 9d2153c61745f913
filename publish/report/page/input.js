// What was read, what was not, and how.

function selfTest(day) {
  const t = day.selfTest;
  if (!t) return [];
  const missed = t.missed || [];
  return [
    t.total > 0 && el('p', { class: 'lead' }, number(t.caught) + ' of ' + counted(t.total, 'synthetic impostor') + ' caught.'),
    missed.length > 0 && el('p', {}, 'Missed: ', missed.flatMap((name, i) => [i > 0 && ', ', show(name)])),
    t.note && el('p', {}, prose(t.note)),
    t.total > 0 && el('p', { class: 'small' }, 'They are planted among a copy of the day’s names and are in no count, finding or destination.'),
  ];
}

function input(model, day) {
  const i = day.input;
  const missing = (i.gaps || []).length + (i.unreadable || []).length + (i.malformed || []).length > 0;
  return [
    facts([
      ['Window', prose(day.from || day.to ? (day.from || day.date + 'T00:00:00Z') + ' to ' + (day.to || 'the end of the day') : day.date + ', the whole day')],
      i.unlisted ? ['Workspaces, blobs, gaps', 'not known: the day was read by a version that did not keep it'] : ['Workspaces', (i.workspaces || []).length ? i.workspaces.flatMap((w, n) => [n > 0 && ', ', show(w)]) : ''],
      ['Blobs', i.unlisted ? '' : number(i.blobs) + ', ' + bytes(i.bytes)],
      ['Shards', i.unlisted ? '' : number(i.shards) + (i.reused ? ', ' + number(i.reused) + ' read by an earlier run' : '')],
      ['Lines', number(i.lines)],
      [model.kind.counted, number(i.events)],
      ['Other events', number(i.other) + (i.outsideDay ? ', and ' + number(i.outsideDay) + ' of other days' : '')],
      ['Distinct names', day.names === undefined ? '' : number(day.names)],
      ['Looked back on', lookedBack(i)],
    ]),
    missing || (!i.blobs && !i.unlisted) ? null : el('p', {}, i.unlisted ? 'No line was malformed.' : 'Nothing was missing and no line malformed.'),
    list('Hours without blobs', (i.gaps || []).map((g) => [hourRanges(g.hours || []) + ' of ', show(g.workspace)])),
    list('Blobs that cannot be read', (i.unreadable || []).map((u) => [show(u.blob), ': ', prose(u.reason)])),
    list('Malformed lines', (i.malformed || []).map((m) => [counted(m.lines, 'line') + ': ', prose(m.reason)])),
    samples(i),
    list('Earlier days left out', (i.leftOut || []).map((l) => [prose(l.day), ': ', prose(l.reason)])),
  ];
}

function lookedBack(i) {
  const days = i.history || [];
  return days.length === 0 ? 'no earlier day' : counted(days.length, 'day') + ', ' + spelled(days[0] + (days.length > 1 ? ' to ' + days[days.length - 1] : ''));
}

function samples(i) {
  const some = i.samples || [];
  if (some.length === 0) return i.quarantine ? el('p', {}, 'They are kept below ', show(i.quarantine)) : null;
  return el('details', {}, el('summary', {}, counted(some.length, 'malformed line') + ' as an example'),
    i.quarantine && el('p', {}, 'All are kept below ', show(i.quarantine)),
    el('ul', { class: 'samples' }, some.map((s) => el('li', {}, el('div', { class: 'small' }, show(s.blob), ', ', prose(s.place), ': ', prose(s.reason)), show(s.text, { most: 1000 })))));
}

function suppressed(day) {
  const rules = day.suppressed || [];
  if (rules.length === 0) return [];
  const total = rules.reduce((n, r) => n + (r.names || []).length, 0);
  return [el('p', {}, counted(total, 'finding') + ' kept quiet by ' + counted(rules.length, 'rule') + ', not counted above.'),
    table(['Rule', 'Reason', 'Expires', 'Suspects'], rules.map((r) => [show(r.rule), prose(r.reason), r.expires ? prose(r.expires) : '–', listed(r.names || [])]))];
}

// listed are names, of many the first.
function listed(names) {
  const most = 20;
  return [...names.slice(0, most).flatMap((n, i) => [i > 0 && ', ', show(n)]), names.length > most && ' and ' + number(names.length - most) + ' more'];
}

function delivered(day) {
  const all = day.deliveries || [];
  if (all.length === 0) return [];
  return [table(['Destination', 'Sent', 'Sent before', 'Left', 'Refused'], all.map((d) => [show(d.sink), number(d.sent), number(d.already),
    d.left ? el('span', { class: 'warn-text' }, number(d.left)) : '0', number(d.refused)]), [1, 2, 3, 4])];
}

function settingsSection(data) {
  const s = data.settings || [];
  if (s.length === 0) return null;
  return section({ prefix: '' }, 'settings', 'Settings', [table(['Setting', 'Value', 'From'], s.map((x) => [show(x.name), show(x.value), x.source ? show(x.source) : '']))]);
}

function facts(pairs) {
  return el('dl', { class: 'facts' }, pairs.filter(([, v]) => v !== '').map(([k, v]) => el('div', {}, el('dt', {}, k), el('dd', {}, v))));
}

function list(title, items) {
  if (items.length === 0) return null;
  const most = 50;
  return el('div', { class: 'list' }, el('h3', {}, title), el('ul', {}, items.slice(0, most).map((i) => el('li', {}, i)),
    items.length > most && el('li', {}, 'and ' + number(items.length - most) + ' more')));
}

function table(heads, rows, numbers = []) {
  const cls = (i) => (numbers.includes(i) ? 'num' : '');
  return el('div', { class: 'table-box' }, el('table', { class: 'plain' }, el('thead', {}, el('tr', {}, heads.map((h, i) => el('th', { scope: 'col', class: cls(i) }, h)))),
    el('tbody', {}, rows.map((cells) => el('tr', {}, cells.map((c, i) => el('td', { class: cls(i), 'data-label': heads[i] }, c)))))));
}
