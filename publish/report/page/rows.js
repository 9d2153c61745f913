// A row of the findings' table.

function rowNodes(t, row) {
  const open = t.open.has(row.id);
  const main = rowNode(t, row, open);
  return open ? [main, detailRow(t, row)] : [main];
}

function rowNode(t, row, open) {
  const cells = Object.fromEntries(rowCells(t, row, open));
  return el('tr', { class: 'row ' + severityClass(row.severity) + (open ? ' open' : ''), click: () => clicked(t, row) },
    shownColumns(t).map((c) => el('td', { class: 'c-' + c.key + (c.number ? ' num' : '') }, ...cells[c.key])));
}

// rowCells are the contents of a row, by column.
function rowCells(t, row, open) {
  const f = row.best.finding;
  const days = t.model.days;
  return [
    ['score', [el('span', { class: 'badge ' + severityClass(row.severity) }, row.severity || 'none'), ' ', el('span', { class: 'score' }, String(f.Score || 0))]],
    ['suspect', [opener(t, row, open), pathLine(f)]],
    ['imitated', [imitatedName(f), reasonLine(f)]],
    ['similarity', [f.NormalProcess ? f.AnomalyScore.toFixed(3) : '–']],
    ['events', [number(f.MaliciousCount), unit(f.MaliciousCount === 1 ? 'event' : 'events')]],
    ['hosts', [number(hosts(f)), f.EstateHosts > 0 && small('of ' + number(f.EstateHosts)), unit(hosts(f) === 1 && !f.EstateHosts ? 'host' : 'hosts')]],
    ['days', [row.seen.length + ' of ' + days.length, unit('days'), dayStrip(t.model, row)]],
    ['first', t.model.range ? [spelled(row.first.slice(0, 10)), small(clock(row.first))] : [clock(row.first), hourStrip(f)]],
    ['technique', [row.techniques[0] ? show(row.techniques[0], { most: 40 }) : '–', row.techniques.length > 1 && small('+' + (row.techniques.length - 1))]],
  ];
}

function small(...what) {
  return el('span', { class: 'small' }, what);
}

// unit says what a number counts, where no head of a column does.
function unit(text) {
  return el('span', { class: 'unit' }, ' ' + text);
}

function opener(t, row, open) {
  const f = row.best.finding;
  return el('button', {
    type: 'button', class: 'opener', 'aria-expanded': String(open), 'aria-controls': open ? detailID(row) : undefined,
    click: (e) => { e.stopPropagation(); toggle(t, row); },
  }, el('span', { class: 'caret', 'aria-hidden': 'true' }), show(f.PotentiallyMaliciousProcess, { marks: f.Marks, most: 120, cls: 'name' }));
}

function pathLine(f) {
  const paths = f.Paths || [];
  return paths.length > 0 && el('span', { class: 'small path' }, show(paths[0].value, { most: 200 }), paths.length > 1 && el('span', { class: 'more' }, ' +' + (paths.length - 1)));
}

function imitatedName(f) {
  if (!f.NormalProcess) return el('span', { class: 'quiet nobody' }, 'no other name');
  if (f.NormalProcess === f.PotentiallyMaliciousProcess) return el('span', { class: 'quiet nobody' }, 'its own name');
  return el('span', { class: 'like' }, show(f.NormalProcess, { most: 120, cls: 'name' }));
}

// reasonLine is the strongest evidence, in words.
function reasonLine(f) {
  const reason = (f.Evidence && f.Evidence.length > 0 ? f.Evidence[0].reason : (f.Reasons || [])[0]) || '';
  const name = f.NormalProcess && 'looks like ' + f.NormalProcess + ': ';
  const short = name && reason.startsWith(name) ? reason.slice(name.length) : reason;
  return short && el('span', { class: 'small reason' }, show(short, { most: 200, cls: 'prose' }));
}

// hourStrip is a suspect's day in the size of a word: the hours with events if they
// are known, else the first and the last.
function hourStrip(f) {
  const hours = f.HoursSeen || [f.FirstSeen, f.LastSeen].map((time) => Math.floor(ofDay(time) * 24));
  return strip(24, (h) => hours.includes(h), f.Severity);
}

// dayStrip are the days of a range, those with the finding filled.
function dayStrip(model, row) {
  if (!model.range || model.days.length > 62) return null;
  const on = new Set(row.seen.map((s) => s.day));
  return strip(model.days.length, (i) => on.has(model.days[i]), row.severity);
}

// strip is a row of cells, some of them filled. It repeats what text says.
function strip(cells, filled, severity) {
  const [width, height] = [72, 10];
  const step = width / cells;
  const bars = [];
  for (let i = 0; i < cells; i++) {
    if (filled(i)) bars.push(svg('rect', { class: 'bar ' + severityClass(severity), x: round(i * step), y: 0, width: Math.max(round(step - 0.6), 1.6), height: height - 1 }));
  }
  return svg('svg', { class: 'strip', viewBox: `0 0 ${width} ${height}`, width, height, 'aria-hidden': 'true', focusable: 'false' },
    svg('line', { class: 'baseline', x1: 0, x2: width, y1: height - 0.5, y2: height - 0.5 }), bars);
}

function detailID(row) {
  return 'd-' + row.at;
}

function detailRow(t, row) {
  return el('tr', { class: 'detail ' + severityClass(row.severity), id: detailID(row) }, el('td', { colspan: shownColumns(t).length }, detail(t.model, row)));
}
