// A tab for each hunt. The address leads to one, to a section in it, or to a finding.

// allVerdict is the one line of a page with tabs.
function allVerdict(models) {
  const rows = models.flatMap((m) => m.rows);
  const how = tallySeverities(rows, (r) => r.severity);
  const nothing = models.every((m) => m.nothing);
  const text = nothing ? 'Nothing was read.' : (rows.length === 0 ? 'No finding' : counted(rows.length, 'finding')) + ' of ' + counted(models.length, 'hunt') + (how ? ': ' + how : '') + '.';
  return el('h1', { class: 'verdict ' + (nothing ? 'sev-unsure' : severityClass(worst(rows))) }, text);
}

// tabbed are the tabs and what belongs to each.
function tabbed(models) {
  models.forEach((model) => { model.tab = newTab(models, model); });
  const panels = models.map(newPanel);
  select(models, models[0]);
  return [el('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Hunts', keydown: (e) => tabKeys(models, e) }, models.map((m) => m.tab)), ...panels];
}

function newTab(models, model) {
  const n = model.rows.length;
  return el('button', {
    type: 'button', role: 'tab', id: 'tab-' + model.name, 'aria-controls': 'hunt-' + model.name,
    class: 'tab ' + (model.nothing ? 'sev-unsure' : severityClass(worst(model.rows))), click: () => visit(models, model),
  }, show(model.title, { most: 60, cls: 'prose' }), ' ', el('span', { class: 'n' }, number(n), el('span', { class: 'hidden' }, n === 1 ? ' finding' : ' findings')));
}

function newPanel(model) {
  const part = el('div', { class: 'part' }, content(model));
  const settings = (model.data.settings || []).length > 0 && el('a', { href: '#settings' }, 'Settings');
  const nav = contents(part);
  if (settings) nav.append(settings);
  nav.setAttribute('aria-label', 'Sections of ' + spelled(model.title, 60));
  model.panel = el('div', { class: 'panel', role: 'tabpanel', id: 'hunt-' + model.name, 'aria-labelledby': 'tab-' + model.name, tabindex: '0' },
    el('div', { class: 'banner' }, el('p', { class: 'brand on-paper' }, prose(model.title)), banner(model, 'h2'), nav), part);
  model.show = () => shown(model);
  return model.panel;
}

// shown shows a panel and returns what undoes it.
function shown(model) {
  const before = model.panel.hidden;
  model.panel.hidden = false;
  return () => { model.panel.hidden = before; };
}

// select shows one tab's panel alone.
function select(models, chosen) {
  models.forEach((model) => {
    const on = model === chosen;
    model.tab.setAttribute('aria-selected', String(on));
    model.tab.setAttribute('tabindex', on ? '0' : '-1');
    model.panel.hidden = !on;
  });
  chartsNow(chosen.panel);
}

// visit selects a tab and says so in the address, without a step back for each.
function visit(models, model) {
  select(models, model);
  history.replaceState(null, '', '#' + model.name);
}

// tabKeys moves among the tabs by the arrow keys, Home and End.
function tabKeys(models, e) {
  const at = models.findIndex((m) => m.tab === e.target);
  const last = models.length - 1;
  const next = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[e.key];
  if (at < 0 || next === undefined || e.ctrlKey || e.metaKey || e.altKey) return;
  e.preventDefault();
  visit(models, models[next]);
  models[next].tab.focus();
}

// follow goes where the address leads, now and whenever it changes.
function follow(models) {
  const go = () => {
    const to = unescaped(location.hash.slice(1));
    const model = models.find((m) => m.rows.some((r) => r.id === to));
    if (model) {
      if (model.tab) select(models, model);
      openRow(model.table, model.rows.find((r) => r.id === to));
      return;
    }
    const place = to && document.getElementById(to);
    const part = models.find((m) => m.tab && (m.name === to || (place && m.panel.contains(place))));
    if (!part || !part.panel.hidden) return;
    select(models, part);
    if (place) later(() => place.scrollIntoView());
  };
  window.addEventListener('hashchange', go);
  go();
}

// unescaped is a fragment as text; what is not escaped well leads nowhere.
function unescaped(fragment) {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return '';
  }
}

// lead goes to a finding of a model, as its link does, also a second time.
function lead(model, row) {
  history.replaceState(null, '', '#' + encodeURIComponent(row.id));
  openRow(model.table, row);
}
