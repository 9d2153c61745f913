package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// settingOf annotates a flag with the key of the setting that it sets.
const settingOf = "setting"

// keyOf is the setting that a flag sets; "" for a flag that sets none.
func keyOf(f *pflag.Flag) string {
	if keys := f.Annotations[settingOf]; len(keys) == 1 {
		return keys[0]
	}
	return ""
}

// flagGroup is a part of a command's flags: those of settings whose keys are here,
// or begin as one here with a dot at its end, and those of other names.
type flagGroup struct {
	title string
	keys  []string
	flags []string
}

// flagGroups are the groups in the order in which the help shows them. The first
// is for what is in no other.
func flagGroups() []flagGroup {
	return []flagGroup{
		{title: "Flags"},
		{"Input", []string{"storage.", "network.", "fields.", "key-vault.", "window."}, []string{"day", "from", "to", "last", "all"}},
		{"Detection", []string{"hunts.", "process.", "masquerade.", "suppress."}, nil},
		{"Output", []string{"output."}, nil},
		{"Delivery", []string{"datacollector.", "logsingestion.", "job.dry-run"}, nil},
		{"Running", []string{"job.", "work."}, nil},
		{"Many machines", []string{"job.engine", "job.batch-size", "temporal."}, []string{"plan", "index", "of", "queue"}},
		{"Display", []string{"display.", "log."}, nil},
		{"General", nil, []string{"config", "help", "version"}},
	}
}

// placeOf is the place in flagGroups of a setting, that of the longest key that
// fits, or of a flag that sets none.
func placeOf(key, flag string) int {
	found, longest := 0, 0
	for i, g := range flagGroups() {
		if key == "" && slices.Contains(g.flags, flag) {
			return i
		}
		for _, begin := range g.keys {
			if covers(begin, key) && len(begin) > longest {
				found, longest = i, len(begin)
			}
		}
	}
	return found
}

// covers reports whether a key is this one, or of the section that it names.
func covers(begin, key string) bool {
	return key == begin || strings.HasSuffix(begin, ".") && strings.HasPrefix(key, begin)
}

// concerns are the settings that matter to a command, where not all do. It takes
// the flags of the others, too, since scripts give one list of flags to several
// commands and the settings file holds them all; its help leaves them out.
func concerns() map[string][]string {
	reading := []string{"storage.", "key-vault.", "work.", "job.scope", "job.memory", "display.", "log."}
	return map[string][]string{
		"publish": slices.Concat(reading, []string{"job.wait", "hunts.detect", "hunts.masquerade-anomalies", "output.files", "datacollector.workspace-id", "datacollector.log-type", "datacollector.anomaly-log-type", "datacollector.endpoint", "datacollector.resource-id",
			"logsingestion.endpoint", "logsingestion.rule-id", "logsingestion.stream", "logsingestion.anomaly-stream", "logsingestion.audience"}),
		"train":   slices.Concat(reading, []string{"fields.", "job.", "hunts.mode"}),
		"explain": slices.Concat(reading, []string{"job.history", "masquerade.", "suppress.file", "output.format"}),
		"export":  slices.Concat(reading, []string{"job.history", "masquerade.", "suppress.file"}),
		"report":  slices.Concat(reading, []string{"job.history", "masquerade.", "suppress.", "output.report"}),
	}
}

// hideIdleFlags leaves flags out of the help of a command to which they do not matter.
func hideIdleFlags(cmd *cobra.Command) {
	keys, ok := concerns()[cmd.Name()]
	if !ok || cmd.Parent() == nil || cmd.Parent().HasParent() {
		return
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		key := keyOf(f)
		f.Hidden = f.Hidden || key != "" && !slices.ContainsFunc(keys, func(begin string) bool { return covers(begin, key) })
	})
}

// flagRows are a command's flags for the help, by group.
func flagRows(cmd *cobra.Command) [][]row {
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	all := make([][]row, len(flagGroups()))
	cmd.Flags().SortFlags = false
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			i := placeOf(keyOf(f), f.Name)
			all[i] = append(all[i], row{flagTerm(cmd, f), flagText(f)})
		}
	})
	return all
}

// hidesFlags reports whether a command takes flags that its help leaves out.
func hidesFlags(cmd *cobra.Command) bool {
	hidden := false
	cmd.Flags().VisitAll(func(f *pflag.Flag) { hidden = hidden || f.Hidden && keyOf(f) != "" })
	return hidden
}

func flagTerm(cmd *cobra.Command, f *pflag.Flag) string {
	text := "--" + f.Name
	if f.Shorthand != "" {
		text = "-" + f.Shorthand + ", " + text
	}
	if f.Value.Type() != "bool" {
		text += " " + valueOf(cmd, f).name
	}
	return text
}

func flagText(f *pflag.Flag) string {
	if slices.Contains([]string{"", "0", "false", "[]"}, f.DefValue) {
		return f.Usage
	}
	return fmt.Sprintf("%s (default %s)", f.Usage, strings.Trim(f.DefValue, "[]"))
}
