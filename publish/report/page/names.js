// What is particular to findings about process names.

const NAMES = {
  id: (f) => f.FindingId || f.PotentiallyMaliciousProcess + '\n' + f.NormalProcess,
  strength: nameStrength,
  texts: nameTexts,
  events: (f) => f.MaliciousCount,
  brand: () => 'masquerading process names',
  verdict: namesVerdict,
  tiles: namesTiles,
  columns: nameColumns,
  cells: nameCells,
  detail: nameDetail,
  sections: nameSections,
  choice: (model) => [mapSection(model)],
  counted: 'Process creations',
  searches: 'name, path, host, account, command line …',
  none: 'No process name was found to imitate another.',
  first: (model) => (model.weighed ? 'score' : 'similarity'),
};

function nameStrength(f) {
  return (f.Score || 0) * 10 + (f.AnomalyScore || 0);
}

function nameTexts(f) {
  const parts = [f.PotentiallyMaliciousProcess, f.NormalProcess, f.Scope || ''];
  ['Paths', 'Hosts', 'Parents', 'Accounts', 'CommandLines'].forEach((kind) => {
    (f[kind] || []).forEach((t) => parts.push(t.value));
  });
  return parts.concat(f.Reasons || [], f.AlsoLike || []);
}

// hosts is on how many hosts a finding's suspect was seen.
function hosts(f) {
  return f.HostCount || (f.Hosts || []).length;
}

// namesVerdict is what somebody reads who reads one line.
function namesVerdict(model) {
  const n = model.rows.length;
  if (model.nothing) return 'No process creation was read.';
  if (n === 0) return 'No masquerading process name found.';
  const how = tallySeverities(model.rows, (r) => r.severity);
  const names = new Set(model.rows.map((r) => r.best.finding.PotentiallyMaliciousProcess)).size;
  return counted(names, 'process name') + (names === 1 ? ' masquerades' : ' masquerade') + (how ? ': ' + how : '') +
    (n !== names ? ' (' + counted(n, 'finding') + ')' : '') + '.';
}

function namesTiles(model) {
  return [
    ['process creations', number(total(model, (d) => d.input.events))],
    [model.range ? 'names on the last day' : 'distinct names', number(model.days[model.days.length - 1].names)],
    readTile(model), missingTile(model), suppressedTile(model),
    ['self-test', selfTestTile(model)],
  ];
}

function selfTestTile(model) {
  const tests = model.days.map((d) => d.selfTest).filter((t) => t && t.total > 0);
  if (tests.length === 0) return 'not run';
  return number(tests.reduce((n, t) => n + t.caught, 0)) + ' of ' + number(tests.reduce((n, t) => n + t.total, 0)) + ' caught';
}

function nameColumns(model) {
  const f = (row) => row.best.finding;
  return [
    model.weighed && { key: 'score', label: 'Score', value: (r) => f(r).Score || 0, down: true },
    { key: 'suspect', label: 'Suspect', value: (r) => f(r).PotentiallyMaliciousProcess },
    { key: 'imitated', label: 'Looks like', value: (r) => f(r).NormalProcess },
    { key: 'similarity', roomy: true, label: 'Similar', hint: 'similarity, 0 to 1', value: (r) => f(r).AnomalyScore, down: true, number: true },
    { key: 'events', label: 'Seen', hint: 'events with the suspect', value: (r) => f(r).MaliciousCount, down: true, number: true },
    { key: 'hosts', label: 'Hosts', value: (r) => hosts(f(r)), down: true, number: true },
    model.range && { key: 'days', label: 'Days', value: (r) => r.seen.length, down: true },
    { key: 'first', label: 'First seen', value: (r) => r.first },
    { key: 'technique', roomy: true, label: 'Technique', value: (r) => r.techniques.join(' ') },
  ];
}

// nameCells are the contents of a row, by column.
function nameCells(t, row, open) {
  const f = row.best.finding;
  return {
    score: [badge(row), ' ', el('span', { class: 'score' }, String(f.Score || 0))],
    suspect: [opener(t, row, open, show(f.PotentiallyMaliciousProcess, { marks: f.Marks, most: 120, cls: 'name' })), pathLine(f)],
    imitated: [imitatedName(f), reasonLine(f)],
    similarity: [f.NormalProcess ? f.AnomalyScore.toFixed(3) : '–'],
    events: [number(f.MaliciousCount), unit(f.MaliciousCount === 1 ? 'event' : 'events')],
    hosts: [number(hosts(f)), f.EstateHosts > 0 && small('of ' + number(f.EstateHosts)), unit(hosts(f) === 1 && !f.EstateHosts ? 'host' : 'hosts')],
    days: daysCell(t.model, row),
    first: t.model.range ? [spelled(row.first.slice(0, 10)), small(clock(row.first))] : [clock(row.first), hourStrip(f)],
    technique: [row.techniques[0] ? show(row.techniques[0], { most: 40 }) : '–', row.techniques.length > 1 && small('+' + (row.techniques.length - 1))],
  };
}

function pathLine(f) {
  const paths = f.Paths || [];
  return paths.length > 0 && el('span', { class: 'small path' }, show(paths[0].value, { most: 200 }), paths.length > 1 && el('span', { class: 'more' }, ' +' + (paths.length - 1)));
}

function imitatedName(f) {
  if (!f.NormalProcess) return el('span', { class: 'quiet nobody' }, 'no other name');
  if (f.NormalProcess === f.PotentiallyMaliciousProcess) return el('span', { class: 'quiet nobody' }, 'its own name');
  return el('span', { class: 'like' }, show(f.NormalProcess, { most: 120, cls: 'name' }));
}

// reasonLine is the strongest evidence, in words.
function reasonLine(f) {
  const reason = (f.Evidence && f.Evidence.length > 0 ? f.Evidence[0].reason : (f.Reasons || [])[0]) || '';
  const name = f.NormalProcess && 'looks like ' + f.NormalProcess + ': ';
  const short = name && reason.startsWith(name) ? reason.slice(name.length) : reason;
  return short && el('span', { class: 'small reason' }, show(short, { most: 200, cls: 'prose' }));
}

// hourStrip is a suspect's day in the size of a word: the hours with events if they
// are known, else the first and the last.
function hourStrip(f) {
  const hours = f.HoursSeen || [f.FirstSeen, f.LastSeen].map((time) => Math.floor(ofDay(time) * 24));
  return strip(24, (h) => hours.includes(h), f.Severity);
}

function mapSection(model) {
  return section(model, 'imitated', 'Who imitates whom', [mapFigure(model)]);
}

function nameSections(model, day) {
  return [
    section(model, 'ranks', 'Names of the day', [curveFigure(day)]),
    model.range ? null : mapSection(model),
    section(model, 'clock', 'Events of the day', [hoursFigure(model, day)]),
    section(model, 'selftest', 'Self-test', selfTest(day)),
    ...readSections(model, day),
  ];
}
