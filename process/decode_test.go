package process

import (
	"errors"
	"strings"
	"testing"

	"sparkless/storage/table"
)

// forge returns the file of a small state after a change that no events make.
func forge(t testing.TB, change func(s *State, p *program, g *group)) []byte {
	s := stateOf([]start{
		{at: friday, path: `C:\a.exe`, host: "h", parent: "p.exe", account: "u", command: "x"},
		{at: friday + hour, path: `C:\a.exe`, host: "h", parent: "p.exe", account: "u", command: "x"},
		{at: friday, path: `C:\b.exe`, host: "h", account: "u"},
	})
	p := s.programs[`c:\a.exe`]
	change(s, p, p.groups[0])
	return encoded(t, s)
}

func TestForgedFilesAreRefused(t *testing.T) {
	for name, change := range map[string]func(s *State, p *program, g *group){
		"fewer executions than its groups have": func(_ *State, p *program, _ *group) { p.count = 1; p.last = p.first },
		"no executions":                         func(_ *State, p *program, _ *group) { p.count = 0 },
		"a last before the first":               func(_ *State, _ *program, g *group) { g.last = g.first - 1 },
		"one execution at two times":            func(s *State, _ *program, _ *group) { s.programs[`c:\b.exe`].last++ },
		"fewer events than executions":          func(s *State, _ *program, _ *group) { s.events = 2 },
		"a vector of too many bits":             func(_ *State, _ *program, g *group) { g.key.vector |= 1 << 60 },
		"an entropy that no bytes have":         func(_ *State, _ *program, g *group) { g.key.vector |= 31 << fieldEntropy.at },
		"hours that do not add up":              func(_ *State, _ *program, g *group) { g.hours[3] = 7 },
		"a negative hour":                       func(_ *State, _ *program, g *group) { g.hours[3] = -1; g.hours[4] = 1 },
		"a command line that is too long":       func(_ *State, _ *program, g *group) { g.sample.command = strings.Repeat("x", longestCommand+1) },
		"a parent that is too long":             func(_ *State, _ *program, g *group) { g.key.parent = strings.Repeat("x", longestName+1) },
		"a path that is too long":               func(_ *State, p *program, _ *group) { p.path = strings.Repeat("x", longestPath+1) },
		"hosts out of order":                    func(_ *State, p *program, _ *group) { p.hosts = bottom{2, 1} },
		"too many hosts":                        func(_ *State, p *program, _ *group) { p.hosts = make(bottom, mostMembers+1) },
		"the same program twice":                func(s *State, p *program, _ *group) { s.programs["again"] = p },
		"the same group twice":                  func(_ *State, p *program, g *group) { p.groups = append(p.groups, g) },
		"a program that is to be left out":      func(s *State, _ *program, _ *group) { s.limit = 1 },
		"hosts of the estate out of order":      func(s *State, _ *program, _ *group) { s.hosts = bottom{2, 2} },
	} {
		file := forge(t, change)
		if _, err := NewState().Decode(file); !errors.Is(err, table.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		day := NewState()
		if _, err := New(DefaultParams(), "x", 1).Past(day).Decode(file); err != nil && !errors.Is(err, table.ErrDamaged) {
			t.Errorf("%s, as a past: %v", name, err)
		}
	}
	if _, err := NewState().Decode(forge(t, func(*State, *program, *group) {})); err != nil {
		t.Fatal(err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encoded(f, stateOf(mixed(50, 7))))
	f.Add(forge(f, func(*State, *program, *group) {}))
	f.Fuzz(func(t *testing.T, file []byte) {
		s := NewState()
		if _, err := s.Decode(file); err == nil {
			again := encoded(t, s)
			if _, err := NewState().Decode(again); err != nil {
				t.Fatal(err)
			}
		}
		_, _ = New(DefaultParams(), "x", 1).Past(stateOf(mixed(20, 7))).Decode(file) // no panic
	})
}
