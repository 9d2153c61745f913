package rules

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// SigmaRule returns a rule as a Sigma rule, version 2 of the specification: a document
// of YAML for process creations on Windows. Its ID follows from the FindingId.
//
// A detection says no more than every converter takes: ends, beginnings and parts of
// texts, no wildcard and no regular expression. So a filter may let through a little
// more than the folders of a program; where it would let the finding itself through,
// the very file stands beside it.
func SigmaRule(r Rule) ([]byte, error) {
	m := &mapping{}
	m.text("title", atMost(r.title(), 256))
	m.text("id", uuidOf(ours, "sigma", r.IDs[0]))
	m.text("status", "experimental")
	m.text("description", atMost(r.why()+". "+r.origin(), 65535))
	m.text("author", "sparkless")
	m.text("date", r.first.Format(time.DateOnly))
	if !r.first.Equal(r.last) {
		m.text("modified", r.last.Format(time.DateOnly))
	}
	var tags []string
	for _, technique := range r.techniques() {
		tags = append(tags, "attack."+strings.ToLower(technique))
	}
	m.texts("tags", tags)
	source := &mapping{}
	source.text("category", "process_creation")
	source.text("product", "windows")
	m.put("logsource", source.node())
	m.put("detection", detection(&r))
	m.texts("falsepositives", r.innocent())
	m.text("level", strings.ToLower(r.severity()))
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(4)
	err := e.Encode(m.node())
	if err == nil {
		err = e.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("sigma rule of %s: %w", r.IDs[0], err)
	}
	return escaped(out.Bytes()), nil
}

// Sigma returns rules as documents of one YAML file; a comment if there is none.
func Sigma(rules []Rule) ([]byte, error) {
	if len(rules) == 0 {
		return []byte("# No finding to make a rule of.\n"), nil
	}
	var out bytes.Buffer
	for i, r := range rules {
		text, err := SigmaRule(r)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			out.WriteString("---\n")
		}
		out.Write(text)
	}
	return out.Bytes(), nil
}

// SigmaFile is the name of a rule's own file, as the Sigma project names its files:
// of ASCII letters, digits and underscores, however the suspect is called.
func SigmaFile(r Rule) string {
	letters := strings.Map(func(c rune) rune {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			return c
		}
		return '_'
	}, r.Name)
	return fmt.Sprintf("proc_creation_win_impostor_%s_%s.yml", strings.Trim(letters[:min(len(letters), 40)], "_"), uuidOf(ours, "sigma", r.IDs[0])[:8])
}

// detection is what the rule looks for.
func detection(r *Rule) *yaml.Node {
	m := &mapping{}
	var conditions []string
	if r.byName || r.folder != nil || r.fixed {
		m.search("selection", "Image|endswith", `\`+r.Name)
	}
	if r.byName {
		conditions = append(conditions, "selection")
	}
	if r.folder != nil {
		for _, f := range r.folder.filters(r.Name) {
			m.filter("filter_folder_", "Image", &f)
		}
		conditions = append(conditions, "(selection and not 1 of filter_folder_*)")
	}
	if r.fixed {
		m.parents(r.parents)
		conditions = append(conditions, "(selection and not 1 of filter_parent_*)")
	}
	if len(r.spelled) > 0 {
		var ends []string
		for _, name := range r.spelled {
			ends = append(ends, `\`+name)
		}
		m.search("selection_spelling", "Image|endswith|cased", ends...)
		conditions = append(conditions, "selection_spelling")
	}
	if len(r.places) > 0 {
		m.search("selection_file", "Image", r.places...)
		conditions = append(conditions, "selection_file")
	}
	if len(conditions) == 1 {
		conditions[0] = strings.Trim(conditions[0], "()")
	}
	m.text("condition", strings.Join(conditions, " or "))
	return m.node()
}

// parents adds filters for parents that are right or not known.
func (m *mapping) parents(parents []Parent) {
	names, anywhere := []string{"-", ""}, []string(nil)
	home, volume := filter{name: "home"}, filter{name: "volume"}
	var others []filter
	for _, p := range parents {
		names = append(names, p.Name)
		if p.Anywhere {
			anywhere = append(anywhere, `\`+p.Name)
			continue
		}
		for _, f := range p.filters(p.Name) {
			switch f.name {
			case home.name:
				home.ends = append(home.ends, f.ends...)
			case volume.name:
				volume.starts, volume.ends = f.starts, append(volume.ends, f.ends...)
			default:
				others = append(others, f)
			}
		}
	}
	m.search("filter_parent_name", "ParentImage", names...)
	none := &mapping{}
	none.put("ParentImage", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"})
	m.put("filter_parent_unknown", none.node())
	if len(anywhere) > 0 {
		m.search("filter_parent_anywhere", "ParentImage|endswith", anywhere...)
	}
	for _, f := range []filter{home, volume} {
		if len(f.ends) > 0 {
			m.filter("filter_parent_", "ParentImage", &f)
		}
	}
	for i, f := range others {
		f.name = fmt.Sprintf("other_%d", i+1)
		m.filter("filter_parent_", "ParentImage", &f)
	}
}

// sigma writes a text by Sigma's rules: a backslash escapes a wildcard and itself, and
// is doubled only before one of these, or beside another.
func sigma(text string) string {
	var b strings.Builder
	for i := range len(text) {
		switch text[i] {
		case '*', '?':
			b.WriteByte('\\')
		case '\\':
			before := i > 0 && text[i-1] == '\\'
			if before || i+1 < len(text) && strings.IndexByte(`\*?`, text[i+1]) >= 0 {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// mapping is a mapping of YAML in the making, whose keys keep their order.
type mapping struct{ content []*yaml.Node }

func (m *mapping) put(key string, value *yaml.Node) {
	m.content = append(m.content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, value)
}

func (m *mapping) node() *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: m.content}
}

func (m *mapping) text(key, text string) { m.put(key, scalar(text, 0)) }

func (m *mapping) texts(key string, texts []string) {
	if len(texts) == 0 {
		return
	}
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for _, text := range texts {
		list.Content = append(list.Content, scalar(text, 0))
	}
	m.put(key, list)
}

// values puts one value, or a list of several, in single quotes; none is left out.
func (m *mapping) values(key string, texts []string) {
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for _, text := range texts {
		list.Content = append(list.Content, scalar(sigma(text), yaml.SingleQuotedStyle))
	}
	switch len(texts) {
	case 0:
		return
	case 1:
		list = list.Content[0]
	}
	m.put(key, list)
}

// search puts a search for one field.
func (m *mapping) search(name, key string, texts ...string) {
	s := &mapping{}
	s.values(key, texts)
	m.put(name, s.node())
}

// filter puts a search for what a path has to be.
func (m *mapping) filter(before, field string, f *filter) {
	s := &mapping{}
	s.values(field+"|startswith", f.starts)
	s.values(field+"|contains", f.parts)
	if len(f.middle) == 1 && len(f.parts) == 0 {
		s.values(field+"|contains", f.middle)
	} else {
		s.values(field+"|contains|all", f.middle)
	}
	s.values(field+"|endswith", f.ends)
	m.put(before+f.name, s.node())
}

// scalar is a text. Only double quotes can spell a character by its code.
func scalar(text string, style yaml.Style) *yaml.Node {
	if strings.ContainsFunc(text, odd) {
		style = yaml.DoubleQuotedStyle
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text, Style: style}
}

// escaped spells out what is odd in a document where that stands between double quotes
// alone.
func escaped(text []byte) []byte {
	var out []byte
	for _, c := range string(text) {
		switch {
		case c == '\n' || !odd(c):
			out = utf8.AppendRune(out, c)
		case c > 0xffff:
			out = fmt.Appendf(out, `\U%08X`, c)
		default:
			out = fmt.Appendf(out, `\u%04X`, c)
		}
	}
	return out
}
