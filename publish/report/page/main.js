// The page from top to bottom.

function start() {
  const model = readModel();
  const main = document.getElementById('main');
  document.title = 'sparkless report ' + period(model);
  document.getElementById('head').append(...head(model));
  main.append(...[findingsSection(model), rangeSection(model), ...oneDay(model), settingsSection(model)].filter(Boolean));
  document.getElementById('foot').append(...foot(model));
  document.getElementById('head').append(contents(main));
  chartsNow(document);
  printing(model);
}

function period(model) {
  const [first, last] = [model.days[0].date, model.days[model.days.length - 1].date];
  return first === last ? first : first + ' to ' + last;
}

function head(model) {
  const total = (of) => model.days.reduce((n, d) => n + of(d), 0);
  const partial = model.days.filter((d) => d.partial);
  const listed = model.days.every((d) => !d.input.unlisted);
  const scope = model.data.scope ? [' · ', show(model.data.scope, { most: 200 })] : [];
  return [
    el('p', { class: 'brand' }, 'sparkless', el('span', {}, ' · masquerading process names · ' + period(model) + ' UTC', scope)),
    el('h1', { class: 'verdict ' + (model.nothing ? 'sev-unsure' : severityClass(worst(model))) }, verdict(model)),
    el('dl', { class: 'tiles' }, [
      ['process creations', number(total((d) => d.input.events))],
      [model.range ? 'names on the last day' : 'distinct names', number(model.days[model.days.length - 1].names)],
      listed ? ['read, in ' + counted(total((d) => d.input.blobs), 'blob'), bytes(total((d) => d.input.bytes))] : ['read', 'not known'],
      ['hours without blobs', !listed ? 'not known' : number(total((d) => (d.hours || []).filter((h) => h.missing).length)) + ' of ' + number(total((d) => (d.hours || []).length || 24))],
      ['suppressed', number(total((d) => (d.suppressed || []).reduce((n, s) => n + (s.names || []).length, 0)))],
      ['self-test', selfTestTile(model)],
    ].map(([k, v]) => el('div', {}, el('dt', {}, k), el('dd', {}, v)))),
    partial.length > 0 && el('div', { class: 'notice' }, el('p', {}, el('strong', {}, 'Done on partial input.'), ' The result is there; this it lacks:'),
      el('ul', {}, partial.map((d) => el('li', {}, model.range && d.date + ': ', prose(d.partial))))),
  ].filter(Boolean);
}

function selfTestTile(model) {
  const tests = model.days.map((d) => d.selfTest).filter((t) => t && t.total > 0);
  if (tests.length === 0) return 'not run';
  return number(tests.reduce((n, t) => n + t.caught, 0)) + ' of ' + number(tests.reduce((n, t) => n + t.total, 0)) + ' caught';
}

function worst(model) {
  return SEVERITIES.find((s) => model.rows.some((r) => r.severity === s)) || '';
}

// verdict is what somebody reads who reads one line.
function verdict(model) {
  const n = model.rows.length;
  if (model.nothing) return 'No process creation was read.';
  if (n === 0) return 'No masquerading process name found.';
  const how = tallySeverities(model.rows, (r) => r.severity);
  const names = new Set(model.rows.map((r) => r.best.finding.PotentiallyMaliciousProcess)).size;
  return counted(names, 'process name') + (names === 1 ? ' masquerades' : ' masquerade') + (how ? ': ' + how : '') +
    (n !== names ? ' (' + counted(n, 'finding') + ')' : '') + '.';
}

// contents leads to the sections.
function contents(main) {
  return el('nav', { 'aria-label': 'Sections' }, [...main.querySelectorAll('section')].map((s) =>
    el('a', { href: '#' + s.id }, s.querySelector('h2').textContent)));
}

function foot(model) {
  return [el('p', {}, 'Made by sparkless ', prose(model.data.version || 'of an unknown version'), model.data.made ? [' at ', prose(model.data.made)] : '', '. ',
    'All times are UTC. This file loads nothing from anywhere.')];
}

// printing opens what paper cannot.
function printing(model) {
  let undo = [];
  window.addEventListener('beforeprint', () => {
    if (undo.length > 0) return;
    if (model.table) undo.push(forPrint(model.table));
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
