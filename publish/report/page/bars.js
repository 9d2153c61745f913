// Bars, lying, and histograms.

function drawBars(width, c) {
  const each = c.series.length;
  const thick = each === 1 ? 14 : 9;
  const row = each * (thick + 1) + 7;
  const longest = Math.max(...c.labels.map((l) => Math.min([...spelled(l)].length, 60)));
  const left = Math.ceil(Math.min(longest * 7.3 + 14, width * (width < 560 ? 0.4 : 0.36)));
  const box = { left, right: width - 56, top: 6, margin: 50 };
  box.bottom = box.top + c.labels.length * row;
  const x = axis(c.logY, c.series.flatMap((s) => s.values), box.left, box.right, (box.right - box.left) / 64, true);
  const zero = c.logY ? box.left : x.at(0);
  const letters = Math.floor((left - 12) / 7.3);
  return picture(width, box.bottom + 24, said(c, c.labels.length + ' by ' + each),
    ticksBelow(x.ticks, box, true),
    c.labels.map((label, i) => nameText(box.left - 8, box.top + i * row + row / 2 + 4, label, [], letters, 'end')),
    c.series.flatMap((s, k) => s.values.map((v, i) => lyingBar(c, { s, k, v, i }, { x, zero, y: box.top + i * row + 3 + k * (thick + 1), thick }))),
    svg('line', { class: 'baseline', x1: round(zero), x2: round(zero), y1: box.top, y2: box.bottom }));
}

function lyingBar(c, { s, k, v, i }, { x, zero, y, thick }) {
  const end = v === 0 ? zero : x.at(v);
  const [from, to] = [Math.min(zero, end), Math.max(zero, end)];
  const marked = (s.marks || []).includes(i);
  const text = brief(v);
  return svg('g', {}, v !== 0 && svg('rect', { class: 'block ' + colour(k) + (marked ? ' marked' : ''), x: round(from), y: round(y), width: round(Math.max(to - from, 1)), height: thick }),
    marked && svg('path', { class: 'marker', d: `M${round(to + 4)} ${round(y + thick / 2)}l8 -5v10z` }),
    (thick > 10 || marked) && svg('text', { class: 'tick', x: round(to + (marked ? 15 : 4)), y: round(y + thick / 2 + 4) }, text),
    svg('title', {}, spelled(c.labels[i]) + (s.name ? ', ' + spelled(s.name) : '') + ': ' + exact(v)));
}

function drawHistogram(width, c) {
  const height = 230;
  const box = { right: width - 12, top: 12, bottom: height - 26, margin: 12 };
  const y = axis(c.logY, c.series.flatMap((s) => s.values), box.bottom, box.top, 4, true);
  box.left = tickRoom(y.ticks);
  const x = tight(c.logX, c.edges, box.left, box.right, (box.right - box.left) / 70, 0);
  const base = (v) => (v > 0 ? y.at(v) : box.bottom);
  return picture(width, height, said(c, counted(c.edges.length - 1, 'bin')),
    ticksLeft(y.ticks, box), ticksBelow(x.ticks, box, false),
    c.series.slice(0, 1).flatMap((s) => s.values.map((v, i) => standingBar(x.at(c.edges[i]), x.at(c.edges[i + 1]), base(v), box, (s.marks || []).includes(i)))),
    c.series.slice(1).map((s, k) => svg('path', { class: 'series ' + colour(k + 1) + ' ' + dash(k + 1), d: stairs(c.edges, s.values, x, base, box) })),
    c.series.slice(1).flatMap((s) => (s.marks || []).map((i) => mark((x.at(c.edges[i]) + x.at(c.edges[i + 1])) / 2, base(s.values[i]) - 11))),
    svg('line', { class: 'baseline', x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }),
    placesOf(c).map((place, i) => column(x.at(c.edges[i]), x.at(c.edges[i + 1]), box, place + valuesAt(c, i))));
}

function standingBar(left, right, top, box, marked) {
  const gap = right - left > 6 ? 1 : 0;
  return svg('g', {}, box.bottom - top > 0 && svg('rect', { class: 'block g0' + (marked ? ' marked' : ''), x: round(left + gap / 2), width: round(Math.max(right - left - gap, 0.5)), y: round(top), height: round(box.bottom - top) }),
    marked && mark((left + right) / 2, top - 11));
}

function stairs(edges, values, x, base, box) {
  return `M${round(x.at(edges[0]))} ${box.bottom}` + values.map((v, i) => `V${round(base(v))}H${round(x.at(edges[i + 1]))}`).join('') + `V${box.bottom}`;
}

// mark points out what is below it.
function mark(x, y) {
  return svg('path', { class: 'marker', d: `M${round(x)} ${round(y + 9)}l5 -8h-10z` });
}

// column is where somebody points to read the values of a place.
function column(left, right, box, text) {
  return svg('rect', { class: 'column', x: round(left), width: round(Math.max(right - left, 0.5)), y: box.top, height: box.bottom - box.top }, svg('title', {}, text));
}

function valuesAt(c, i) {
  return ': ' + c.series.map((s) => (s.name && c.series.length > 1 ? spelled(s.name, 60) + ' ' : '') + exact(s.values[i]) + ((s.marks || []).includes(i) ? ' (pointed out)' : '')).join(', ');
}

// said is a chart in words: what it is, how large, and its greatest value.
function said(c, size) {
  let top = null;
  c.series.forEach((s) => s.values.forEach((v, i) => {
    if (!top || v > top.v) top = { v, i, s };
  }));
  return spelled(c.title, 120) + ': ' + c.kind + ', ' + size + (top ? '; the greatest is ' + exact(top.v) + ' at ' + spelled(placesOf(c)[top.i], 80) : '');
}
