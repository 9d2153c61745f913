// What all charts share. They are drawn as wide as they are shown, so that their
// text keeps its size, and anew when that changes.

// PAPER is the width at which charts are drawn for print, in CSS pixels.
const PAPER = 680;

// chart is a place that draw(width) fills with a picture.
function chart(cls, draw) {
  const box = el('div', { class: 'chart ' + cls });
  let drawn = 0;
  box.redraw = (width) => {
    if (width <= 0 || width === drawn) return;
    drawn = width;
    box.replaceChildren(draw(width));
  };
  new ResizeObserver(() => later(() => box.redraw(Math.floor(box.clientWidth)))).observe(box);
  return box;
}

// later runs a task before the next picture: what is drawn while sizes are told may
// change sizes again, which browsers complain of.
function later(task) {
  requestAnimationFrame(task);
}

// chartsNow draws the charts in a part of the page, for the width that they have.
function chartsNow(part) {
  part.querySelectorAll('.chart').forEach((box) => box.redraw(Math.floor(box.clientWidth)));
}

// chartsForPrint draws all charts for paper and returns what undoes it.
function chartsForPrint() {
  const all = [...document.querySelectorAll('.chart')];
  all.forEach((box) => box.redraw(PAPER));
  return () => chartsNow(document);
}

// picture is an SVG of a size, with what it says in words.
function picture(width, height, label, ...children) {
  return svg('svg', { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': label }, ...children);
}

// figure is a chart with a title and a sentence that tells what is to be seen.
function figure(id, title, words, ...content) {
  return el('figure', { id, 'aria-labelledby': id + '-title' },
    el('h3', { id: id + '-title' }, title), el('figcaption', {}, words), ...content);
}

function words(x, y, text, cls = '') {
  return svg('text', { x: round(x), y: round(y), class: cls }, text);
}

// name is a text from events in a picture, cut to a number of characters.
function nameText(x, y, text, marks, most, cls) {
  const at = new Set(marks || []);
  const all = characters(text);
  const parts = [];
  let left = most;
  for (const [i, c] of all.entries()) {
    const shown = c.code ? '<' + c.code + '>' : c.char;
    left -= [...shown].length;
    if (left < 1 && i < all.length - 1) {
      parts.push(svg('tspan', {}, '…'));
      break;
    }
    parts.push(svg('tspan', { class: c.code ? 'cp' : at.has(i) ? 'mark' : undefined }, shown));
  }
  return svg('text', { x: round(x), y: round(y), class: 'name ' + cls }, merged(parts), svg('title', {}, spelled(text)));
}

// merged puts neighbours of the same kind together.
function merged(parts) {
  const out = [];
  for (const p of parts) {
    const last = out[out.length - 1];
    if (last && last.getAttribute('class') === p.getAttribute('class')) last.textContent += p.textContent;
    else out.push(p);
  }
  return out;
}

function round(x) {
  return Math.round(x * 10) / 10;
}

// key explains the marks of a chart.
function key(...entries) {
  return el('ul', { class: 'key' }, entries.filter(Boolean).map(([cls, text]) => el('li', {}, el('span', { class: 'swatch ' + cls, 'aria-hidden': 'true' }), text)));
}

// niceTop is the end of an axis that a greatest value fits on, of which half is short to write, too.
function niceTop(n) {
  const power = 10 ** Math.floor(Math.log10(Math.max(n, 1)));
  return [1, 2, 3, 4, 6, 8, 10].map((m) => m * power).find((v) => v >= n);
}

// compact writes numbers on axes: 1,200 as 1.2k.
function compact(n) {
  const units = ['', 'k', 'M', 'G', 'T'];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) {
    n /= 1000;
    i++;
  }
  return String(Math.round(n * 10) / 10) + units[i];
}
