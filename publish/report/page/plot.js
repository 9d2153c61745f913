// The charts that come with the data: what all of them share.

// COLOURS is how many colours there are; each is told by more than its colour.
const COLOURS = 8;

// SHAPES draw a dot of a radius at the place that a path is at; the first is round.
const SHAPES = [
  (r) => `m${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
  (r) => `m0 ${round(-r * 1.2)}l${round(r * 1.1)} ${round(r * 2)}h${round(-r * 2.2)}z`,
  (r) => `m${round(-r * 0.85)} ${round(-r * 0.85)}h${round(r * 1.7)}v${round(r * 1.7)}h${round(-r * 1.7)}z`,
  (r) => `m0 ${round(-r * 1.3)}l${round(r * 1.3)} ${round(r * 1.3)}l${round(-r * 1.3)} ${round(r * 1.3)}l${round(-r * 1.3)} ${round(-r * 1.3)}z`,
  (r) => `m0 ${round(r * 1.2)}l${round(r * 1.1)} ${round(-r * 2)}h${round(-r * 2.2)}z`,
];

// star is the shape of a finding, which no group has.
function star(r) {
  const [far, near] = [round(r * 1.15), round(r * 0.45)];
  return `m0 ${round(-far - near)}l${near} ${far}l${far} ${near}l${-far} ${near}l${-near} ${far}l${-near} ${-far}l${-far} ${-near}l${far} ${-near}z`;
}

const PLOTS = {
  bars: { draw: drawBars, table: seriesTable, empty: (c) => !(c.labels || []).length || !(c.series || []).length },
  histogram: { draw: drawHistogram, table: seriesTable, empty: (c) => (c.edges || []).length < 2 || !(c.series || []).length },
  lines: { draw: drawLines, table: seriesTable, empty: (c) => !(c.labels || []).length || !(c.series || []).length },
  scatter: { draw: drawScatter, table: pointTable, empty: (c) => !(c.points || []).length },
  matrix: { draw: drawMatrix, table: cellTable, empty: (c) => !(c.labels || []).length || !(c.series || []).length },
};

// plot is a chart of the data as a figure, with its numbers as a table.
function plot(model, c, at) {
  const kind = PLOTS[c.kind];
  const words = el('span', {}, prose(c.note || ''));
  const id = model.prefix + 'chart-' + at;
  const title = show(c.title, { most: 200, cls: 'prose' });
  if (kind.empty(c)) return figure(id, title, words, el('p', { class: 'quiet' }, 'There is nothing to draw.'));
  return figure(id, title, words, chart('plot ' + c.kind, (width) => kind.draw(width, c, model)), legend(c), axesInWords(c), asTable(c, () => kind.table(c, model)));
}

// axesInWords names the axes, where long names have room.
function axesInWords(c) {
  const lie = c.kind === 'bars' || c.kind === 'matrix';
  const part = (way, name, log) => (name || log) && [way + ': ', name && show(name, { most: 120, cls: 'prose' }), log && (name ? ', logarithmic' : 'logarithmic'), '. '];
  const parts = [part(lie ? 'Down' : 'Across', c.x, c.logX), part(lie ? 'Across' : 'Upwards', c.y, c.logY)].filter(Boolean);
  return parts.length > 0 && el('p', { class: 'axes small' }, parts.flat());
}

// legend tells series or groups apart, where there are several or some values are marked.
function legend(c) {
  if (c.kind === 'matrix') return toneKey();
  const names = c.kind === 'scatter' ? c.groups || [] : c.series.map((s) => s.name);
  const marked = c.kind !== 'scatter' && c.series.some((s) => (s.marks || []).length > 0);
  const found = c.kind === 'scatter' && c.points.some((p) => p[5]);
  const entries = (names.length > 1 ? names : []).map((name, i) => el('li', {}, sample(swatchOf(c.kind, i)), show(name || 'without a name', { most: 80, cls: 'prose' })));
  if (marked) entries.push(el('li', {}, sample(svg('path', { class: 'marker', d: 'M9 6' + SHAPES[4](5) })), 'pointed out'));
  if (found) entries.push(el('li', {}, sample(svg('path', { class: 'found', d: 'M9 6' + star(4.5) })), 'a finding: a click leads to it'));
  return entries.length > 0 && el('ul', { class: 'key' }, entries);
}

function toneKey() {
  const some = [['m-n5', '−1'], ['m-n3', '−0.6'], ['m-0', '0'], ['m-p3', '0.6'], ['m-p5', '1']];
  return el('ul', { class: 'key' }, some.map(([cls, text]) => el('li', {}, sample(svg('rect', { class: 'square ' + cls, x: 3, y: 0, width: 12, height: 12 })), text)));
}

function swatchOf(kind, i) {
  if (kind === 'scatter') return svg('path', { class: 'points ' + colour(i), d: 'M9 6' + SHAPES[i % SHAPES.length](4) });
  if (kind === 'lines') return svg('path', { class: 'series ' + colour(i) + ' ' + dash(i), d: 'M0 6h18' });
  if (kind === 'histogram' && i > 0) return svg('path', { class: 'series ' + colour(i) + ' ' + dash(i), d: 'M0 6h18' });
  return svg('rect', { class: 'block ' + colour(i), x: 3, y: 0, width: 12, height: 12 });
}

// sample is a mark of a chart beside its name.
function sample(mark) {
  return svg('svg', { class: 'sample', viewBox: '0 0 18 12', width: 18, height: 12, 'aria-hidden': 'true', focusable: 'false' }, mark);
}

function colour(i) {
  return 'g' + (i % COLOURS);
}

// dash is the kind of a line. Colours and kinds together repeat late.
function dash(i) {
  return 'k' + ((i % COLOURS) + Math.floor(i / COLOURS)) % 5;
}

// MOST_NUMBERS is how many rows a chart's table has at most, and WIDE how many series
// have columns of their own there.
const MOST_NUMBERS = 200;
const WIDE = 4;

// asTable are the numbers of a chart in a table, made when somebody opens it.
function asTable(c, made) {
  const place = el('div');
  return el('details', { class: 'without numbers', toggle: (e) => {
    if (!e.currentTarget.open || place.firstChild) return;
    const { heads, rows, all, first } = made();
    const left = all - rows.length;
    const box = table(heads, rows, heads.map((_, i) => i).filter((i) => typeof rows[0][i] === 'string'));
    dress(box, { role: 'region', tabindex: '0', 'aria-label': 'Numbers of ' + spelled(c.title, 80) }, []);
    place.append(...[left > 0 && el('p', { class: 'small' }, 'The first ' + number(rows.length) + ' of ' + number(all) + ' rows' + first + '.'), box].filter(Boolean));
  } }, el('summary', {}, 'Numbers', el('span', { class: 'hidden' }, ' of ' + spelled(c.title, 80))), place);
}

// placesOf are what values of series belong to: labels, or bins between edges.
function placesOf(c) {
  return c.kind === 'histogram' ? c.edges.slice(1).map((e, i) => brief(c.edges[i], 4) + ' to ' + brief(e, 4)) : c.labels;
}

function seriesTable(c) {
  const places = placesOf(c);
  const place = c.x || (c.kind === 'histogram' ? 'From, to' : 'Label');
  const value = (s, i) => exact(s.values[i]) + ((s.marks || []).includes(i) ? ' (pointed out)' : '');
  if (c.series.length <= WIDE) {
    return { heads: [place, ...c.series.map((s) => s.name || c.y || 'Value')].map((h) => spelled(h, 40)), all: places.length, first: '',
      rows: places.slice(0, MOST_NUMBERS).map((p, i) => [show(p, { most: 300 }), ...c.series.map((s) => value(s, i))]) };
  }
  const rows = places.flatMap((p, i) => c.series.map((s) => ({ p, s, i })));
  return { heads: [place, 'Series', c.y || 'Value'].map((h) => spelled(h, 40)), all: rows.length, first: '',
    rows: rows.slice(0, MOST_NUMBERS).map(({ p, s, i }) => [show(p, { most: 300 }), show(s.name, { most: 300 }), value(s, i)]) };
}
