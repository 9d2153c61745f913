// A scatter of thousands of points. Those of one group and size are one path: the page
// stays small. Findings are drawn above all.

function drawScatter(width, c, model) {
  const height = width < 500 ? 300 : 400;
  const box = { right: width - 14, top: 12, bottom: height - 26, margin: 14 };
  const points = pointsOf(c, model);
  const y = tight(c.logY, points.map((p) => p.y), box.bottom, box.top, 6, 0.04);
  box.left = tickRoom(y.ticks);
  const x = tight(c.logX, points.map((p) => p.x), box.left, box.right, (box.right - box.left) / 60, 0.04);
  const top = Math.max(...points.map((p) => p.count));
  points.forEach((p) => Object.assign(p, { left: x.at(p.x), top: y.at(p.y), r: dotSize(p.count, top) }));
  const tip = svg('g', { class: 'tip' });
  const found = points.filter((p) => p.row);
  const drawn = picture(width, height, spelled(c.title, 120) + ': scatter of ' + counted(points.length, 'point') + (found.length ? ', ' + counted(found.length, 'finding') + ' among them' : ''),
    ticksLeft(y.ticks, box), ticksBelow(x.ticks, box, true), swarms(points),
    found.map((p) => svg('path', { class: 'found ' + severityClass(p.row.severity), d: `M${round(p.left)} ${round(p.top)}` + star(Math.max(p.r, 5)) })), tip);
  pointing(drawn, { points, tip, width, height, model, c });
  return drawn;
}

// pointsOf are the points as objects, with the row of the finding that each is.
function pointsOf(c, model) {
  const rows = new Map(model.rows.map((r) => [r.id, r]));
  return c.points.map(([x, y, group = 0, count = 0, label = '', finding = '']) => ({ x, y, group, count: count || 1, label, row: rows.get(finding) }));
}

// dotSize grows with the area, for few sizes.
function dotSize(count, top) {
  return top > 1 ? 2.5 + Math.round(4 * Math.sqrt(Math.log(count) / Math.log(top))) * 1.5 : 3;
}

function swarms(points) {
  const paths = new Map();
  points.filter((p) => !p.row).forEach((p) => {
    const id = p.group + '/' + p.r;
    if (!paths.has(id)) paths.set(id, { group: p.group, r: p.r, d: [] });
    paths.get(id).d.push(`M${round(p.left)} ${round(p.top)}` + SHAPES[p.group % SHAPES.length](p.r));
  });
  return [...paths.values()].sort((a, b) => b.r - a.r).map((s) => svg('path', { class: 'points ' + colour(s.group), d: s.d.join('') }));
}

// pointing tells of the point that somebody points at; a click leads to a finding.
function pointing(drawn, at) {
  const aim = (e) => {
    const b = drawn.getBoundingClientRect();
    const scale = at.width / b.width;
    return nearestPoint(at.points, (e.clientX - b.left) * scale, (e.clientY - b.top) * scale);
  };
  let last = null;
  drawn.addEventListener('pointermove', (e) => {
    const p = aim(e);
    if (p === last) return;
    last = p;
    at.tip.replaceChildren(...(p ? tipOf(p, at) : []));
    drawn.classList.toggle('leads', Boolean(p && p.row));
  });
  drawn.addEventListener('pointerleave', () => {
    last = null;
    at.tip.replaceChildren();
  });
  drawn.addEventListener('click', (e) => {
    const p = aim(e);
    if (p && p.row) lead(at.model, p.row);
  });
}

// REACH is how near a point has to be, in CSS pixels.
const REACH = 12;

// nearestPoint is a finding rather than what lies around it.
function nearestPoint(points, x, y) {
  let best = null;
  let least = Infinity;
  points.forEach((p) => {
    const far = Math.hypot(p.left - x, p.top - y) - p.r - (p.row ? 3 : 0);
    if (far < least && far <= REACH) [best, least] = [p, far];
  });
  return best;
}

// tipOf says what a point is, within the picture.
function tipOf(p, { width, height, c }) {
  const most = Math.floor((width - 40) / LETTER);
  const group = (c.groups || [])[p.group];
  const lines = [p.label, p.row && p.row.best.finding.Description, group, brief(p.x, 5) + ', ' + brief(p.y, 5) + (p.count > 1 ? ' × ' + number(p.count) : '')]
    .filter(Boolean).map((text) => spelled(text, Math.min(most, 80)));
  const wide = Math.min(Math.max(...lines.map((l) => [...l].length)) * LETTER + 16, width - 4);
  const tall = lines.length * 16 + 10;
  const left = Math.max(2, Math.min(p.left + 10, width - wide - 2));
  const top = p.top + 12 + tall > height ? Math.max(p.top - 12 - tall, 2) : p.top + 12;
  return [svg('circle', { class: 'aim', cx: round(p.left), cy: round(p.top), r: p.r + 3 }),
    svg('rect', { class: 'tip-box', x: round(left), y: round(top), width: round(wide), height: tall, rx: 4 }),
    ...lines.map((line, i) => words(left + 8, top + 18 + i * 16, line, i === 0 ? 'tip-name' : 'quiet'))];
}

// pointTable has findings first, then the points where most lies.
function pointTable(c, model) {
  const points = pointsOf(c, model);
  points.sort((a, b) => Boolean(b.row) - Boolean(a.row) || b.count - a.count);
  const label = (p) => (p.row ? el('a', { href: '#' + encodeURIComponent(p.row.id) }, show(p.label || p.row.best.finding.Entity || p.row.id, { most: 300 })) : show(p.label || '–', { most: 300 }));
  const group = (c.groups || []).length > 1;
  return { heads: ['Point', c.x || 'Across', c.y || 'Upwards', group && 'Group', 'Count'].filter(Boolean).map((h) => spelled(h, 40)), all: points.length, first: ', findings and large ones first',
    rows: points.slice(0, MOST_NUMBERS).map((p) => [label(p), exact(p.x), exact(p.y), group && show(c.groups[p.group], { most: 80, cls: 'prose' }), number(p.count)].filter(Boolean)) };
}
