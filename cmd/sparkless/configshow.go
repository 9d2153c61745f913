package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sparkless/cmd/sparkless/terminal"
)

func (a *app) configCommand() *cobra.Command {
	parent := &cobra.Command{Use: "config", Short: "Look at the settings, or check them"}
	show := &cobra.Command{
		Use:   "show",
		Short: "Print each effective setting and where it comes from; no secret",
		Long: `Show prints each effective setting, where it comes from, and its environment
variable. It shows no secret and asks nobody: what a run would look for in the
key vault is named and not fetched.`,
	}
	show.Example = `  sparkless config show
  sparkless config show --config settings.yaml --profile hunt`
	addFlags(show)
	show.RunE = func(cmd *cobra.Command, _ []string) error {
		v, err := a.loadHere(cmd)
		if err != nil {
			return err
		}
		t := &terminal.Table{Columns: []terminal.Column{
			{Title: "SETTING"}, {Title: "VALUE", Least: 12, Fit: terminal.Wrap}, {Title: "FROM", Least: 12, Fit: terminal.Wrap}, {Title: "ENVIRONMENT", Rank: 1},
		}}
		inVault := map[string]string{}
		for _, s := range v.fromVault() {
			inVault[s.key] = s.name
		}
		for _, s := range settings() {
			value, origin := v.shown(s), v.origin[s.key]
			if name, ok := inVault[s.key]; ok {
				value, origin = "(not fetched: secret "+name+")", v.vaultOrigin()
			}
			t.Row(terminal.Text(s.key), terminal.Text(value), terminal.Text(origin), terminal.Text(envShown(s.key, origin)))
		}
		return a.write(t)
	}
	parent.AddCommand(show, a.validateCommand())
	return parent
}

// envShown is the variable that sets a setting: the one that does, or ours.
func envShown(key, origin string) string {
	if name, ok := strings.CutPrefix(origin, "environment "); ok && slices.Contains(envNames(key), name) {
		return name
	}
	return envName(key)
}

// shown is a setting's value for people.
func (v *values) shown(s setting) string {
	switch {
	case s.secret && v.secret(s.key).Empty():
		return "(not set)"
	case s.secret:
		return "(set, not shown)"
	}
	switch s.value.(type) {
	case []string:
		return address(strings.Join(v.list(s.key), " "))
	case int:
		return fmt.Sprint(v.whole(s.key))
	case float64:
		return fmt.Sprint(v.number(s.key))
	case bool:
		return fmt.Sprint(v.on(s.key))
	}
	if text := v.text(s.key); text != "" {
		return address(text)
	}
	return "-"
}
