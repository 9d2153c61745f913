package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func (a *app) configCommand() *cobra.Command {
	parent := &cobra.Command{Use: "config", Short: "Look at the settings"}
	show := &cobra.Command{
		Use:   "show",
		Short: "Print each effective setting and where it comes from; no secret",
	}
	addFlags(show)
	show.RunE = func(cmd *cobra.Command, _ []string) error {
		v, err := a.load(cmd)
		if err != nil {
			return err
		}
		t := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(t, "SETTING\tVALUE\tFROM\tENVIRONMENT")
		for _, s := range settings() {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", s.key, v.shown(s), v.origin[s.key], envName(s.key))
		}
		return t.Flush()
	}
	parent.AddCommand(show)
	return parent
}

// shown is a setting's value for people.
func (v *values) shown(s setting) string {
	switch {
	case s.secret && v.text(s.key) == "":
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

// address shows a text that may be an address, unless somebody put a secret into
// it that belongs elsewhere: a signature, a key, a password.
func address(text string) string {
	lower := strings.ToLower(text)
	_, rest, isURL := strings.Cut(lower, "://")
	host, _, _ := strings.Cut(rest, "/")
	if strings.Contains(lower, "sig=") || strings.Contains(lower, "key=") || isURL && strings.Contains(host, "@") {
		return "(not shown: it holds a secret, which belongs in another setting)"
	}
	return printable(text)
}
