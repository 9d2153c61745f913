package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sparkless/storage/secret"
)

func (a *app) validateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Say all that is wrong with the settings, without asking anybody",
		Long: `Validate checks the settings as a run would, files of rules and facts among them, and
names every problem at once, with the place where it stands: exit code 2. It prints
which file and which variables of the environment the settings come from. It uses no
network: whether anybody lets you in is for a run to see, and so is what lies in a key
vault.`,
		Example: `  sparkless config validate
  sparkless config validate --config settings.yaml`,
	}
	addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		v, err := loadSettings(cmd.Flags())
		if v == nil {
			return err
		}
		a.showSources(v)
		if problems := a.problems(v, err); len(problems) > 0 {
			return problems
		}
		a.log.Info("nothing is wrong with the settings")
		return nil
	}
	return cmd
}

// problems are all that is wrong with settings whose loading ended in err.
func (a *app) problems(v *values, err error) together {
	all := slices.Concat(problemsIn(err), problemsIn(a.setLog(v)), problemsIn(v.checkMisplaced()))
	if v.file.unread() {
		return v.placed(all) // what is missing may stand there
	}
	v.dropMistyped()
	guessed := v.standIn()
	_, err = newOutput(v)
	all = append(all, problemsIn(err)...)
	h, err := a.draft(v)
	all = append(all, problemsIn(errors.Join(err, h.barred(), a.checkWindow(v)))...)
	if len(all) == 0 && !guessed {
		a.advise(v, &h.hunt)
	}
	return v.placed(all)
}

// showSources prints where the settings come from.
func (a *app) showSources(v *values) {
	file := v.file.name
	if file == "" {
		file = "none; no " + defaultConfig + " in the working directory"
	}
	fmt.Fprintf(a.stdout, "settings file: %s\n", file)
	var taken, flags []string
	if os.Getenv(configVariable) != "" {
		taken = append(taken, configVariable)
	}
	for _, s := range settings() {
		origin := v.origin[s.key]
		if name, ok := strings.CutPrefix(origin, "environment "); ok {
			taken = append(taken, name)
		}
		if name, ok := strings.CutPrefix(origin, "flag "); ok {
			flags = append(flags, name)
		}
	}
	fmt.Fprintf(a.stdout, "environment: %s\n", orNone(taken))
	if len(flags) > 0 {
		fmt.Fprintf(a.stdout, "flags: %s\n", strings.Join(flags, ", "))
	}
	var inVault []string
	for _, s := range v.fromVault() {
		inVault = append(inVault, s.key)
	}
	if len(inVault) > 0 {
		fmt.Fprintf(a.stdout, "not fetched from %s: %s\n", v.vaultOrigin(), strings.Join(inVault, ", "))
	}
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// dropMistyped sets what is not of its setting's type, and has been said, to the
// default: it would be taken for something that nobody has set.
func (v *values) dropMistyped() {
	for _, s := range settings() {
		if !s.secret && v.checkType(s) != nil {
			v.v.Set(s.key, s.value)
			v.origin[s.key] = "default"
		}
	}
}

// standIn sets what a key vault is to give to values of the right form, so that
// everything beside them can be checked. It reports whether there are any.
func (v *values) standIn() bool {
	forms := map[string]string{
		"storage.connection-string": "DefaultEndpointsProtocol=https;AccountName=standin;AccountKey=c3RhbmQtaW4=;EndpointSuffix=core.windows.net",
		"datacollector.shared-key":  "c3RhbmQtaW4=",
	}
	wanted := v.fromVault()
	for _, s := range wanted {
		switch s.key {
		case "datacollector.workspace-id":
			v.v.Set(s.key, "00000000-0000-0000-0000-000000000000")
		case "storage.workspace":
		default:
			v.keep(s.key, secret.New(forms[s.key]), v.vaultOrigin())
		}
	}
	return len(wanted) > 0
}

// problemsIn are the errors that were joined to one, each once.
func problemsIn(err error) []error {
	if err == nil {
		return nil
	}
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		if many, ok := inner.(interface{ Unwrap() []error }); ok && inner.Error() == err.Error() && isJoined(inner, many.Unwrap()) {
			var all []error
			for _, one := range many.Unwrap() {
				all = append(all, problemsIn(one)...)
			}
			return all
		}
	}
	return []error{err}
}

// isJoined reports whether an error says what some others do and nothing else.
func isJoined(err error, others []error) bool { return err.Error() == errors.Join(others...).Error() }

// placed are the errors as steps of one, each once, and each with the place of the
// setting that it begins with.
func (v *values) placed(problems []error) together {
	var all together
	seen := map[string]bool{}
	for _, p := range problems {
		if key, rest, ok := strings.Cut(p.Error(), ": "); ok && v.origin[key] != "" && v.origin[key] != "default" {
			p = fmt.Errorf("%s (%s): %s", key, v.origin[key], rest)
		}
		if !seen[p.Error()] {
			seen[p.Error()] = true
			all = append(all, usageError{p})
		}
	}
	return all
}
