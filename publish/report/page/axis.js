// Axes of numbers.

// brief writes a number on an axis or beside a bar, with at most that many digits.
function brief(n, digits = 3) {
  const units = ['', 'k', 'M', 'G', 'T'];
  let size = Math.abs(n);
  let text = '0';
  if (size >= 1e15 || (size > 0 && size < 1e-3)) {
    text = size.toExponential(Math.max(digits - 2, 0)).replace(/\.?0*e\+?/, 'e');
  } else if (size > 0) {
    let i = 0;
    for (; Number(size.toPrecision(digits)) >= 1000 && i < units.length - 1; i++) size /= 1000;
    text = Number(size.toPrecision(digits)) + units[i];
  }
  return (n < 0 ? '−' : '') + text;
}

// exact writes a number in a table.
function exact(n) {
  return Number.isInteger(n) && Math.abs(n) < 1e15 ? number(n).replace('-', '−') : String(Number(n.toPrecision(6))).replace('-', '−');
}

// niceStep is a step of 1, 2 or 5 times a power of ten, of which at most so many fit.
function niceStep(span, most) {
  const raw = span / Math.max(most, 1);
  const power = 10 ** Math.floor(Math.log10(raw));
  return ([1, 2, 5].find((m) => m * power >= raw * 0.999999) || 10) * power;
}

// linear is an axis from the place a to the place b that all numbers fit on.
function linear(numbers, a, b, most) {
  let [min, max] = ends(numbers);
  const least = Math.max(Math.abs(min), Math.abs(max)) * 1e-9;
  if (max - min <= least) {
    const room = Math.abs(min) / 2 || 1;
    [min, max] = [min - (min > 0 || min < 0 ? room : 0), max + room];
  }
  const step = niceStep(max - min, most);
  const [from, to] = [Math.floor(min / step + 1e-9), Math.ceil(max / step - 1e-9)];
  const [low, high] = [from * step, to * step];
  const digits = Math.min(Math.max(3, 1 + Math.ceil(Math.log10(Math.max(Math.abs(low), Math.abs(high)) / step))), 12);
  const at = (v) => a + ((v - low) / (high - low)) * (b - a);
  const ticks = Array.from({ length: to - from + 1 }, (_, i) => (from + i) * step).map((v) => ({ at: at(v), text: brief(Number(v.toPrecision(12)), digits) }));
  return { at, ticks, low, high };
}

// logarithmic is such an axis of numbers above 0. Bars need room below the least.
function logarithmic(numbers, a, b, most, bars) {
  const above = numbers.filter((v) => v > 0);
  const [min, max] = above.length > 0 ? ends(above) : [1, 10];
  const low = bars ? Math.log10(min) - 0.4 : Math.floor(Math.log10(min));
  const high = Math.max(bars ? Math.log10(max) + 0.05 : Math.ceil(Math.log10(max)), low + 1);
  const at = (v) => a + ((Math.log10(v) - low) / (high - low)) * (b - a);
  const powers = [];
  const every = Math.max(1, Math.ceil((high - low) / most));
  for (let p = Math.ceil(low); p <= high; p += every) powers.push(p);
  const parts = powers.length <= 2 ? [1, 2, 5] : [1];
  const shown = [...(parts.length > 1 ? [Math.floor(low)] : []), ...powers].flatMap((p) => parts.map((m) => ({ p, v: m * 10 ** p })));
  const inside = shown.filter(({ v }) => v > 0 && Math.log10(v) >= low - 1e-9 && Math.log10(v) <= high + 1e-9);
  return { at, ticks: inside.map(({ v }) => ({ at: at(v), text: brief(v) })), low: 10 ** low, high: 10 ** high };
}

function ends(numbers) {
  let [min, max] = [Infinity, -Infinity];
  numbers.forEach((v) => {
    if (v < min) min = v;
    if (v > max) max = v;
  });
  return min <= max ? [min, max] : [0, 1];
}

// axis is one of either kind.
function axis(log, numbers, a, b, most, bars) {
  return log ? logarithmic(numbers, a, b, most, bars) : linear(bars ? [0, ...numbers] : numbers, a, b, most);
}

// tight is an axis that ends where the numbers end, and a part of it further.
function tight(log, numbers, a, b, most, room) {
  const whole = axis(log, numbers, 0, 1, most);
  const [low, high] = ends(numbers).map(whole.at);
  const more = (high - low) * room;
  const [from, to] = high > low ? [low - more, high + more] : [0, 1];
  const at = (part) => a + ((part - from) / (to - from)) * (b - a);
  const inside = (t) => t.at >= from - 1e-6 && t.at <= to + 1e-6;
  return { at: (v) => at(whole.at(v)), ticks: whole.ticks.filter(inside).map((t) => ({ at: at(t.at), text: t.text })) };
}

// LETTER is how wide a character of a tick is, about.
const LETTER = 6.6;

// tickRoom is the room that ticks need on the left.
function tickRoom(ticks) {
  return Math.ceil(Math.max(2, ...ticks.map((t) => t.text.length)) * LETTER + 10);
}

function ticksLeft(ticks, box) {
  return ticks.flatMap((t) => [svg('line', { class: 'gridline', x1: box.left, x2: box.right, y1: round(t.at), y2: round(t.at) }),
    svg('text', { class: 'tick', x: box.left - 6, y: round(t.at + 4), 'text-anchor': 'end' }, t.text)]);
}

function ticksBelow(ticks, box, lines) {
  return ticks.flatMap((t) => [lines && svg('line', { class: 'gridline', x1: round(t.at), x2: round(t.at), y1: box.top, y2: box.bottom }),
    svg('text', { class: 'tick', x: round(t.at), y: box.bottom + 16, 'text-anchor': anchorAt(t.at, box, t.text) }, t.text)].filter(Boolean));
}

// anchorAt keeps a text of the edges within the picture.
function anchorAt(x, box, text) {
  const half = (text.length * LETTER) / 2;
  if (x + half > box.right + box.margin) return 'end';
  return x - half < 0 ? 'start' : 'middle';
}
