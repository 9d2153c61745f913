// The findings: a table that sorts, filters and opens.

// PAGE is how many rows are added at a time: the page stays quick with thousands.
const PAGE = 50;

// ROOM tells whether there is room for all columns.
const ROOM = matchMedia('(min-width: 961px)');

// columns have what a row is sorted by; numbers start with the greatest. Those that
// are roomy give way on narrow screens.
function columns(model) {
  return model.kind.columns(model).filter(Boolean);
}

function shownColumns(t) {
  return t.roomy ? t.columns : t.columns.filter((c) => !c.roomy);
}

function findingsSection(model) {
  const id = model.prefix + 'findings';
  const section = el('section', { id, 'aria-labelledby': id + '-title' },
    el('h2', { id: id + '-title', tabindex: '-1' }, 'Findings'));
  if (model.rows.length === 0) {
    section.append(nothingFound(model));
    return section;
  }
  const t = newTable(model);
  section.append(filters(t), el('div', { class: 'said-line' }, t.said, t.clear), t.printed, t.node, t.more);
  layOut(t, ROOM.matches);
  ROOM.addEventListener('change', () => layOut(t, ROOM.matches));
  model.table = t;
  return section;
}

function nothingFound(model) {
  const why = model.days.filter((d) => d.empty).map((d) => el('p', {}, prose((model.range ? d.date + ': ' : '') + d.empty)));
  return el('div', { class: 'empty' }, el('p', { class: 'lead' }, model.kind.none), why);
}

// newTable is the table with what is chosen in it.
function newTable(model) {
  const t = {
    model,
    columns: columns(model), roomy: true,
    text: '', severities: new Set(), technique: '',
    sort: model.kind.first(model), down: true,
    limit: PAGE, chosen: [], open: new Set(),
    said: el('p', { class: 'said', role: 'status' }),
    printed: el('p', { class: 'printed' }),
    head: el('tr'),
  };
  t.body = el('tbody', { keydown: (e) => keys(t, e) });
  t.node = el('div', { class: 'table-box' }, el('table', { class: 'findings' + (model.range ? ' range' : '') + (model.weighed ? '' : ' unweighed') },
    el('caption', { class: 'hidden' }, 'Findings; each row opens to its evidence'), el('thead', {}, t.head), t.body));
  t.more = el('div', { class: 'more-box' },
    el('button', { type: 'button', class: 'plain-button', click: () => showMore(t) }));
  return t;
}

// layOut makes the table for the room that there is.
function layOut(t, roomy) {
  t.roomy = roomy;
  t.head.replaceChildren(...shownColumns(t).map((c) => el('th', { scope: 'col', class: 'c-' + c.key + (c.number ? ' num' : ''), 'data-key': c.key, title: c.hint },
    el('button', { type: 'button', class: 'sort', click: () => sortBy(t, c.key) }, c.label, el('span', { class: 'arrow', 'aria-hidden': 'true' })))));
  refresh(t);
}

function sortBy(t, key) {
  choose(t, () => {
    t.down = t.sort === key ? !t.down : Boolean(t.columns.find((c) => c.key === key).down);
    t.sort = key;
  });
}

function showMore(t) {
  const before = t.limit;
  t.limit += PAGE * 2;
  refresh(t);
  const next = t.body.querySelectorAll('tr.row')[before];
  if (next) next.querySelector('button').focus();
}

// refresh brings the table in line with what is chosen.
function refresh(t) {
  const column = t.columns.find((c) => c.key === t.sort);
  t.chosen = sorted(t.model.rows.filter((r) => fits(t, r)), column, t.down);
  t.body.replaceChildren(...t.chosen.slice(0, t.limit).flatMap((row) => rowNodes(t, row)));
  if (t.chosen.length === 0) t.body.append(el('tr', { class: 'nothing' }, el('td', { colspan: shownColumns(t).length }, 'No finding fits the filters.')));
  for (const head of t.head.children) {
    if (head.dataset.key === t.sort) head.setAttribute('aria-sort', t.down ? 'descending' : 'ascending');
    else head.removeAttribute('aria-sort');
  }
  const left = t.chosen.length - t.limit;
  t.more.hidden = left <= 0;
  t.more.firstChild.textContent = 'Show ' + number(Math.min(left, PAGE * 2)) + ' more of ' + number(left);
  showFilters(t);
  chartsNow(t.body);
}

// sorted keeps the order of equals as the detector has it.
function sorted(rows, column, down) {
  const sign = down ? -1 : 1;
  const keyed = rows.map((row) => ({ row, v: column.value(row) }));
  keyed.sort((a, b) => (a.v < b.v ? -sign : a.v > b.v ? sign : 0));
  return keyed.map((k) => k.row);
}

// clicked opens a row by the mouse, unless somebody selects text in it.
function clicked(t, row) {
  if (String(window.getSelection()) === '') toggle(t, row);
}

function toggle(t, row) {
  if (!t.open.delete(row.id)) t.open.add(row.id);
  const node = t.body.querySelectorAll('tr.row')[t.chosen.indexOf(row)];
  if (!node) return;
  const focused = node.contains(document.activeElement);
  if (node.nextElementSibling && node.nextElementSibling.classList.contains('detail')) node.nextElementSibling.remove();
  const nodes = rowNodes(t, row);
  node.replaceWith(...nodes);
  nodes.forEach(chartsNow);
  if (focused) nodes[0].querySelector('.opener').focus();
}

// keys moves among the rows by the arrow keys, Home and End; Escape closes what is open.
function keys(t, e) {
  if (e.key === 'Escape') {
    closeAround(t, e);
    return;
  }
  if (!e.target.classList.contains('opener')) return;
  const all = [...t.body.querySelectorAll('.opener')];
  const at = all.indexOf(e.target);
  const next = { ArrowDown: all[at + 1], ArrowUp: all[at - 1], Home: all[0], End: all[all.length - 1] }[e.key];
  if (!next) return;
  e.preventDefault();
  next.focus();
}

function closeAround(t, e) {
  const node = e.target.closest('tr');
  const main = node && node.classList.contains('detail') ? node.previousElementSibling : node;
  if (!main || !main.classList.contains('open')) return;
  const opener = main.querySelector('.opener');
  opener.focus();
  opener.click();
}

// openRow opens a finding that something leads to, and goes there.
function openRow(t, row) {
  t.open.add(row.id);
  if (!t.chosen.includes(row)) clearFilters(t);
  t.limit = Math.max(t.limit, t.chosen.indexOf(row) + 1);
  refresh(t);
  const node = t.body.querySelectorAll('tr.row')[t.chosen.indexOf(row)];
  later(() => {
    node.scrollIntoView({ block: 'start' });
    node.querySelector('.opener').focus({ preventScroll: true });
  });
}

// forPrint shows on paper what the filters leave, up to a number of rows that somebody
// can hold, and the evidence of the first.
function forPrint(t) {
  const rows = 500;
  const opened = 40;
  const kept = { limit: t.limit, open: t.open };
  t.limit = rows;
  t.open = new Set(t.chosen.slice(0, opened).map((r) => r.id));
  layOut(t, false);
  t.printed.textContent = printedSaying(t, rows, opened);
  return () => {
    Object.assign(t, kept);
    t.printed.textContent = '';
    layOut(t, ROOM.matches);
  };
}

function printedSaying(t, rows, opened) {
  const n = t.chosen.length;
  const parts = [];
  if (n > rows) parts.push('The first ' + number(rows) + ' of ' + counted(n, 'finding') + ' are printed.');
  if (n > opened) parts.push('The first ' + number(opened) + ' have their evidence; to print that of others, filter first.');
  return parts.join(' ');
}
