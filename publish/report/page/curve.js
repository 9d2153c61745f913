// The rank curve: how often each name of the day is seen, over its percent rank,
// with the findings on it.

function curveFigure(day) {
  const c = day.curve;
  if (!c || c.points.length === 0) return null;
  const findings = day.findings || [];
  const sampled = c.points.length < c.steps;
  const text = counted(c.names, 'name') + ' in order of how often they are seen. Rare is below percent rank ' + c.rare +
    ', frequent from ' + c.frequent + ' on.' +
    (sampled ? ' The curve is sampled: ' + number(c.points.length) + ' of its ' + number(c.steps) + ' steps are drawn.' : '');
  const there = [...new Set(findings.map((f) => f.Severity))];
  return figure('curve', 'Rank curve', text, chart('curve', (width) => drawCurve(width, c, findings)),
    key(...SEVERITIES.filter((s) => there.includes(s)).map((s) => ['dot ' + severityClass(s), s.toLowerCase() + ' suspect']),
      there.includes(undefined) && ['dot sev-none', 'suspect'],
      findings.length > 0 && ['ring', 'imitated name'], ['band rare', 'rare'], ['band frequent', 'frequent']));
}

function drawCurve(width, c, findings) {
  const height = width < 500 ? 240 : 310;
  const box = { left: 42, right: width - 14, top: 20, bottom: height - 44 };
  const top = Math.log10(Math.max(10, c.points[c.points.length - 1].count));
  const x = (p) => box.left + p * (box.right - box.left);
  const y = (n) => box.bottom - (Math.log10(Math.max(n, 1)) / top) * (box.bottom - box.top);
  const last = c.points[c.points.length - 1];
  return picture(width, height, 'Rank curve of ' + counted(c.names, 'name') + '; the most frequent is seen ' + counted(last.count, 'time'),
    band(x(0), x(c.rare), box, 'rare'), band(x(c.frequent), x(1), box, 'frequent'),
    countAxis(top, box, y), rankAxis(c, box, x, height),
    svg('path', { class: 'line', d: stepPath(c.points, x, y) }),
    clusters(findings, x, y).map((cluster) => bubble(cluster)));
}

function band(from, to, box, cls) {
  return [svg('rect', { class: 'band ' + cls, x: round(from), y: box.top, width: round(Math.max(to - from, 0)), height: box.bottom - box.top }),
    svg('text', { class: 'band-name', x: round((from + to) / 2), y: box.top - 6, 'text-anchor': 'middle' }, cls)];
}

function countAxis(top, box, y) {
  const marks = [];
  for (let power = 0; power <= top; power++) {
    const at = y(10 ** power);
    marks.push(svg('line', { class: 'gridline', x1: box.left, x2: box.right, y1: round(at), y2: round(at) }),
      svg('text', { class: 'tick', x: box.left - 6, y: round(at + 4), 'text-anchor': 'end' }, compact(10 ** power)));
  }
  return marks;
}

function rankAxis(c, box, x, height) {
  const at = [...new Set([0, c.rare, 0.5, c.frequent, 1])];
  return [...at.map((p) => svg('text', { class: 'tick', x: round(x(p)), y: box.bottom + 22, 'text-anchor': 'middle' }, String(p))),
    ...[c.rare, c.frequent].map((p) => svg('line', { class: 'threshold', x1: round(x(p)), x2: round(x(p)), y1: box.top, y2: box.bottom })),
    svg('text', { class: 'axis', x: round(x(0.5)), y: height - 5, 'text-anchor': 'middle' }, 'percent rank; upwards: times seen, logarithmic')];
}

// stepPath has all names of one count on one level.
function stepPath(points, x, y) {
  const parts = [`M${round(x(points[0].percent))} ${round(y(points[0].count))}`];
  points.slice(1).forEach((p) => parts.push(`H${round(x(p.percent))}V${round(y(p.count))}`));
  return parts.join('') + `H${round(x(1))}`;
}

// clusters puts together what would be drawn one over the other.
function clusters(findings, x, y) {
  const cell = 14;
  const found = new Map();
  const put = (kind, name, severity, percent, count) => {
    const at = { x: x(percent), y: y(count) };
    const id = kind + Math.round(at.x / cell) + '/' + Math.round(at.y / cell);
    const c = found.get(id) || { ...at, kind, names: new Set(), severity };
    c.names.add(name);
    if (SEVERITIES.indexOf(severity) >= 0 && SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(c.severity)) c.severity = severity;
    found.set(id, c);
  };
  findings.forEach((f) => {
    if (f.NormalCount > 0 && f.NormalProcess !== f.PotentiallyMaliciousProcess) put('imitated', f.NormalProcess, '', f.NormalPercentRank, f.NormalCount);
  });
  findings.forEach((f) => put('suspect', f.PotentiallyMaliciousProcess, f.Severity, f.MaliciousPercentRank, f.MaliciousCount));
  return [...found.values()];
}

function bubble(c) {
  const n = c.names.size;
  const r = c.kind === 'imitated' ? 4.5 : n === 1 ? 5 : Math.min(6 + Math.log2(n) * 1.6, 16);
  const some = [...c.names].slice(0, 6).map((name) => spelled(name, 60)).join(', ') + (n > 6 ? ' and ' + number(n - 6) + ' more' : '');
  return svg('g', {}, svg('circle', { class: c.kind === 'imitated' ? 'ring' : 'dot ' + severityClass(c.severity), cx: round(c.x), cy: round(c.y), r: round(r) }),
    n > 1 && c.kind === 'suspect' && svg('text', { class: 'in-dot', x: round(c.x), y: round(c.y + 3.5), 'text-anchor': 'middle' }, compact(n)),
    svg('title', {}, some));
}
