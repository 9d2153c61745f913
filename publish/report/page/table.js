// The findings: search, filters, a table that sorts and opens.

// PAGE is how many rows are added at a time: the page stays quick with thousands.
const PAGE = 50;

// COLUMNS have what a row is sorted by; numbers start with the greatest.
function columns(model) {
  const f = (row) => row.best.finding;
  return [
    model.weighed && { key: 'score', label: 'Score', value: (r) => f(r).Score || 0, down: true },
    { key: 'suspect', label: 'Suspect', value: (r) => f(r).PotentiallyMaliciousProcess },
    { key: 'imitated', label: 'Looks like', value: (r) => f(r).NormalProcess },
    { key: 'similarity', label: 'Similar', hint: 'similarity, 0 to 1', value: (r) => f(r).AnomalyScore, down: true, number: true },
    { key: 'events', label: 'Seen', hint: 'events with the suspect', value: (r) => f(r).MaliciousCount, down: true, number: true },
    { key: 'hosts', label: 'Hosts', value: (r) => hosts(f(r)), down: true, number: true },
    model.range && { key: 'days', label: 'Days', value: (r) => r.seen.length, down: true, number: true },
    { key: 'first', label: 'First seen', value: (r) => r.first },
    { key: 'technique', label: 'Technique', value: (r) => r.techniques.join(' ') },
  ].filter(Boolean);
}

function findingsSection(model) {
  const section = el('section', { id: 'findings', 'aria-labelledby': 'findings-title' },
    el('h2', { id: 'findings-title', tabindex: '-1' }, 'Findings'));
  if (model.rows.length === 0) {
    section.append(nothingFound(model));
    return section;
  }
  const table = newTable(model);
  section.append(filters(table), table.said, table.node, table.more, table.printed);
  refresh(table);
  openLinked(table);
  window.addEventListener('hashchange', () => openLinked(table));
  model.table = table;
  return section;
}

function nothingFound(model) {
  const why = model.days.filter((d) => d.Empty || d.empty).map((d) => el('p', {}, show((model.range ? d.date + ': ' : '') + d.empty)));
  return el('div', { class: 'empty' }, el('p', {}, 'No process name was found to imitate another.'), why);
}

// newTable is the table with what is chosen in it.
function newTable(model) {
  const t = {
    model,
    columns: columns(model),
    text: '', severities: new Set(), technique: '',
    sort: model.weighed ? 'score' : 'similarity', down: true,
    limit: PAGE, chosen: [], open: new Set(),
    said: el('p', { class: 'said', role: 'status', 'aria-live': 'polite' }),
    printed: el('p', { class: 'printed' }),
  };
  t.body = el('tbody', { keydown: (e) => arrows(t, e) });
  t.heads = t.columns.map((c) => el('th', { scope: 'col', class: 'c-' + c.key + (c.number ? ' num' : ''), title: c.hint },
    el('button', { type: 'button', class: 'sort', click: () => sortBy(t, c.key) }, c.label, el('span', { class: 'arrow', 'aria-hidden': 'true' }))));
  t.node = el('div', { class: 'table-box' }, el('table', { class: 'findings' + (model.range ? ' range' : '') + (model.weighed ? '' : ' unweighed') },
    el('caption', { class: 'hidden' }, 'Findings; each row opens to its evidence'),
    el('thead', {}, el('tr', {}, t.heads)), t.body));
  t.more = el('div', { class: 'more-box' },
    el('button', { type: 'button', class: 'show-more', click: () => showMore(t) }));
  return t;
}

// filters is the form above the table.
function filters(t) {
  const search = el('input', {
    type: 'search', id: 'search', autocomplete: 'off', spellcheck: 'false',
    placeholder: 'name, path, host, account, command line …',
    input: (e) => choose(t, () => { t.text = e.target.value.trim().toLowerCase(); }),
  });
  document.addEventListener('keydown', (e) => {
    if (e.key !== '/' || e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) return;
    e.preventDefault();
    search.focus();
  });
  return el('form', { class: 'filters', role: 'search', submit: (e) => e.preventDefault() },
    el('div', { class: 'field grow' }, el('label', { for: 'search' }, 'Search'), search),
    severityFilter(t), techniqueFilter(t), sortField(t));
}

function severityFilter(t) {
  const there = bySeverity(t.model.rows, (r) => r.severity);
  if (there.length === 0) return null;
  return el('fieldset', { class: 'field' }, el('legend', {}, 'Severity'), el('div', { class: 'toggles' },
    there.map(({ severity, n }) => el('button', {
      type: 'button', class: 'toggle ' + severityClass(severity), 'aria-pressed': 'false', 'data-severity': severity,
      click: (e) => choose(t, () => {
        const on = !t.severities.delete(severity);
        if (on) t.severities.add(severity);
        e.currentTarget.setAttribute('aria-pressed', String(on));
      }),
    }, severity, el('span', { class: 'n' }, number(n))))));
}

function techniqueFilter(t) {
  const there = [...new Set(t.model.rows.flatMap((r) => r.techniques))].sort();
  if (there.length < 2) return null;
  return el('div', { class: 'field' }, el('label', { for: 'technique' }, 'Technique'),
    el('select', { id: 'technique', change: (e) => choose(t, () => { t.technique = e.target.value; }) },
      el('option', { value: '' }, 'all'),
      there.map((name) => el('option', { value: name }, spelled(name) + (TECHNIQUES[name] ? ' ' + TECHNIQUES[name] : '')))));
}

// sortField is for narrow screens, where the head of the table has no room.
function sortField(t) {
  t.sorter = el('select', { id: 'sort', change: (e) => sortBy(t, e.target.value) },
    t.columns.map((c) => el('option', { value: c.key }, c.label)));
  return el('div', { class: 'field sort-field' }, el('label', { for: 'sort' }, 'Sort by'), t.sorter);
}

// choose changes what is shown, and starts at the first rows again.
function choose(t, change) {
  change();
  t.limit = PAGE;
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
  t.heads.forEach((head, i) => {
    const on = t.columns[i].key === t.sort;
    if (on) head.setAttribute('aria-sort', t.down ? 'descending' : 'ascending');
    else head.removeAttribute('aria-sort');
  });
  t.sorter.value = t.sort;
  const left = t.chosen.length - t.limit;
  t.more.hidden = left <= 0;
  t.more.firstChild.textContent = 'Show ' + number(Math.min(left, PAGE * 2)) + ' more of ' + number(left);
  t.said.textContent = saying(t);
}

function saying(t) {
  const all = t.model.rows.length;
  if (t.chosen.length === 0) return 'None of the ' + counted(all, 'finding') + ' fits.';
  const some = t.chosen.length === all ? counted(all, 'finding') : number(t.chosen.length) + ' of ' + counted(all, 'finding');
  return t.chosen.length > t.limit ? some + ', the first ' + number(t.limit) + ' shown' : some;
}

function fits(t, row) {
  return (t.severities.size === 0 || t.severities.has(row.severity)) &&
    (!t.technique || row.techniques.includes(t.technique)) &&
    (!t.text || searchedText(row).includes(t.text));
}

// sorted keeps the order of equals as the detector has it.
function sorted(rows, column, down) {
  const sign = down ? -1 : 1;
  const keyed = rows.map((row) => ({ row, v: column.value(row) }));
  keyed.sort((a, b) => (a.v < b.v ? -sign : a.v > b.v ? sign : 0));
  return keyed.map((k) => k.row);
}

function rowNodes(t, row) {
  const open = t.open.has(row.id);
  const main = rowNode(t, row, open);
  return open ? [main, detailRow(t, row)] : [main];
}

function rowNode(t, row, open) {
  const f = row.best.finding;
  const cell = (key, ...children) => el('td', { class: 'c-' + key + (t.columns.find((c) => c.key === key).number ? ' num' : '') }, ...children);
  const small = (what) => el('span', { class: 'small' }, what);
  const path = (f.Paths || [])[0];
  const also = (f.Paths || []).length - 1;
  return el('tr', { class: 'row ' + severityClass(row.severity) + (open ? ' open' : ''), click: (e) => clicked(t, row, e) },
    t.model.weighed && cell('score', scoreBadge(f, row.severity)),
    cell('suspect',
      el('button', { type: 'button', class: 'opener', 'aria-expanded': String(open), 'aria-controls': open ? detailID(row) : undefined, click: (e) => { e.stopPropagation(); toggle(t, row); } },
        el('span', { class: 'caret', 'aria-hidden': 'true' }), show(f.PotentiallyMaliciousProcess, { marks: f.Marks, most: 120, cls: 'name' })),
      path && el('span', { class: 'small path' }, show(path.value, { most: 200 }), also > 0 && ' +' + also)),
    cell('imitated', f.NormalProcess ? show(f.NormalProcess, { most: 120, cls: 'name' }) : el('span', { class: 'quiet' }, 'no other name'),
      f.NormalCount > 0 && small('seen ' + counted(f.NormalCount, 'time'))),
    cell('similarity', f.NormalProcess ? f.AnomalyScore.toFixed(3) : '–'),
    cell('events', number(f.MaliciousCount)),
    cell('hosts', number(hosts(f)), f.EstateHosts > 0 && small('of ' + number(f.EstateHosts))),
    t.model.range && cell('days', row.seen.length + ' of ' + t.model.days.length),
    cell('first', t.model.range ? row.first.slice(0, 10) : clock(row.first), t.model.range && small(clock(row.first))),
    cell('technique', row.techniques[0] ? show(row.techniques[0], { most: 40 }) : '–',
      row.techniques.length > 1 && small('+' + (row.techniques.length - 1))));
}

function scoreBadge(f, severity) {
  return [el('span', { class: 'badge ' + severityClass(severity) }, severity || 'none'), el('span', { class: 'score' }, String(f.Score || 0))];
}

function detailID(row) {
  return 'd-' + row.id.replace(/[^\w-]/g, '_');
}

function detailRow(t, row) {
  return el('tr', { class: 'detail', id: detailID(row) }, el('td', { colspan: t.columns.length }, detail(t.model, row)));
}

// clicked opens a row by the mouse, unless somebody selects text in it.
function clicked(t, row) {
  if (String(window.getSelection()) === '') toggle(t, row);
}

function toggle(t, row) {
  if (!t.open.delete(row.id)) t.open.add(row.id);
  const at = t.chosen.indexOf(row);
  const node = t.body.querySelectorAll('tr.row')[at];
  if (!node) return;
  if (node.nextElementSibling && node.nextElementSibling.classList.contains('detail')) node.nextElementSibling.remove();
  const focused = node.contains(document.activeElement);
  const nodes = rowNodes(t, row);
  node.replaceWith(...nodes);
  if (focused) nodes[0].querySelector('.opener').focus();
}

// arrows moves among the rows by the arrow keys.
function arrows(t, e) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
  if (!step || !e.target.classList.contains('opener')) return;
  const all = [...t.body.querySelectorAll('.opener')];
  const next = all[all.indexOf(e.target) + step];
  if (!next) return;
  e.preventDefault();
  next.focus();
}

// openLinked opens the finding that the address names, as #mq-….
function openLinked(t) {
  const row = t.model.rows.find((r) => r.id === decodeURIComponent(location.hash.slice(1)));
  if (!row) return;
  t.open.add(row.id);
  if (!t.chosen.includes(row)) return;
  t.limit = Math.max(t.limit, t.chosen.indexOf(row) + 1);
  refresh(t);
  const node = t.body.querySelectorAll('tr.row')[t.chosen.indexOf(row)];
  node.scrollIntoView({ block: 'start' });
  node.querySelector('.opener').focus({ preventScroll: true });
}

// forPrint shows on paper what the filters leave, up to a number of rows that somebody
// can hold, and the evidence of the first.
function forPrint(t) {
  const rows = 500;
  const opened = 40;
  const kept = { limit: t.limit, open: t.open };
  t.limit = rows;
  t.open = new Set(t.chosen.slice(0, opened).map((r) => r.id));
  refresh(t);
  t.printed.textContent = printedSaying(t, rows, opened);
  return () => {
    Object.assign(t, kept);
    t.printed.textContent = '';
    refresh(t);
  };
}

function printedSaying(t, rows, opened) {
  const n = t.chosen.length;
  const parts = [];
  if (n > rows) parts.push('The first ' + number(rows) + ' of ' + counted(n, 'finding') + ' are printed.');
  if (n > opened) parts.push('The first ' + number(opened) + ' have their evidence; to print that of others, filter first.');
  return parts.join(' ');
}
