// What a range of days adds: findings by day, first seen, recurring.

function rangeSection(model) {
  if (!model.range) return null;
  const recurring = model.rows.filter((r) => r.seen.length > 1).length;
  const text = counted(model.rows.length, 'different finding') + ' on ' + counted(model.days.length, 'day') + '; ' +
    number(recurring) + ' of them came back on a later day.';
  return section(model, 'days', 'Days', [
    figure(model.prefix + 'per-day', 'Findings by day', text, chart('days', (width) => drawDays(width, model)),
      key(...SEVERITIES.filter((s) => model.rows.some((r) => r.seen.some((x) => x.finding.Severity === s))).map((s) => ['bar ' + severityClass(s), s.toLowerCase()]))),
    dayTable(model)]);
}

function dayCounts(model) {
  const fresh = new Map(model.days.map((d) => [d, 0]));
  model.rows.forEach((r) => fresh.set(r.seen[0].day, fresh.get(r.seen[0].day) + 1));
  return model.days.map((day) => {
    const findings = day.findings || [];
    return { day, findings, fresh: fresh.get(day), missing: (day.hours || []).filter((h) => h.missing).length };
  });
}

function drawDays(width, model) {
  const height = 180;
  const counts = dayCounts(model);
  const box = { left: 42, right: width - 6, top: 14, bottom: height - 28 };
  const top = niceTop(Math.max(...counts.map((c) => c.findings.length)));
  const step = (box.right - box.left) / counts.length;
  const y = (n) => box.bottom - (n / top) * (box.bottom - box.top);
  const every = Math.ceil(48 / step);
  return picture(width, height, 'Findings by day: ' + counts.map((c) => c.day.date + ' ' + c.findings.length).join(', '),
    [...new Set([0, Math.floor(top / 2), top])].map((n) => [svg('line', { class: 'gridline', x1: box.left, x2: box.right, y1: round(y(n)), y2: round(y(n)) }),
      svg('text', { class: 'tick', x: box.left - 6, y: round(y(n) + 4), 'text-anchor': 'end' }, compact(n))]).flat(),
    counts.map((c, i) => dayBar(c, { x: box.left + i * step, step, y })),
    counts.map((c, i) => i % every === 0 && words(box.left + (i + 0.5) * step, height - 10, c.day.date.slice(5), 'tick middle')));
}

function dayBar(c, at) {
  const width = Math.min(at.step * 0.7, 56);
  const x = round(at.x + (at.step - width) / 2);
  let below = 0;
  const parts = [...SEVERITIES, ''].map((severity) => {
    const n = c.findings.filter((f) => (SEVERITIES.includes(f.Severity) ? f.Severity : '') === severity).length;
    if (n === 0) return null;
    const bar = svg('rect', { class: 'bar ' + severityClass(severity), x, width: round(width), y: round(at.y(below + n)), height: round(at.y(below) - at.y(below + n)) });
    below += n;
    return bar;
  });
  return svg('g', {}, parts, svg('title', {}, c.day.date + ': ' + counted(c.findings.length, 'finding')));
}

function dayTable(model) {
  const heads = ['Day', 'Findings', 'Severity', 'First seen that day', 'Seen before', 'Events', 'Input'];
  return el('div', { class: 'table-box' }, el('table', { class: 'plain days' }, el('caption', { class: 'hidden' }, 'The days of the report'),
    el('thead', {}, el('tr', {}, heads.map((h, i) => el('th', { scope: 'col', class: [1, 3, 4, 5].includes(i) ? 'num' : '' }, h)))),
    el('tbody', {}, dayCounts(model).map((c) => el('tr', {},
      el('th', { scope: 'row', 'data-label': 'Day' }, c.day.date),
      el('td', { class: 'num', 'data-label': 'Findings' }, number(c.findings.length)),
      el('td', { 'data-label': 'Severity' }, tallySeverities(c.findings, (f) => f.Severity) || '–'),
      el('td', { class: 'num', 'data-label': 'First seen that day' }, number(c.fresh)),
      el('td', { class: 'num', 'data-label': 'Seen before' }, number(c.findings.length - c.fresh)),
      el('td', { class: 'num', 'data-label': 'Events' }, number(c.day.input.events)),
      el('td', { 'data-label': 'Input' }, c.day.partial ? el('span', { class: 'warn-text' }, 'partial' + (c.missing ? ', ' + counted(c.missing, 'hour') + ' missing' : '')) : c.day.input.unlisted ? 'not known' : 'whole'))))));
}

// oneDay is what belongs to a single day; of a range one is chosen.
function oneDay(model) {
  const place = el('div', { class: 'one-day' });
  const draw = (day) => {
    place.replaceChildren(...model.kind.sections(model, day).filter(Boolean));
    chartsNow(place);
  };
  draw(model.days[model.days.length - 1]);
  if (!model.range) return [place];
  const chosen = el('select', { id: model.prefix + 'day', change: (e) => draw(model.days[e.target.selectedIndex]) }, model.days.map((d, i) => el('option', { selected: i === model.days.length - 1 }, d.date)));
  return [...model.kind.choice(model), el('div', { class: 'day-choice' }, el('label', { for: chosen.id }, 'The rest of the page is about the day'), chosen), place];
}

// readSections are what was read of a day, and what became of it.
function readSections(model, day) {
  return [
    section(model, 'input', 'What was read', input(model, day)),
    section(model, 'quiet', 'Suppressed', suppressed(day)),
    section(model, 'delivered', 'Delivered', delivered(day)),
  ];
}

function section(model, name, title, content) {
  const some = content.filter(Boolean);
  if (some.length === 0) return null;
  const id = model.prefix + name;
  return el('section', { id, 'aria-labelledby': id + '-title' }, el('h2', { id: id + '-title' }, title), some);
}
