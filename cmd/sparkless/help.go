package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// commandGroup is a part of the commands in the help.
type commandGroup struct {
	title string
	names []string
}

// commandGroups are the groups of commands in the order in which the help shows
// them, each with its commands in theirs.
func commandGroups() []commandGroup {
	return []commandGroup{
		{"Hunt", []string{"run", "backfill", "train", "score"}},
		{"Hunt on many machines", []string{"worker", "status", "cancel", "shard", "merge"}},
		{"Look at what was found", []string{"explain", "report", "diff"}},
		{"Keep and send findings", []string{"suppress", "publish", "export"}},
		{"Set up", []string{"init", "config", "doctor", "schema", "completion", "man", "version"}},
		{"Try and measure", []string{"sample", "evaluate", "bench-models"}},
	}
}

// setHelp makes the help of all commands ours.
func setHelp(root *cobra.Command) {
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		w := cmd.OutOrStdout()
		fmt.Fprint(w, helpOf(cmd, textWidth(w)))
	})
	root.SetHelpCommand(&cobra.Command{
		Use:   "help [COMMAND | TOPIC]",
		Short: "Tell about a command or a topic",
		Args:  cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err == nil {
				err = noArguments(cmd, rest)
			}
			if err != nil {
				return err
			}
			return cmd.Help()
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var names []string
			for _, c := range cmd.Commands() {
				if c.IsAvailableCommand() || c.IsAdditionalHelpTopicCommand() {
					names = append(names, cobra.CompletionWithDesc(c.Name(), c.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	})
}

// helpOf is the help of a command or topic, for a window of some width.
func helpOf(cmd *cobra.Command, width int) string {
	l := &layout{width: width}
	about := cmd.Long
	if about == "" {
		about = cmd.Short + "."
	}
	l.text(about)
	if cmd.IsAdditionalHelpTopicCommand() {
		return l.String()
	}
	l.heading("Usage")
	l.line("  " + usageOf(cmd))
	if cmd.Example != "" {
		l.heading("Examples")
		l.line(cmd.Example)
	}
	for _, g := range commandRows(cmd) {
		l.heading(g.title)
		l.rows(g.rows)
	}
	for i, rows := range flagRows(cmd) {
		if len(rows) > 0 {
			l.heading(flagGroups()[i].title)
			l.rows(rows)
		}
	}
	l.text(footOf(cmd))
	return l.String()
}

// usageOf is the line that says how a command is called.
func usageOf(cmd *cobra.Command) string {
	if cmd.HasAvailableSubCommands() {
		return cmd.CommandPath() + " COMMAND"
	}
	return cmd.UseLine()
}

// titled are rows below a title.
type titled struct {
	title string
	rows  []row
}

// commandRows are the commands below one, by group, and the topics.
func commandRows(cmd *cobra.Command) []titled {
	var all []titled
	add := func(title string, rows []row) {
		if len(rows) > 0 {
			all = append(all, titled{title, rows})
		}
	}
	if cmd.HasParent() {
		add("Commands", rowsOf(cmd, func(c *cobra.Command) bool { return c.IsAvailableCommand() }))
		return all
	}
	for _, g := range commandGroups() {
		var rows []row
		for _, name := range g.names {
			rows = append(rows, rowsOf(cmd, func(c *cobra.Command) bool { return c.Name() == name && c.IsAvailableCommand() })...)
		}
		add(g.title, rows)
	}
	add("Topics, for `"+cmd.Name()+" help TOPIC`", rowsOf(cmd, func(c *cobra.Command) bool { return c.IsAdditionalHelpTopicCommand() }))
	return all
}

func rowsOf(cmd *cobra.Command, wanted func(*cobra.Command) bool) []row {
	var rows []row
	for _, c := range cmd.Commands() {
		if wanted(c) {
			rows = append(rows, row{c.Name(), c.Short})
		}
	}
	return rows
}

// footOf says where to read on.
func footOf(cmd *cobra.Command) string {
	var all []string
	if hidesFlags(cmd) {
		all = append(all, "The flags of all other settings are taken, too, and change nothing here.")
	}
	if cmd.Flags().Lookup("config") != nil {
		all = append(all, "Each setting may come from the environment or a settings file as well: `sparkless help environment`.")
	}
	if cmd.HasAvailableSubCommands() {
		all = append(all, "`"+cmd.CommandPath()+" COMMAND --help` tells about a command.")
	}
	return strings.Join(all, " ")
}
