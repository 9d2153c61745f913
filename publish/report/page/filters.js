// The form above the findings: search, severity, technique, order.

// LABEL is how much of a text from events a choice in a list shows.
const LABEL = 60;

function filters(t) {
  t.search = el('input', {
    type: 'search', id: t.model.prefix + 'search', class: 'search', autocomplete: 'off', spellcheck: 'false', 'aria-keyshortcuts': '/',
    placeholder: t.model.kind.searches,
    input: (e) => choose(t, () => { t.text = e.target.value.trim().toLowerCase(); }),
    keydown: (e) => { if (e.key === 'Escape') clearFilters(t); },
  });
  document.addEventListener('keydown', (e) => {
    if (e.key !== '/' || e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) return;
    e.preventDefault();
    t.search.focus();
  });
  t.clear = el('button', { type: 'button', class: 'plain-button', click: () => { clearFilters(t); t.search.focus(); } }, 'Clear filters');
  return el('form', { class: 'filters', role: 'search', 'aria-label': t.model.prefix ? 'Findings of ' + spelled(t.model.title, LABEL) : 'Findings', submit: (e) => e.preventDefault() },
    el('div', { class: 'field grow' }, el('label', { for: t.search.id }, 'Search'), t.search),
    severityFilter(t), techniqueFilter(t), sortField(t));
}

function severityFilter(t) {
  const there = bySeverity(t.model.rows, (r) => r.severity);
  if (there.length === 0) return null;
  t.toggles = there.map(({ severity, n }) => el('button', {
    type: 'button', class: 'toggle ' + severityClass(severity), 'aria-pressed': 'false', 'data-severity': severity,
    click: () => choose(t, () => { if (!t.severities.delete(severity)) t.severities.add(severity); }),
  }, severity, ' ', el('span', { class: 'n' }, number(n))));
  return el('fieldset', { class: 'field' }, el('legend', {}, 'Severity'), el('div', { class: 'toggles' }, t.toggles));
}

function techniqueFilter(t) {
  const there = [...new Set(t.model.rows.flatMap((r) => r.techniques))].sort();
  if (there.length < 2) return null;
  t.techniques = el('select', { id: t.model.prefix + 'technique', class: 'technique', change: (e) => choose(t, () => { t.technique = e.target.value; }) },
    el('option', { value: '' }, 'all'),
    there.map((name) => el('option', { value: name }, spelled(name, LABEL) + (TECHNIQUES[name] ? ' ' + TECHNIQUES[name] : ''))));
  return el('div', { class: 'field' }, el('label', { for: t.techniques.id }, 'Technique'), t.techniques);
}

// sortField is for narrow screens, where the head of the table has no room.
function sortField(t) {
  t.sorter = el('select', { id: t.model.prefix + 'sort', change: (e) => sortBy(t, e.target.value) },
    t.columns.map((c) => el('option', { value: c.key }, c.label)));
  t.turn = el('button', { type: 'button', class: 'plain-button turn', click: () => sortBy(t, t.sort) });
  return el('div', { class: 'field sort-field' }, el('label', { for: t.sorter.id }, 'Sort by'), el('div', { class: 'pair' }, t.sorter, t.turn));
}

// choose changes what is shown, and starts at the first rows again.
function choose(t, change) {
  change();
  t.limit = PAGE;
  refresh(t);
}

function clearFilters(t) {
  choose(t, () => {
    t.text = t.technique = t.search.value = '';
    t.severities.clear();
  });
}

function fits(t, row) {
  return (t.severities.size === 0 || t.severities.has(row.severity)) &&
    (!t.technique || row.techniques.includes(t.technique)) &&
    (!t.text || searchedText(t.model.kind, row).includes(t.text));
}

// showFilters brings the form in line with what is chosen.
function showFilters(t) {
  (t.toggles || []).forEach((b) => b.setAttribute('aria-pressed', String(t.severities.has(b.dataset.severity))));
  if (t.techniques) t.techniques.value = t.technique;
  t.sorter.value = t.sort;
  t.turn.textContent = t.down ? '↓' : '↑';
  t.turn.setAttribute('aria-label', t.down ? 'descending; turn the order' : 'ascending; turn the order');
  t.said.replaceChildren(saying(t));
  t.clear.hidden = t.severities.size === 0 && !t.technique && !t.text;
}

function saying(t) {
  const all = t.model.rows.length;
  if (t.chosen.length === 0) return 'None of the ' + counted(all, 'finding') + ' fits.';
  const some = t.chosen.length === all ? counted(all, 'finding') : number(t.chosen.length) + ' of ' + counted(all, 'finding');
  return t.chosen.length > t.limit ? some + ', the first ' + number(t.limit) + ' shown' : some;
}
