// What the page knows: for each of its tabs the days, and the findings as rows. What is
// particular to a kind of findings is in an object of its own, NAMES or HUNT.

const SEVERITIES = ['High', 'Medium', 'Low', 'Informational'];

// TECHNIQUES are names in MITRE ATT&CK.
const TECHNIQUES = {
  'T1021.001': 'Remote Desktop Protocol',
  'T1021.002': 'SMB/Windows Admin Shares',
  'T1036.002': 'Right-to-Left Override',
  'T1036.003': 'Rename Legitimate Utilities',
  'T1036.005': 'Match Legitimate Resource Name or Location',
  'T1036.007': 'Double File Extension',
  'T1036.008': 'Masquerade File Type',
  'T1036.009': 'Break Process Trees',
  'T1059': 'Command and Scripting Interpreter',
  'T1059.001': 'PowerShell',
  'T1059.003': 'Windows Command Shell',
  'T1071': 'Application Layer Protocol',
  'T1078': 'Valid Accounts',
  'T1105': 'Ingress Tool Transfer',
  'T1110': 'Brute Force',
  'T1110.001': 'Password Guessing',
  'T1110.003': 'Password Spraying',
};

// readModels makes a model of each tab.
function readModels() {
  const data = JSON.parse(document.getElementById('data').textContent);
  const models = [];
  if (data.days && data.days.length > 0) {
    models.push(newModel(data, { name: data.name || 'names', title: data.title || 'Process names', days: data.days }, NAMES));
  }
  (data.hunts || []).forEach((hunt) => models.push(newModel(data, hunt, HUNT)));
  // The ids of a page with one tab are as they are without tabs.
  models.forEach((model) => { model.prefix = models.length > 1 && model.kind !== NAMES ? model.name + '-' : ''; });
  return models;
}

function newModel(data, { name, title, note, days }, kind) {
  const rows = new Map();
  days.forEach((day) => {
    (day.findings || []).forEach((finding) => {
      const id = kind.id(finding);
      if (!rows.has(id)) rows.set(id, { id, seen: [] });
      rows.get(id).seen.push({ day, finding });
    });
  });
  const model = { data, kind, name, title: title || name, note, days, range: days.length > 1, rows: [...rows.values()] };
  model.rows.forEach((row, at) => { row.at = at; });
  model.rows.forEach((row) => settle(row, kind));
  model.nothing = model.rows.length === 0 && model.days.every((d) => !d.input.events); // there was nothing to judge
  model.weighed = model.rows.some((r) => r.severity);
  return model;
}

// settle chooses what a row shows of its days: the strongest, the later of equals.
function settle(row, kind) {
  row.best = row.seen.reduce((a, b) => (kind.strength(b.finding) >= kind.strength(a.finding) ? b : a));
  const f = row.best.finding;
  row.severity = SEVERITIES.includes(f.Severity) ? f.Severity : '';
  row.techniques = f.Techniques || (f.Technique ? [f.Technique] : []);
  row.first = row.seen[0].finding.FirstSeen || '';
  row.searched = ''; // made when somebody searches
}

// severityClass is the class of a severity, one of a known few.
function severityClass(severity) {
  return SEVERITIES.includes(severity) ? 'sev-' + severity.toLowerCase() : 'sev-none';
}

// searchedText is what a row's search looks at, on all its days.
function searchedText(kind, row) {
  if (row.searched) return row.searched;
  const parts = [row.id, ...row.techniques];
  row.seen.forEach(({ finding }) => parts.push(...kind.texts(finding)));
  row.searched = parts.map((p) => p + '\n' + spelled(p)).join('\n').toLowerCase();
  return row.searched;
}

// bySeverity counts rows or findings by their severity, in order, without empty ones.
function bySeverity(list, of) {
  return SEVERITIES.map((severity) => ({ severity, n: list.filter((x) => of(x) === severity).length })).filter((s) => s.n > 0);
}

// tallySeverities is such as "12 high, 17 medium".
function tallySeverities(list, of) {
  return bySeverity(list, of).map((s) => number(s.n) + ' ' + s.severity.toLowerCase()).join(', ');
}

// worst is the greatest severity of rows.
function worst(rows) {
  return SEVERITIES.find((s) => rows.some((r) => r.severity === s)) || '';
}
