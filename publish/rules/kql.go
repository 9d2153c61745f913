package rules

import (
	"fmt"
	"slices"
	"strings"

	"sparkless/storage/printable"
)

// source is a table that a query may ask, and the names of what it asks.
type source struct {
	table, where, image, parent, base string
}

func sources() []source {
	return []source{
		{"SecurityEvent", "EventID == 4688", "NewProcessName", "ParentProcessName", `iff(isempty(Process), extract(@"[^\\/]*$", 0, NewProcessName), Process)`},
		{"DeviceProcessEvents", `ActionType == "ProcessCreated"`, "FolderPath", "InitiatingProcessFolderPath", "FileName"},
	}
}

// Tables are those that KQL can ask: of Windows' event 4688, and of Microsoft Defender.
func Tables() (names []string) {
	for _, s := range sources() {
		names = append(names, s.table)
	}
	return names
}

// KQL returns one query of the rules over one of Tables. It has no span of time: the
// portal or an analytics rule gives it one. Rows are the table's own events, with the
// finding's ID, severity, score and reasons beside them.
func KQL(rules []Rule, table string) (string, error) {
	at := slices.IndexFunc(sources(), func(s source) bool { return s.table == table })
	if at < 0 {
		return "", fmt.Errorf("there is no query over %s: take one of %s", printable.Text(table), strings.Join(Tables(), ", "))
	}
	s := sources()[at]
	var q query
	q.line("// Process starts of impostors that sparkless has found: %d of %s.", len(rules), span(rules))
	q.line("// Each row of Impostors is one finding. A name that is a sign by itself is looked up; the others")
	q.line("// are Windows programs' own names, which BySign finds in a wrong folder, by their parent or letters.")
	q.impostors(rules)
	q.line("let Starts = %s", s.table)
	q.line("    | where %s", s.where)
	q.line("    | extend Image = %s, Parent = %s, Base = %s", s.image, s.parent, s.base)
	q.line("    | extend Suspect = tolower(Base);")
	q.line("let ByName = Starts")
	q.line(`    | lookup kind=inner (Impostors | where Sign == "name") on Suspect;`)
	var others []Rule
	for _, r := range rules {
		if !r.byNameAlone() {
			others = append(others, r)
		}
	}
	if len(others) == 0 {
		q.line("ByName")
		return q.String(), nil
	}
	q.line("let BySign = Starts")
	q.line("    | extend FindingId = case(")
	for _, r := range others {
		q.line("        %s, %s,", r.kql(), quoted(r.IDs[0]))
	}
	q.line(`        "")`)
	q.line("    | where isnotempty(FindingId)")
	q.line("    | lookup kind=inner (Impostors | project-away Suspect) on FindingId;")
	q.line("union ByName, BySign")
	return q.String(), nil
}

// span says of which days the rules are.
func span(rules []Rule) string {
	if len(rules) == 0 {
		return "none"
	}
	all := Rule{first: rules[0].first, last: rules[0].last}
	for _, r := range rules {
		if r.first.Before(all.first) {
			all.first = r.first
		}
		if r.last.After(all.last) {
			all.last = r.last
		}
	}
	return all.days()
}

type query struct{ strings.Builder }

func (q *query) line(format string, args ...any) { fmt.Fprintf(q, format+"\n", args...) }

// impostors writes the table of findings.
func (q *query) impostors(rules []Rule) {
	q.line("let Impostors = datatable(FindingId: string, Suspect: string, Sign: string, LooksLike: string, Severity: string, Score: int, Why: string) [")
	for i, r := range rules {
		comma := ","
		if i == len(rules)-1 {
			comma = ""
		}
		q.line("    %s, %s, %s, %s, %s, %d, %s%s", quoted(r.IDs[0]), quoted(r.Name), quoted(strings.Join(r.Signs(), ", ")), quoted(r.imitates()), quoted(r.severity()), r.best.Score, quoted(r.why()), comma)
	}
	q.line("];")
}

func (r *Rule) byNameAlone() bool { return r.byName && len(r.spelled) == 0 }

// kql is the condition on an event.
func (r *Rule) kql() string {
	var any []string
	named := "Suspect == " + quoted(r.Name)
	if r.byName {
		any = append(any, named)
	}
	if r.folder != nil {
		any = append(any, fmt.Sprintf("%s and isnotempty(Image) and not(Image matches regex %s)", named, quoted(r.folder.imageExpression(r.Name))))
	}
	if r.fixed {
		any = append(any, fmt.Sprintf(`%s and isnotempty(Parent) and Parent != "-" and not(Parent matches regex %s)`, named, quoted(parentExpression(r.parents))))
	}
	for _, name := range r.spelled {
		any = append(any, "Base == "+quoted(name))
	}
	for _, path := range r.places {
		any = append(any, "Image =~ "+quoted(path))
	}
	return strings.Join(any, " or ")
}

// quoted is a string literal of KQL: verbatim where that spares backslashes, and with
// the codes of what is odd.
func quoted(text string) string {
	if !strings.ContainsFunc(text, odd) && strings.Contains(text, `\`) {
		return `@"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	out := []byte{'"'}
	for _, c := range text {
		switch {
		case c == '"', c == '\\':
			out = append(out, '\\', byte(c))
		case odd(c):
			out = appendCode(out, c)
		default:
			out = append(out, byte(c))
		}
	}
	return string(append(out, '"'))
}
