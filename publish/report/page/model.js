// What the page knows: the data, and the findings as rows.

const SEVERITIES = ['High', 'Medium', 'Low', 'Informational'];

// TECHNIQUES are the names in MITRE ATT&CK of those that the detector tells apart.
const TECHNIQUES = {
  'T1036.002': 'Right-to-Left Override',
  'T1036.003': 'Rename Legitimate Utilities',
  'T1036.005': 'Match Legitimate Resource Name or Location',
  'T1036.007': 'Double File Extension',
  'T1036.008': 'Masquerade File Type',
  'T1036.009': 'Break Process Trees',
};

function readModel() {
  const data = JSON.parse(document.getElementById('data').textContent);
  const rows = new Map();
  data.days.forEach((day) => {
    (day.findings || []).forEach((finding) => {
      const id = finding.FindingId || finding.PotentiallyMaliciousProcess + '\n' + finding.NormalProcess;
      if (!rows.has(id)) rows.set(id, { id, seen: [] });
      rows.get(id).seen.push({ day, finding });
    });
  });
  const model = { data, days: data.days, range: data.days.length > 1, rows: [...rows.values()] };
  model.rows.forEach((row, at) => { row.at = at; });
  model.rows.forEach((row) => settle(row, model));
  model.nothing = model.rows.length === 0 && model.days.every((d) => !d.input.events); // there was nothing to judge
  model.weighed = model.rows.some((r) => r.severity);
  return model;
}

// settle chooses what a row shows of its days: the strongest, the later of equals.
function settle(row, model) {
  row.best = row.seen.reduce((a, b) => (strength(b.finding) >= strength(a.finding) ? b : a));
  const f = row.best.finding;
  row.severity = SEVERITIES.includes(f.Severity) ? f.Severity : '';
  row.techniques = f.Techniques || (f.Technique ? [f.Technique] : []);
  row.first = row.seen[0].finding.FirstSeen || '';
  row.searched = ''; // made when somebody searches
}

function strength(f) {
  return (f.Score || 0) * 10 + (f.AnomalyScore || 0);
}

// severityClass is the class of a severity, one of a known few.
function severityClass(severity) {
  return SEVERITIES.includes(severity) ? 'sev-' + severity.toLowerCase() : 'sev-none';
}

// searchedText is what a row's search looks at, on all its days.
function searchedText(row) {
  if (row.searched) return row.searched;
  const parts = [row.id];
  row.seen.forEach(({ finding: f }) => {
    parts.push(f.PotentiallyMaliciousProcess, f.NormalProcess, ...row.techniques, f.Scope || '');
    ['Paths', 'Hosts', 'Parents', 'Accounts', 'CommandLines'].forEach((kind) => {
      (f[kind] || []).forEach((t) => parts.push(t.value));
    });
    parts.push(...(f.Reasons || []), ...(f.AlsoLike || []));
  });
  row.searched = parts.map((p) => p + '\n' + spelled(p)).join('\n').toLowerCase();
  return row.searched;
}

// hosts is on how many hosts a finding's suspect was seen.
function hosts(f) {
  return f.HostCount || (f.Hosts || []).length;
}

// bySeverity counts rows or findings by their severity, in order, without empty ones.
function bySeverity(list, of) {
  return SEVERITIES.map((severity) => ({ severity, n: list.filter((x) => of(x) === severity).length })).filter((s) => s.n > 0);
}

// tallySeverities is such as "12 high, 17 medium".
function tallySeverities(list, of) {
  return bySeverity(list, of).map((s) => number(s.n) + ' ' + s.severity.toLowerCase()).join(', ');
}
