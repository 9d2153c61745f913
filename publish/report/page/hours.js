// The day by hour, and a suspect's day.

function hoursFigure(model, day) {
  const hours = day.hours || [];
  if (hours.length === 0) return null;
  const events = hours.some((h) => h.events);
  const missing = hours.filter((h) => h.missing).map((h) => h.hour);
  const malformed = hours.filter((h) => h.malformed).map((h) => h.hour);
  const text = (events ? 'Events' : 'Bytes of the export') + ' by hour, UTC. ' +
    (missing.length ? 'Without blobs: ' + hourRanges(missing) + '. ' : day.input.unlisted ? 'Which hours lack blobs is not known. ' : 'No hour lacks blobs. ') +
    (malformed.length ? 'With malformed lines: ' + hourRanges(malformed) + '. ' : '') +
    (hours.length < 24 ? 'Hours without a bar are outside of what was read.' : '');
  return figure(model.prefix + 'hours', 'Hours of the day', text, chart('hours', (width) => drawHours(width, hours, events)),
    key(['bar', events ? 'events' : 'bytes'], missing.length > 0 && ['gap', 'blobs missing'], malformed.length > 0 && ['malformed', 'malformed lines']));
}

function drawHours(width, hours, events) {
  const height = 190;
  const box = { left: 42, right: width - 6, top: 12, bottom: height - 28 };
  const value = (h) => (events ? h.events : h.bytes) || 0;
  const top = niceTop(Math.max(...hours.map(value)));
  const step = (box.right - box.left) / 24;
  const y = (n) => box.bottom - (n / top) * (box.bottom - box.top);
  const label = events ? compact : (n) => bytes(n).replace(' ', '');
  return picture(width, height, (events ? 'Events' : 'Bytes') + ' by hour: ' + hours.map((h) => h.hour + ' h ' + (h.missing ? 'missing' : label(value(h)))).join(', '),
    [0, top / 2, top].map((n) => [svg('line', { class: 'gridline', x1: box.left, x2: box.right, y1: round(y(n)), y2: round(y(n)) }),
      svg('text', { class: 'tick', x: box.left - 6, y: round(y(n) + 4), 'text-anchor': 'end' }, label(n))]).flat(),
    hours.map((h) => hourBar(h, value(h), { x: box.left + h.hour * step, step, box, y, label })),
    hourTicks(box, step, height));
}

function hourBar(h, n, at) {
  const two = String(h.hour).padStart(2, '0') + ':00';
  const x = round(at.x + at.step * 0.12);
  const width = round(at.step * 0.76);
  return svg('g', {},
    h.missing && svg('rect', { class: 'gap', x: round(at.x), width: round(at.step), y: at.box.top, height: at.box.bottom - at.box.top }),
    n > 0 && svg('rect', { class: 'bar', x, width, y: round(at.y(n)), height: round(at.box.bottom - at.y(n)) }),
    h.malformed > 0 && svg('path', { class: 'malformed', d: `M${round(at.x + at.step / 2)} ${at.box.top}l5 8h-10z` }),
    svg('title', {}, two + ' ' + at.label(n) + (h.missing ? ', blobs missing' : '') + (h.malformed ? ', ' + counted(h.malformed, 'malformed line') : '')));
}

function hourTicks(box, step, height) {
  const every = step < 16 ? 6 : step < 28 ? 3 : 2;
  const marks = [];
  for (let h = 0; h <= 24; h += every) {
    marks.push(svg('text', { class: 'tick', x: round(box.left + h * step), y: height - 10, 'text-anchor': h === 24 ? 'end' : 'middle' }, String(h).padStart(2, '0')));
  }
  return marks;
}

// hatching is the pattern of what is missing: it is told by more than a colour.
function hatching(id) {
  return svg('defs', {}, svg('pattern', { id, width: 6, height: 6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
    svg('rect', { class: 'hatch-ground', width: 6, height: 6 }), svg('line', { class: 'hatch', x1: 0, x2: 0, y1: 0, y2: 6 })));
}

// timeline is a suspect's day: a cell for each hour, filled if it was seen then and
// that is known, and its first and last time.
function timeline(day, f, label) {
  return chart('timeline', (width) => {
    const box = { left: 4, right: width - 4 };
    const step = (box.right - box.left) / 24;
    const x = (part) => round(box.left + part * (box.right - box.left));
    const lacks = new Set((day.hours || []).filter((h) => h.missing).map((h) => h.hour));
    const seen = new Set(f.HoursSeen || []);
    const cls = severityClass(f.Severity);
    const [first, last] = [x(ofDay(f.FirstSeen)), x(ofDay(f.LastSeen))];
    return picture(width, 48, label,
      seen.size === 0 && [...lacks].map((h) => svg('rect', { class: 'missing', x: round(box.left + h * step), y: 4, width: round(step), height: 26 }, svg('title', {}, 'blobs missing'))),
      svg('line', { class: 'baseline', x1: box.left, x2: box.right, y1: 30, y2: 30 }),
      seen.size > 0 && Array.from({ length: 24 }, (_, h) => svg('rect', { class: seen.has(h) ? 'bar ' + cls : lacks.has(h) ? 'cell missing' : 'cell', x: round(box.left + h * step + 1), width: round(Math.max(step - 2, 1)), y: 8, height: 18 },
        svg('title', {}, String(h).padStart(2, '0') + ':00 ' + (seen.has(h) ? 'seen' : lacks.has(h) ? 'blobs missing' : 'not seen')))),
      seen.size === 0 && svg('line', { class: 'span ' + cls, x1: first, x2: last, y1: 30, y2: 30 }),
      [first, last].map((at) => svg('circle', { class: 'dot ' + cls, cx: at, cy: 30, r: 4.5 })),
      [0, 6, 12, 18, 24].map((h) => svg('text', { class: 'tick', x: x(h / 24), y: 46, 'text-anchor': h === 0 ? 'start' : h === 24 ? 'end' : 'middle' }, String(h).padStart(2, '0'))));
  });
}
