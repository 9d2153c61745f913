// How elements and text come to be. Whatever is shown of the data goes through
// here, as text.

const SVG = 'http://www.w3.org/2000/svg';

// el makes an HTML element. Children are elements or strings; absent ones are left out.
function el(tag, attributes, ...children) {
  return dress(document.createElement(tag), attributes, children);
}

// svg makes an SVG element.
function svg(tag, attributes, ...children) {
  return dress(document.createElementNS(SVG, tag), attributes, children);
}

function dress(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === 'function') node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.flat().filter((c) => c !== undefined && c !== null && c !== false && c !== ''));
  return node;
}

// SEEN are the characters that show as something. What is left looks like nothing,
// or like a gap, or turns text around.
const SEEN = /^(?![\p{Default_Ignorable_Code_Point}\u2800\u{13441}\u{13442}\u{16FE4}\u{1D159}])[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

// MARKS_ON_ONE is how many combining marks in a row are left as they are: more of
// them would be drawn over the lines around.
const MARKS_ON_ONE = 2;

// characters takes a text apart: each with its code point in words, if it has to be
// told because it cannot be seen.
function characters(text) {
  const all = [...text];
  let marks = 0;
  return all.map((char, i) => {
    marks = /\p{M}/u.test(char) ? marks + 1 : 0;
    const edge = char === ' ' && (i === 0 || i === all.length - 1);
    const seen = SEEN.test(char) && !edge && marks <= MARKS_ON_ONE;
    return { char, code: seen ? '' : codePoint(char) };
  });
}

function codePoint(char) {
  return 'U+' + char.codePointAt(0).toString(16).toUpperCase().padStart(4, '0');
}

// spelled is a text with its unseen characters told, for attributes and labels.
function spelled(text, most = 300) {
  const all = characters(text);
  const shown = all.slice(0, most).map((c) => (c.code ? '<' + c.code + '>' : c.char)).join('');
  return all.length > most ? shown + '…' : shown;
}

// show is a text from events, its unseen characters told and those at marks marked.
// Its direction is its own affair: it does not turn what stands around it.
function show(text, { marks = [], most = 4000, cls = '' } = {}) {
  const at = new Set(marks);
  const all = characters(text);
  const node = el('bdi', { dir: 'ltr', class: ('text ' + cls).trim() });
  let plain = '';
  let marked = null;
  const flush = () => {
    if (plain) (marked || node).append(plain);
    plain = '';
  };
  all.slice(0, most).forEach((c, i) => {
    if (at.has(i) !== Boolean(marked)) {
      flush();
      marked = at.has(i) ? node.appendChild(el('mark')) : null;
    }
    if (!c.code) {
      plain += c.char;
      return;
    }
    flush();
    (marked || node).append(el('span', { class: 'cp' }, c.code));
  });
  flush();
  if (all.length > most) node.append(el('span', { class: 'more' }, ' … ' + number(all.length - most) + ' more characters'));
  return node;
}

// prose is a sentence that may hold text from events.
function prose(text) {
  return show(text, { most: 1000, cls: 'prose' });
}

const GROUPED = new Intl.NumberFormat('en-US');

function number(n) {
  return GROUPED.format(n || 0);
}

// counted is such as "1 finding" or "29 findings".
function counted(n, one, many = one + 's') {
  return number(n) + ' ' + (n === 1 ? one : many);
}

function bytes(n) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) {
    n /= 1000;
    i++;
  }
  return (i === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)) + ' ' + units[i];
}

function percentRank(p) {
  return (p || 0).toFixed(3);
}

// clock is the time of day of an ISO 8601 timestamp, to the second.
function clock(time) {
  return /T\d\d:\d\d:\d\d/.test(time || '') ? time.slice(11, 19) : '';
}

// ofDay is how much of its day a timestamp has behind it, 0 to 1.
function ofDay(time) {
  const m = /T(\d\d):(\d\d):(\d\d)/.exec(time || '');
  return m ? (m[1] * 3600 + m[2] * 60 + Number(m[3])) / 86400 : 0;
}

// hourRanges writes ascending hours, those in a row as a range: "03, 07–09".
function hourRanges(hours) {
  const parts = [];
  const two = (h) => String(h).padStart(2, '0');
  for (let i = 0; i < hours.length;) {
    let last = i;
    while (last + 1 < hours.length && hours[last + 1] === hours[last] + 1) last++;
    parts.push(last === i ? two(hours[i]) : two(hours[i]) + '–' + two(hours[last]));
    i = last + 1;
  }
  return parts.join(', ');
}
