// Package rulestest reads Sigma rules and applies them to events, for tests: the part
// of the specification that rules of ours use, and nothing of the code that writes
// them.
package rulestest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Rule is a Sigma rule.
type Rule struct {
	Title       string   `yaml:"title"`
	ID          string   `yaml:"id"`
	Status      string   `yaml:"status"`
	Description string   `yaml:"description"`
	Author      string   `yaml:"author"`
	Date        string   `yaml:"date"`
	Modified    string   `yaml:"modified"`
	Tags        []string `yaml:"tags"`
	LogSource   struct {
		Category string `yaml:"category"`
		Product  string `yaml:"product"`
	} `yaml:"logsource"`
	Detection      map[string]yaml.Node `yaml:"detection"`
	FalsePositives []string             `yaml:"falsepositives"`
	Level          string               `yaml:"level"`

	searches  map[string][]comparison
	condition []string // in words and brackets
}

// Event is the fields of an event, such as Image. One that is not there is null.
type Event map[string]string

// comparison is what one field has to be.
type comparison struct {
	field  string
	null   bool
	all    bool // the expressions have to match, not one of them
	any    []*regexp.Regexp
	values []string // that were compared with, without wildcards
}

// Read reads the rules of a file. A key or modifier that is not known is an error.
func Read(text []byte) (rules []Rule, err error) {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	for {
		var r Rule
		if err := d.Decode(&r); errors.Is(err, io.EOF) {
			return rules, nil
		} else if err != nil {
			return nil, err
		}
		if err := r.compile(); err != nil {
			return nil, fmt.Errorf("%s: %w", r.ID, err)
		}
		rules = append(rules, r)
	}
}

func (r *Rule) compile() error {
	r.searches = map[string][]comparison{}
	for name, node := range r.Detection {
		if name == "condition" {
			r.condition = regexp.MustCompile(`[()]|[^\s()]+`).FindAllString(node.Value, -1)
			continue
		}
		if node.Kind != yaml.MappingNode {
			return fmt.Errorf("%s is no mapping", name)
		}
		for i := 0; i < len(node.Content); i += 2 {
			c, err := compare(node.Content[i].Value, node.Content[i+1])
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			r.searches[name] = append(r.searches[name], c)
		}
	}
	_, err := r.Matches(Event{})
	return err
}

// compare reads a field with its modifiers, and the values.
func compare(key string, node *yaml.Node) (c comparison, err error) {
	parts := strings.Split(key, "|")
	c.field = parts[0]
	flags, before, behind := "(?is)", "", ""
	for _, modifier := range parts[1:] {
		switch modifier {
		case "endswith":
			before = ".*"
		case "startswith":
			behind = ".*"
		case "contains":
			before, behind = ".*", ".*"
		case "all":
			c.all = true
		case "cased":
			flags = "(?s)"
		default:
			return c, fmt.Errorf("modifier %s is not known", modifier)
		}
	}
	list := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		list = node.Content
	}
	for _, v := range list {
		if v.Tag == "!!null" && node == v {
			c.null = true
			continue
		}
		if v.Kind != yaml.ScalarNode || v.Tag != "!!str" {
			return c, fmt.Errorf("%s: a value is no text", key)
		}
		text, expression := read(v.Value)
		c.values = append(c.values, text)
		c.any = append(c.any, regexp.MustCompile(flags+"^"+before+expression+behind+"$"))
	}
	return c, nil
}

// read reads a value by Sigma's rules: a backslash escapes a wildcard or a backslash
// behind it, and stands for itself before anything else.
func read(value string) (text, expression string) {
	var t, e strings.Builder
	literal := func(c byte) { t.WriteByte(c); e.WriteString(regexp.QuoteMeta(string(rune(c)))) }
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '\\' && i+1 < len(value) && strings.IndexByte(`\*?`, value[i+1]) >= 0:
			i++
			literal(value[i])
		case c == '*':
			e.WriteString(".*")
		case c == '?':
			e.WriteString(".")
		case c < 0x80:
			literal(c)
		default:
			t.WriteByte(c)
			e.WriteByte(c)
		}
	}
	return t.String(), e.String()
}

// Values are the texts that a search compares a field with, without wildcards.
func (r *Rule) Values(search, field string) (values []string) {
	for _, c := range r.searches[search] {
		if c.field == field {
			values = append(values, c.values...)
		}
	}
	return values
}

// Matches tells whether the rule finds the event.
func (r *Rule) Matches(e Event) (bool, error) {
	p := &parser{rule: r, event: e, tokens: r.condition}
	is := p.or()
	if p.err == nil && len(p.tokens) > 0 {
		p.err = fmt.Errorf("condition %q: %q is left", r.condition, p.tokens)
	}
	return is, p.err
}

// search tells whether all comparisons of one are true.
func (r *Rule) search(name string, e Event) bool {
	for _, c := range r.searches[name] {
		value, has := e[c.field]
		if is := c.null && !has || has && c.is(value); !is {
			return false
		}
	}
	return true
}

// is tells whether a value is what is asked for.
func (c *comparison) is(value string) bool {
	matching := 0
	for _, one := range c.any {
		if one.MatchString(value) {
			matching++
		}
	}
	return matching > 0 && (!c.all || matching == len(c.any))
}

// parser reads a condition and applies it on the way.
type parser struct {
	rule   *Rule
	event  Event
	tokens []string
	err    error
}

func (p *parser) next() string {
	if len(p.tokens) == 0 {
		return ""
	}
	token := p.tokens[0]
	p.tokens = p.tokens[1:]
	return token
}

func (p *parser) is(word string) bool {
	if len(p.tokens) > 0 && p.tokens[0] == word {
		p.next()
		return true
	}
	return false
}

func (p *parser) or() bool {
	is := p.and()
	for p.is("or") {
		other := p.and()
		is = is || other
	}
	return is
}

func (p *parser) and() bool {
	is := p.not()
	for p.is("and") {
		other := p.not()
		is = is && other
	}
	return is
}

func (p *parser) not() bool {
	switch {
	case p.is("not"):
		return !p.not()
	case p.is("("):
		is := p.or()
		if !p.is(")") {
			p.fail("a bracket is open")
		}
		return is
	case p.is("1"):
		if !p.is("of") {
			p.fail("no of behind 1")
		}
		return p.oneOf(p.next())
	}
	name := p.next()
	if _, ok := p.rule.searches[name]; !ok {
		p.fail("no search is called " + name)
	}
	return p.rule.search(name, p.event)
}

// oneOf tells whether one of the searches is true whose names begin so.
func (p *parser) oneOf(pattern string) bool {
	begin, open := strings.CutSuffix(pattern, "*")
	found, is := false, false
	for name := range p.rule.searches {
		if open && strings.HasPrefix(name, begin) {
			found = true
			is = is || p.rule.search(name, p.event)
		}
	}
	if !found {
		p.fail("no search begins with " + begin)
	}
	return is
}

func (p *parser) fail(what string) {
	if p.err == nil {
		p.err = fmt.Errorf("condition %q: %s", p.rule.condition, what)
	}
}
