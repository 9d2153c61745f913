// What is particular to findings that say of somebody or something that a day was
// unlike others.

const HUNT = {
  id: (f) => f.FindingId,
  strength: (f) => f.Score || 0,
  texts: huntTexts,
  events: (f) => f.Events,
  brand: (model) => prose(model.title),
  verdict: huntVerdict,
  tiles: huntTiles,
  columns: huntColumns,
  cells: huntCells,
  detail: huntDetail,
  sections: huntSections,
  choice: () => [],
  counted: 'Events looked at',
  searches: 'account, host, process, address, reason …',
  none: 'Nothing was found.',
  first: () => 'score',
};

function huntTexts(f) {
  const parts = [f.Entity, f.EntityKind, f.Description, f.Scope, f.UserName, f.SourceDevice, f.SourceIpAddress, f.DestinationDevice, f.DestinationIpAddress, ...(f.Tactics || [])];
  (f.Entities || []).forEach((e) => parts.push(e.Value));
  (f.AnomalyReasons || []).forEach((r) => parts.push(r.Name, r.Value, r.Usual, r.Why));
  if (f.AnomalyDetails !== undefined) parts.push(JSON.stringify(f.AnomalyDetails));
  return parts.filter(Boolean);
}

function huntVerdict(model) {
  if (model.nothing) return 'Nothing was read.';
  if (model.rows.length === 0) return 'Nothing was found.';
  const how = tallySeverities(model.rows, (r) => r.severity);
  return counted(model.rows.length, 'finding') + (how ? ': ' + how : '') + '.';
}

function huntTiles(model) {
  const last = model.days[model.days.length - 1];
  return [
    ['events looked at', number(total(model, (d) => d.input.events))],
    readTile(model), missingTile(model),
    ['findings beyond the budget', number(total(model, (d) => d.left))],
    suppressedTile(model),
    ['looked back on', counted((last.input.history || []).length, 'day')],
  ];
}

function huntColumns(model) {
  const f = (row) => row.best.finding;
  return [
    { key: 'score', label: 'Score', hint: '0 to 1', value: (r) => f(r).Score || 0, down: true },
    { key: 'entity', label: 'Who or what', value: (r) => f(r).Entity },
    { key: 'what', label: 'What is unusual', value: (r) => f(r).Description },
    { key: 'events', label: 'Events', value: (r) => f(r).Events, down: true, number: true },
    model.range && { key: 'days', label: 'Days', value: (r) => r.seen.length, down: true },
    { key: 'when', label: 'When', value: (r) => f(r).StartTime },
    { key: 'since', roomy: true, label: 'First seen', value: (r) => sinceOf(f(r)) },
  ];
}

function huntCells(t, row, open) {
  const f = row.best.finding;
  return {
    score: [badge(row), ' ', el('span', { class: 'score' }, (f.Score || 0).toFixed(2))],
    entity: [opener(t, row, open, show(f.Entity || f.FindingId, { most: 120, cls: 'name' })), f.EntityKind && el('span', { class: 'small path' }, show(f.EntityKind, { most: 40, cls: 'prose' }))],
    what: [show(f.Description, { most: 300, cls: 'prose' })],
    events: [number(f.Events), unit(f.Events === 1 ? 'event' : 'events')],
    days: daysCell(t.model, row),
    when: [t.model.range && el('span', {}, spelled(dateOf(f.StartTime))), small(span(f))],
    since: [spelled(sinceOf(f)) || '–', isNew(f) && small('new')],
  };
}

// dateOf is the day of a timestamp.
function dateOf(time) {
  return /^\d{4}-\d\d-\d\dT/.test(time || '') ? time.slice(0, 10) : '';
}

// span is from when to when, to the minute.
function span(f) {
  const [from, to] = [clock(f.StartTime).slice(0, 5), clock(f.EndTime).slice(0, 5)];
  return from === to ? from || '–' : from + '–' + to;
}

function sinceOf(f) {
  return dateOf(f.FirstSeen);
}

// isNew tells of an entity that no earlier day has, though some were looked at.
function isNew(f) {
  return f.HistoryDays > 0 && !f.DaysSeen;
}

function huntSections(model, day) {
  return [
    section(model, 'notes', 'Notes', (day.notes || []).map((n) => el('p', {}, prose(n)))),
    section(model, 'charts', 'Charts', [el('div', { class: 'plots' }, (day.charts || []).map((c, i) => plot(model, c, i)))].filter((n) => n.firstChild)),
    section(model, 'clock', 'Events of the day', [hoursFigure(model, day)]),
    ...readSections(model, day),
  ];
}
