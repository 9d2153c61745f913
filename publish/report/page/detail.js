// What a finding about a process name opens to.

function nameDetail(model, row) {
  const box = el('div', { class: 'evidence' });
  const draw = (seen) => {
    box.replaceChildren(...[
      daysOf(model, row, seen, draw),
      verdictOf(seen.finding),
      compared(seen.finding),
      el('div', { class: 'halves' }, why(seen.finding), around(seen.finding)),
      when(seen),
      known(seen),
      identity(seen.finding),
    ].filter(Boolean));
    chartsNow(box);
  };
  draw(row.best);
  return box;
}

// verdictOf is what the detector says in one line, if it does.
function verdictOf(f) {
  return f.Story && f.Story.verdict && el('p', { class: 'told' }, prose(sentence(f.Story.verdict)));
}

// daysOf chooses the day whose evidence is shown, of a finding on several days.
function daysOf(model, row, shown, draw) {
  if (!model.range) return null;
  return el('div', { class: 'days-of' }, el('h3', {}, row.seen.length > 1 ? 'Found on ' + counted(row.seen.length, 'day') : 'Found on one day'),
    el('div', { class: 'toggles' }, row.seen.map((seen) => el('button', {
      type: 'button', class: 'toggle day', 'aria-pressed': String(seen === shown),
      click: (e) => {
        const box = e.currentTarget.closest('.evidence');
        draw(seen);
        const pressed = box.querySelector('.toggle.day[aria-pressed="true"]');
        if (pressed) pressed.focus();
      },
    }, seen.day.date, el('span', { class: 'n' }, counted(model.kind.events(seen.finding), 'event'))))));
}

// compared puts the two names below each other, character by character.
function compared(f) {
  const a = f.PotentiallyMaliciousProcess;
  const b = f.NormalProcess;
  const block = el('div', { class: 'compared' }, el('h3', {}, 'Character by character'));
  if (!b || a === b) {
    block.append(grid([...a].map((char, i) => ({ a: char, i, end: edge(a, i) })), ['Suspect'], a, b),
      el('p', { class: 'small' }, b ? 'The names are equal: what differs is where it runs, or what starts it.' : 'It imitates no single name: its own shape speaks against it.'));
    return block;
  }
  const pairs = align(a, f.Marks || [], b, f.NormalMarks || []);
  if (!pairs) {
    block.append(el('p', { class: 'stacked' }, show(a, { marks: f.Marks, cls: 'name' }), el('br'), show(b, { marks: f.NormalMarks, cls: 'name' })));
    return block;
  }
  block.append(grid(pairs, ['Suspect', 'Looks like'], a, b));
  return block;
}

// edge tells whether a space stands at an end, where nobody sees it.
function edge(text, i) {
  const all = [...text];
  return all[i] === ' ' && (i === 0 || i === all.length - 1);
}

// LONGEST is the longest name that is shown character by character.
const LONGEST = 160;

// align puts what differs side by side: pairs of a character of each name, of which
// one is missing where the other has more. It is null where the marks do not tell.
function align(a, aMarks, b, bMarks) {
  const left = [...a];
  const right = [...b];
  if (left.length > LONGEST || right.length > LONGEST) return null;
  const marked = [new Set(aMarks), new Set(bMarks)];
  const pairs = [];
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    const start = [i, j];
    while (i < left.length && marked[0].has(i)) i++;
    while (j < right.length && marked[1].has(j)) j++;
    const runs = [left.slice(start[0], i), right.slice(start[1], j)];
    for (let k = 0; k < Math.max(runs[0].length, runs[1].length); k++) {
      pairs.push({ a: runs[0][k], b: runs[1][k], differs: true, end: edge(a, start[0] + k) || edge(b, start[1] + k) });
    }
    if (i === left.length && j === right.length) break;
    if (left[i] !== right[j]) return null;
    pairs.push({ a: left[i++], b: right[j++] });
  }
  return pairs;
}

// grid draws the pairs as columns. It is a picture: in words it is its label.
function grid(pairs, names, a, b) {
  const box = (char, pair) => {
    if (char === undefined) return el('span', { class: 'ch none' });
    const [c] = characters('x' + char + 'x').slice(1);
    const hidden = c.code || (pair.end && codePoint(char));
    return el('span', { class: 'ch' + (pair.differs ? ' differs' : '') + (hidden ? ' cp' : '') }, hidden || char);
  };
  const said = names.length > 1 ? 'Suspect ' + spelled(a) + ', looks like ' + spelled(b) + '; ' + differences(pairs) : 'Suspect ' + spelled(a);
  return el('div', { class: 'grid', role: 'img', 'aria-label': said },
    el('span', { class: 'ends' }, names.map((n) => el('span', {}, n))),
    pairs.map((p) => el('span', { class: 'column' }, box(p.a, p), names.length > 1 && box(p.b, p))));
}

function differences(pairs) {
  const name = (char) => (char === undefined ? 'nothing' : spelled(char === ' ' ? 'a space' : char));
  return pairs.filter((p) => p.differs).map((p) => name(p.a) + ' for ' + name(p.b)).join(', ') || 'no character differs';
}

// why is what the score is made of. The strongest evidence counts, and then the
// modifiers; all within 0 and 100.
function why(f) {
  const evidence = f.Evidence || [];
  const modifiers = f.Modifiers || [];
  if (evidence.length === 0) {
    return el('div', { class: 'why' }, el('h3', {}, 'Why'), el('ul', { class: 'reasons' }, (f.Reasons || []).map((r) => el('li', {}, prose(r)))));
  }
  const sum = modifiers.reduce((n, m) => n + m.points, evidence[0].points);
  const line = (p, counts, first) => el('tr', { class: counts ? '' : 'uncounted' },
    el('th', { scope: 'row' }, show(p.name)), el('td', {}, prose(p.reason)),
    el('td', { class: 'num' }, counts ? (first ? String(p.points) : signed(p.points)) : '(' + p.points + ')'));
  const told = (f.Evidence || []).map((p) => p.reason).concat((f.Modifiers || []).map((p) => p.reason));
  const rest = (f.Reasons || []).filter((r) => !told.includes(r));
  return el('div', { class: 'why' }, el('h3', {}, 'Why'),
    el('table', { class: 'points' }, el('caption', { class: 'hidden' }, 'What the score is made of'),
      el('colgroup', {}, el('col', { class: 'rule' }), el('col'), el('col', { class: 'sum' })),
      el('tbody', {}, evidence.map((p, i) => line(p, i === 0, true)), modifiers.map((p) => line(p, true, false))),
      el('tfoot', {}, el('tr', {}, el('th', { scope: 'row' }, 'score'), el('td', {}, scoreSaying(sum, f.Score || 0, evidence.length)), el('td', { class: 'num' }, String(f.Score || 0))))),
    rest.map((r) => el('p', { class: 'rest' }, prose(r))));
}

function signed(n) {
  return n < 0 ? '−' + -n : '+' + n;
}

function scoreSaying(sum, score, evidence) {
  const parts = [];
  if (sum !== score && score === Math.min(Math.max(sum, 0), 100)) parts.push(sum + ' points, within 0 and 100');
  if (evidence > 1) parts.push('of the evidence the strongest counts');
  return parts.join('; ');
}

// around is where the suspect ran, and for whom.
function around(f) {
  const equal = f.NormalProcess === f.PotentiallyMaliciousProcess;
  const total = hosts(f);
  const onHosts = 'Hosts' + (total ? ' (' + number(total) + (f.EstateHosts ? ' of ' + number(f.EstateHosts) : '') + ')' : '');
  return el('div', { class: 'around' },
    tallies('Runs from', f.Paths),
    tallies(equal ? 'The real one runs from' : 'The imitated one runs from', f.NormalPaths, 'usual'),
    tallies(onHosts, f.Hosts),
    tallies('Parents', f.Parents),
    tallies('Accounts', f.Accounts),
    tallies('Command lines', f.CommandLines));
}

// KEPT is how many values of a kind a name keeps.
const KEPT = 8;

function tallies(title, list, cls) {
  if (!list || list.length === 0) return null;
  return el('div', { class: 'tallies ' + (cls || '') }, el('h3', {}, title),
    el('ul', {}, list.map((t) => el('li', {}, show(t.value, { most: 2000 }), t.count > 0 && el('span', { class: 'times' }, '× ' + number(t.count))))),
    list.length >= KEPT && el('p', { class: 'small' }, 'There may be more: a name keeps ' + KEPT + ' of a kind.'));
}

// when is the suspect's day.
function when({ day, finding: f }) {
  const once = f.FirstSeen === f.LastSeen;
  const words = once ? 'Seen once, at ' + clock(f.FirstSeen) + ' UTC'
    : 'Seen ' + counted(f.MaliciousCount, 'time') + ', from ' + clock(f.FirstSeen) + ' to ' + clock(f.LastSeen) + ' UTC' +
      (f.HoursSeen ? ', in ' + (f.HoursSeen.length === 1 ? 'the hour ' : 'the hours ') + hourRanges(f.HoursSeen) : '');
  return el('div', { class: 'when' }, el('h3', {}, 'Over the day'), timeline(day, f, words), el('p', {}, words + '. ', lacking(day), past(f)));
}

function lacking(day) {
  const hours = (day.hours || []).filter((h) => h.missing).map((h) => h.hour);
  return hours.length > 0 && 'Blobs are missing of ' + (hours.length === 1 ? 'the hour ' : 'the hours ') + hourRanges(hours) + '. ';
}

function sentence(text) {
  return text.slice(0, 1).toUpperCase() + text.slice(1) + '.';
}

function past(f) {
  if (f.Story && f.Story.history) return prose(sentence(f.Story.history));
  if (!f.HistoryDays) return 'No earlier day was looked at.';
  if (!f.DaysSeen) return 'Never seen on the ' + counted(f.HistoryDays, 'earlier day') + ' looked at.';
  return 'Seen on ' + number(f.DaysSeen) + ' of ' + counted(f.HistoryDays, 'earlier day') + (f.FirstSeenEver ? ', first on ' + spelled(f.FirstSeenEver.slice(0, 10)) : '') + '.';
}

// known is what the detector knows of the name besides.
function known({ day, finding: f }) {
  const s = f.Story;
  if (!s) {
    return day.told > 0 && el('p', { class: 'small' }, 'Told in full are the strongest ' + number(day.told) + ' of the day; of this name: ',
      el('code', {}, 'sparkless explain NAME --day ' + day.date));
  }
  const quiet = (s.rules || []).filter((r) => !r.fired);
  const rules = quiet.length > 0 && el('details', { class: 'without' }, el('summary', {}, counted(quiet.length, 'rule') + ' without effect, and why'),
    el('dl', { class: 'rules' }, quiet.map((r) => el('div', {}, el('dt', {}, show(r.name)), el('dd', {}, prose(r.why))))));
  const content = [s.windows && el('p', {}, 'In Windows: ', prose(s.windows)), nearest(s.nearest || []), rules].filter(Boolean);
  return content.length > 0 && el('div', { class: 'known' }, content);
}

// nearest are the names that a suspect may imitate.
function nearest(names) {
  if (names.length === 0) return null;
  return el('div', {}, el('h3', {}, 'Nearest names'), el('table', { class: 'near' },
    el('thead', {}, el('tr', {}, ['Name', 'Seen', 'Percent rank', 'Edits', 'Similarity'].map((h, i) => el('th', { scope: 'col', class: i > 0 && 'num' }, h)))),
    el('tbody', {}, names.map((n) => el('tr', {}, el('th', { scope: 'row' }, show(n.name, { most: 200 })),
      [n.count ? number(n.count) : 'not seen', n.count ? percentRank(n.percentRank) : '–', number(n.distance), (n.similarity || 0).toFixed(3)].map((v) => el('td', { class: 'num' }, v)))))));
}

// identity is what the finding is filed under.
function identity(f) {
  const pairs = [
    ['Techniques', (f.Techniques || [f.Technique]).filter(Boolean).map((t) => techniqueLink(t))],
    ['Tactic', f.Tactic || f.AttackTactic ? prose([f.Tactic, f.AttackTactic].filter(Boolean).join(', in ATT&CK ')) : ''],
    ['Also like', (f.AlsoLike || []).flatMap((n, i) => [i > 0 && ', ', show(n)])],
    ['Percent rank', percentRank(f.MaliciousPercentRank) + (f.NormalCount ? ', imitated ' + percentRank(f.NormalPercentRank) : '')],
    ['Edits', f.NormalProcess ? String(f.Distance) : ''],
    ['Imitated on', f.NormalHostCount ? counted(f.NormalHostCount, 'host') : ''],
    ['Scope', f.Scope ? show(f.Scope) : ''],
    ['Finding', el('a', { href: '#' + encodeURIComponent(f.FindingId) }, show(f.FindingId))],
  ];
  return el('dl', { class: 'identity' }, pairs.filter(([, v]) => v.length !== 0).map(([k, v]) => el('div', {}, el('dt', {}, k), el('dd', {}, v))));
}

// techniqueLink leads to MITRE ATT&CK, if the text is a technique's ID.
function techniqueLink(id) {
  const m = /^T(\d{4})(?:\.(\d{3}))?$/.exec(id);
  const text = id + (TECHNIQUES[id] ? ' ' + TECHNIQUES[id] : '');
  if (!m) return el('span', { class: 'technique' }, show(id));
  return el('a', { class: 'technique', rel: 'noreferrer noopener', target: '_blank', href: 'https://attack.mitre.org/techniques/T' + m[1] + (m[2] ? '/' + m[2] : '') + '/' }, text);
}
