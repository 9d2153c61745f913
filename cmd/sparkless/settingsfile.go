package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"
)

// settingsFile is what a settings file holds.
type settingsFile struct {
	name  string // to show; "" if there is none
	v     *viper.Viper
	lines map[string]int // of each key, from 1
}

// at is where a key stands in the file.
func (f settingsFile) at(key string) string {
	if line, ok := f.lines[key]; ok {
		return fmt.Sprintf("%s:%d", f.name, line)
	}
	return f.name
}

// unread reports whether there is a file that could not be read.
func (f settingsFile) unread() bool { return f.name != "" && f.lines == nil }

// readFile reads the settings file that --config or the environment names, or
// config.yaml where there is one. A key that is no setting is an error.
func readFile(flags *pflag.FlagSet) (settingsFile, error) {
	name, _ := flags.GetString("config")
	if name == "" {
		name = os.Getenv(configVariable)
	}
	optional := name == ""
	if optional {
		name = defaultConfig
	}
	f := settingsFile{v: viper.New()}
	f.v.SetConfigType("yaml")
	text, err := os.ReadFile(name)
	if optional && errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	f.name = address(name)
	if err != nil {
		return f, fmt.Errorf("settings file %s: %w", f.name, withoutPath(err))
	}
	if err := f.v.ReadConfig(bytes.NewReader(text)); err != nil {
		return f, fmt.Errorf("settings file %s: not sections with settings in them: %s", f.name, unquoted(err))
	}
	if line := secondDocument(text); line > 0 {
		return f, fmt.Errorf("settings file %s:%d: a second document begins, which is not read: take the line --- away", f.name, line)
	}
	if section := f.flatSection(); section != "" {
		return f, fmt.Errorf("settings file %s:%d: %s is a section: its settings stand below it, each on a line that is indented", f.name, keyLines(text)[section], section)
	}
	f.lines = keyLines(text)
	return f, f.unknownKeys()
}

// secondDocument is about the line where a second YAML document of a file begins, or 0: only the first is read.
func secondDocument(text []byte) int {
	d := yaml.NewDecoder(bytes.NewReader(text))
	var first, second yaml.Node
	if d.Decode(&first) != nil || d.Decode(&second) != nil {
		return 0
	}
	return max(second.Line, 1)
}

// flatSection is a section that holds a value in place of settings, or "": every setting
// of it would have no value, not even its default.
func (f settingsFile) flatSection() string {
	for _, s := range settings() {
		section, _, _ := strings.Cut(s.key, ".")
		if value := f.v.Get(section); value != nil {
			if _, ok := value.(map[string]any); !ok {
				return section
			}
		}
	}
	return ""
}

// unknownKeys finds keys that are no setting. A section may be empty.
func (f settingsFile) unknownKeys() error {
	var sections, unknown []string
	known := map[string]bool{}
	for _, s := range settings() {
		section, _, _ := strings.Cut(s.key, ".")
		sections, known[s.key] = append(sections, section), true
	}
	for _, key := range f.v.AllKeys() {
		if !known[key] && !(slices.Contains(sections, key) && f.v.Get(key) == nil) {
			unknown = append(unknown, key)
		}
	}
	slices.SortFunc(unknown, func(a, b string) int {
		return cmp.Or(cmp.Compare(f.lines[a], f.lines[b]), strings.Compare(a, b))
	})
	var errs []error
	for _, key := range unknown {
		errs = append(errs, fmt.Errorf("%s: there is no setting %s%s", f.at(key), shownKey(key), didYouMean(nearKeys(key), "`sparkless config show` lists them")))
	}
	return errors.Join(errs...)
}

// keyLines are the lines at which the keys of a settings file stand, in lower case
// as viper has them.
func keyLines(text []byte) map[string]int {
	var root yaml.Node
	lines := map[string]int{}
	if err := yaml.Unmarshal(text, &root); err != nil || len(root.Content) == 0 {
		return lines
	}
	var walk func(prefix string, n *yaml.Node)
	walk = func(prefix string, n *yaml.Node) {
		if n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := prefix + strings.ToLower(n.Content[i].Value)
			lines[key] = n.Content[i].Line
			walk(key+".", n.Content[i+1])
		}
	}
	walk("", root.Content[0])
	return lines
}

// unquoted is what a YAML error says before it quotes the file, which may hold a
// secret just there.
func unquoted(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if i := strings.IndexAny(text, "'\"`"); i >= 0 {
		text = strings.TrimRight(text[:i], " ")
	}
	return text
}

// shownKey quotes what stands where a setting's name should, unless it looks
// like a value.
func shownKey(key string) string {
	if !regexp.MustCompile(`^[a-z0-9_.-]{1,48}$`).MatchString(key) {
		return "of that name (not shown: it may hold a secret)"
	}
	return strconv.Quote(key)
}
