// A row of a table of findings.

function rowNodes(t, row) {
  const open = t.open.has(row.id);
  const main = rowNode(t, row, open);
  return open ? [main, detailRow(t, row)] : [main];
}

function rowNode(t, row, open) {
  const cells = t.model.kind.cells(t, row, open);
  return el('tr', { class: 'row ' + severityClass(row.severity) + (open ? ' open' : ''), click: () => clicked(t, row) },
    shownColumns(t).map((c) => el('td', { class: 'c-' + c.key + (c.number ? ' num' : '') }, ...cells[c.key])));
}

function badge(row) {
  return el('span', { class: 'badge ' + severityClass(row.severity) }, row.severity || 'none');
}

function small(...what) {
  return el('span', { class: 'small' }, what);
}

// unit says what a number counts, where no head of a column does.
function unit(text) {
  return el('span', { class: 'unit' }, ' ' + text);
}

// opener is the button of a row.
function opener(t, row, open, label) {
  return el('button', {
    type: 'button', class: 'opener', 'aria-expanded': String(open), 'aria-controls': open ? detailID(t, row) : undefined,
    click: (e) => { e.stopPropagation(); toggle(t, row); },
  }, el('span', { class: 'caret', 'aria-hidden': 'true' }), label);
}

function daysCell(model, row) {
  return [row.seen.length + ' of ' + model.days.length, unit('days'), dayStrip(model, row)];
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

function detailID(t, row) {
  return t.model.prefix + 'd-' + row.at;
}

function detailRow(t, row) {
  return el('tr', { class: 'detail ' + severityClass(row.severity), id: detailID(t, row) }, el('td', { colspan: shownColumns(t).length }, t.model.kind.detail(t.model, row)));
}
