// The page from top to bottom.

function start() {
  const models = readModels();
  const [head, main] = [document.getElementById('head'), document.getElementById('main')];
  document.title = 'sparkless report ' + period(models);
  const settings = settingsSection(models[0].data);
  if (models.length === 1) {
    const [model] = models;
    head.append(brand(models, model.kind.brand(model)), ...banner(model, 'h1'), ...failures(model.data));
    main.append(...content(model), ...[settings].filter(Boolean));
    head.append(contents(main));
  } else {
    head.append(brand(models, ''), allVerdict(models), ...failures(models[0].data));
    main.append(...tabbed(models), ...[settings].filter(Boolean));
    document.querySelector('.skip').setAttribute('href', '#main');
  }
  document.getElementById('foot').append(...foot(models[0].data), svg('svg', { class: 'hidden', 'aria-hidden': 'true', focusable: 'false' }, hatching('gap-hatch')));
  chartsNow(document);
  printing(models);
  follow(models);
}

// content are the sections of a tab.
function content(model) {
  return [findingsSection(model), rangeSection(model), ...oneDay(model)].filter(Boolean);
}

function period(models) {
  const dates = models.flatMap((m) => m.days.map((d) => d.date)).sort();
  const [first, last] = [dates[0], dates[dates.length - 1]];
  return first === last ? first : first + ' to ' + last;
}

function brand(models, what) {
  const { scope } = models[0].data;
  return el('p', { class: 'brand' }, 'sparkless', el('span', {}, what && [' · ', what], ' · ' + period(models) + ' UTC', scope && [' · ', show(scope, { most: 200 })]));
}

// banner is what a tab comes to: a line, numbers, and what is missing.
function banner(model, level) {
  const partial = model.days.filter((d) => d.partial);
  return [
    el(level, { class: 'verdict ' + (model.nothing ? 'sev-unsure' : severityClass(worst(model.rows))) }, model.kind.verdict(model)),
    model.note && el('p', { class: 'note' }, prose(model.note)),
    el('dl', { class: 'tiles' }, model.kind.tiles(model).map(([k, v]) => el('div', {}, el('dt', {}, k), el('dd', {}, v)))),
    partial.length > 0 && el('div', { class: 'notice' }, el('p', {}, el('strong', {}, 'Done on partial input.'), ' The result is there; this it lacks:'),
      el('ul', {}, partial.map((d) => el('li', {}, model.range && d.date + ': ', prose(d.partial))))),
  ].filter(Boolean);
}

// failures are what the page has no result of.
function failures({ failed }) {
  if (!failed || failed.length === 0) return [];
  return [el('div', { class: 'notice', id: 'failed' }, el('p', {}, el('strong', {}, 'Not all was hunted through.'), ' There is no result of:'),
    el('ul', {}, failed.map((f) => el('li', {}, prose(f.hunts.join(', ')), ' on ', prose(f.first === f.last ? f.first : f.first + ' to ' + f.last), ': ', prose(f.why)))))];
}

// total adds up what days have.
function total(model, of) {
  return model.days.reduce((n, d) => n + (of(d) || 0), 0);
}

function readTile(model) {
  if (model.days.some((d) => d.input.unlisted)) return ['read', 'not known'];
  return ['read, in ' + counted(total(model, (d) => d.input.blobs), 'blob'), bytes(total(model, (d) => d.input.bytes))];
}

function missingTile(model) {
  const known = model.days.every((d) => !d.input.unlisted);
  const missing = (d) => (d.hours || []).filter((h) => h.missing).length;
  return ['hours without blobs', known ? number(total(model, missing)) + ' of ' + number(total(model, (d) => (d.hours || []).length || 24)) : 'not known'];
}

function suppressedTile(model) {
  return ['suppressed', number(total(model, (d) => (d.suppressed || []).reduce((n, s) => n + (s.names || []).length, 0)))];
}

// contents leads to the sections.
function contents(part) {
  return el('nav', { 'aria-label': 'Sections' }, [...part.querySelectorAll('section')].map((s) =>
    el('a', { href: '#' + s.id }, s.querySelector('h2').textContent)));
}

function foot(data) {
  return [el('p', {}, 'Made by sparkless ', prose(data.version || 'of an unknown version'), data.made ? [' at ', prose(data.made)] : '', '. ',
    'All times are UTC. This file loads nothing from anywhere.')];
}

// printing opens what paper cannot.
function printing(models) {
  let undo = [];
  window.addEventListener('beforeprint', () => {
    if (undo.length > 0) return;
    undo.push(...models.filter((m) => m.show).map((m) => m.show()));
    undo.push(...models.filter((m) => m.table).map((m) => forPrint(m.table)));
    const closed = [...document.querySelectorAll('details:not(.without):not([open])')];
    closed.forEach((d) => { d.open = true; });
    undo.push(() => closed.forEach((d) => { d.open = false; }));
    undo.push(chartsForPrint());
  });
  window.addEventListener('afterprint', () => {
    undo.forEach((back) => back());
    undo = [];
  });
}

start();
