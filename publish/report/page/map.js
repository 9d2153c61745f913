// The map from the names that are imitated to those that imitate them.

// MOST bounds the map: lines in all, and lines of one imitated name.
const MOST = { lines: 40, each: 8 };

function mapFigure(model) {
  if (model.rows.length === 0) return null;
  const groups = mapGroups(model.rows);
  const drawn = mapDrawn(groups);
  const left = model.rows.length - drawn.reduce((n, g) => n + g.rows.length, 0);
  const text = 'Left the imitated names, right who imitates them, each with how often it is seen.' +
    (left > 0 ? ' The ' + number(model.rows.length - left) + ' strongest are drawn; ' + number(left) + ' more are in the table.' : '');
  return figure('map', 'Frequent to rare', text, chart('map', (width) => drawMap(width, drawn)));
}

// mapGroups are the findings by what they imitate, the strongest first.
function mapGroups(rows) {
  const groups = new Map();
  [...rows].sort((a, b) => nameStrength(b.best.finding) - nameStrength(a.best.finding)).forEach((row) => {
    const name = row.best.finding.NormalProcess;
    if (!groups.has(name)) groups.set(name, { name, count: 0, rows: [] });
    const group = groups.get(name);
    group.rows.push(row);
    group.count = Math.max(group.count, row.best.finding.NormalCount || 0);
  });
  return [...groups.values()];
}

function mapDrawn(groups) {
  const drawn = [];
  let lines = 0;
  for (const group of groups) {
    const rows = group.rows.slice(0, Math.min(MOST.each, MOST.lines - lines));
    if (rows.length === 0) break;
    drawn.push({ ...group, rows, hidden: group.rows.length - rows.length });
    lines += rows.length;
  }
  return drawn;
}

function drawMap(width, groups) {
  const line = 22;
  const gap = 8;
  const narrow = width < 560;
  const side = narrow ? Math.floor(width * 0.41) : Math.min(Math.floor(width * 0.36), 380);
  const letters = Math.floor(side / 7.6);
  const nodes = [];
  let y = 8;
  for (const g of groups) {
    const height = (g.rows.length + (g.hidden > 0 ? 1 : 0)) * line;
    const middle = y + height / 2;
    nodes.push(...imitatedNode(g, side, middle, letters, narrow));
    g.rows.forEach((row, i) => nodes.push(...suspectNode(row, { from: side, to: width - side, y: y + i * line + line / 2, middle, letters, narrow })));
    if (g.hidden > 0) nodes.push(words(width - side + 8, y + g.rows.length * line + line / 2 + 4, 'and ' + number(g.hidden) + ' more', 'quiet'));
    y += height + gap;
  }
  return picture(width, y, 'Map of ' + counted(groups.length, 'imitated name') + ' to ' + counted(groups.reduce((n, g) => n + g.rows.length, 0), 'suspect'), nodes);
}

function imitatedNode(g, side, y, letters, narrow) {
  const seen = narrow || !g.count ? '' : ' × ' + number(g.count);
  const most = letters - seen.length - 1;
  const label = g.name ? nameText(side - 10, y + 4, g.name, [], most, 'end') : words(side - 10, y + 4, 'no other name', 'quiet end');
  if (seen && g.name) label.insertBefore(svg('tspan', { class: 'quiet' }, seen.trim() + '  '), label.firstChild);
  label.setAttribute('text-anchor', 'end');
  return [label];
}

function suspectNode(row, at) {
  const f = row.best.finding;
  const seen = at.narrow ? '' : '× ' + number(f.MaliciousCount);
  const bend = (at.to - at.from) / 2;
  const label = nameText(at.to + 10, at.y + 4, f.PotentiallyMaliciousProcess, f.Marks, at.letters - seen.length - 2, '');
  if (seen) label.insertBefore(svg('tspan', { class: 'quiet', dx: '8' }, seen), label.lastChild);
  return [svg('path', {
    class: 'edge ' + severityClass(row.severity),
    d: `M${at.from - 4} ${round(at.middle)}C${round(at.from + bend)} ${round(at.middle)} ${round(at.to - bend)} ${round(at.y)} ${at.to} ${round(at.y)}`,
  }), svg('circle', { class: 'dot ' + severityClass(row.severity), cx: at.to + 2, cy: round(at.y), r: 3.5 }), label];
}
