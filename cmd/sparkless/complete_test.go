package main

import (
	"os"
	"slices"
	"testing"

	"github.com/spf13/pflag"
)

// Values that a shell is offered are taken.
func TestCompletionOffersWhatIsTaken(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"am-devicenetworkevents", "am-securityevent"} { // which hunts look for
		if err := os.Mkdir(name, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	work := t.TempDir()
	t.Setenv("SPARKLESS_TEMPORAL_ADDRESS", "temporal.internal:7233") // which --engine temporal asks for
	for _, s := range settings() {
		value := flagValues()[s.key]
		for _, word := range slices.Concat(value.words, value.begins) {
			if value.begins != nil {
				word += "1"
			}
			a := newApp(t.Output(), t.Output())
			cmd := a.runCommand()
			if err := cmd.ParseFlags([]string{"--folder=.", "--work-folder=" + work, "--" + s.flag, word}); err != nil {
				t.Fatal(err)
			}
			v, err := a.load(cmd)
			if err == nil {
				_, err = a.draft(v)
			}
			if err != nil {
				t.Errorf("--%s %s: %v", s.flag, word, err)
			}
		}
	}
	for key := range flagValues() {
		known := slices.ContainsFunc(settings(), func(s setting) bool { return s.key == key })
		for _, c := range allCommands(testRoot(t)) {
			c.Flags().VisitAll(func(f *pflag.Flag) { known = known || f.Name == key || c.Name()+" "+f.Name == key })
		}
		if !known && key != "last" {
			t.Errorf("nothing takes %s", key)
		}
	}
}
