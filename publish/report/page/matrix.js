// A matrix of numbers between -1 and 1.

function drawMatrix(width, c) {
  const rows = c.series.map((s) => s.name);
  const wide = (list, most) => Math.max(...list.map((l) => Math.min([...spelled(l, most + 1)].length, most)));
  const left = Math.ceil(Math.min(wide(rows, 40) * 7.3 + 14, width * 0.36));
  const side = Math.min((width - left - 4) / c.labels.length, 64);
  const tall = Math.max(Math.min(side, 30), 16);
  const named = side >= 10; // else the names of columns are left to the table, too
  const box = { left, top: named ? wide(c.labels, 18) * 7.3 + 14 : 4 };
  const letters = Math.floor((left - 12) / 7.3);
  const size = side >= 30 ? 'large' : side >= 21 ? 'tiny' : ''; // numbers that nobody can read are left to the table
  return picture(width, box.top + rows.length * tall + 4, spelled(c.title, 120) + ': matrix, ' + rows.length + ' by ' + c.labels.length,
    rows.map((name, i) => nameText(left - 8, box.top + (i + 0.5) * tall + 4, name, [], letters, 'end')),
    named && c.labels.map((name, i) => turned(left + (i + 0.5) * side + 4, box.top - 8, name)),
    c.series.map((s, i) => s.values.map((v, j) => square({ x: left + j * side, y: box.top + i * tall, side, tall }, v, size, spelled(s.name, 80) + ', ' + spelled(c.labels[j], 80), (s.marks || []).includes(j)))).flat());
}

// turned is a text that goes upwards.
function turned(x, y, name) {
  const text = nameText(x, y, name, [], 18, '');
  text.setAttribute('transform', `rotate(-90 ${round(x)} ${round(y)})`);
  return text;
}

function square(at, v, size, name, marked) {
  return svg('g', {}, svg('rect', { class: 'square ' + tone(v) + (marked ? ' marked' : ''), x: round(at.x + 0.5), y: round(at.y + 0.5), width: round(Math.max(at.side - 1, 1)), height: round(Math.max(at.tall - 1, 1)) }),
    size && svg('text', { class: 'in-square ' + size + ' ' + tone(v), x: round(at.x + at.side / 2), y: round(at.y + at.tall / 2 + 3.5), 'text-anchor': 'middle' }, shortPart(v)),
    svg('title', {}, name + ': ' + exact(v) + (marked ? ' (pointed out)' : '')));
}

// tone is the class of a value: one of eleven, from -1 over 0 to 1.
function tone(v) {
  const step = Math.round(Math.max(-1, Math.min(1, v)) * 5);
  return step === 0 ? 'm-0' : step < 0 ? 'm-n' + -step : 'm-p' + step;
}

// shortPart writes 0.52 as .52.
function shortPart(v) {
  const text = Math.abs(v).toFixed(2);
  const digits = text.startsWith('0') ? text.slice(1) : '1';
  return digits === '.00' ? '0' : (v < 0 ? '−' : '') + digits;
}

// cellTable has the greatest values first, of either sign.
function cellTable(c) {
  const cells = c.series.flatMap((s) => s.values.map((v, i) => ({ s, v, i })));
  cells.sort((a, b) => Math.abs(b.v) - Math.abs(a.v));
  return { heads: [c.x || 'Row', 'Column', c.y || 'Value'].map((h) => spelled(h, 40)), all: cells.length, first: ', those farthest from 0',
    rows: cells.slice(0, MOST_NUMBERS).map(({ s, v, i }) => [show(s.name, { most: 300 }), show(c.labels[i], { most: 300 }), exact(v)]) };
}
