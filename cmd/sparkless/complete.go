package main

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sparkless/masquerade"
	"sparkless/storage"
	"sparkless/storage/event"
)

// flagValue is what a flag takes: its name in the help, and what a shell offers
// for it. At most one of the others is set.
type flagValue struct {
	name   string
	words  []string // one of these
	begins []string // one of these, and more behind it
	files  []string // a file with one of these endings
	folder bool
	days   bool // a day that the work store has a profile of
}

// flagValues are the values of flags, by setting for those that set one, else by
// name, or by command and name where commands differ.
func flagValues() map[string]flagValue {
	all := placeValues()
	maps.Copy(all, runningValues())
	maps.Copy(all, huntingValues())
	return all
}

// huntingValues are those of flags of what is hunted, shown and written, and of the
// commands' own.
func huntingValues() map[string]flagValue {
	day, dir := flagValue{name: "DAY", days: true}, flagValue{name: "DIR", folder: true}
	lists, rules := flagValue{name: "FILE", files: []string{"csv"}}, flagValue{name: "FILE", files: []string{"yaml", "yml"}}
	profiles := flagValue{name: "PROFILE", words: masquerade.Profiles()}
	short := flagValue{name: "FORMAT", words: []string{"table", "json"}}
	return map[string]flagValue{
		"storage.folder": dir, "work.folder": dir, "sample out": dir, "base": dir, "dir": dir,
		"day": day, "from": day, "to": day,
		"config": rules, "suppress.file": rules, "masquerade.facts": rules, "file": rules,
		"evaluate impostors": lists, "benign": lists,
		"masquerade.profile": profiles, "profile": profiles,
		"masquerade.weights":   {name: "NAME=POINTS", begins: weightNames()},
		"output.format":        {name: "FORMAT", words: formatNames()},
		"explain format":       short,
		"evaluate format":      short,
		"doctor format":        {name: "FORMAT", words: []string{"table", "json", "jsonl"}},
		"export out":           {name: "FILE", files: []string{"yml", "kql", "csv", "json"}},
		"export findings":      {name: "FILE", files: []string{"jsonl", "json"}},
		"train out":            {name: "FILE", files: []string{"json"}},
		"labels":               {name: "FILE", files: []string{"csv", "jsonl"}},
		"score model":          {name: "FILE", files: []string{"json"}},
		"finding":              {name: "ID"},
		"min-severity":         {name: "SEVERITY", words: []string{"low", "medium", "high"}},
		"table":                {name: "TABLE", words: exportTables()},
		"output.files":         {name: "FILE", files: fileEndings()},
		"output.report":        {name: "FILE", files: []string{"html"}},
		"output.summary":       {name: "FILE", files: []string{"json"}},
		"output.fail-on":       {name: "SEVERITY", words: []string{"low", "medium", "high", "any"}},
		"log.level":            {name: "LEVEL", words: []string{"debug", "info", "warn", "error"}},
		"log.format":           {name: "FORMAT", words: []string{"auto", "text", "json"}},
		"plan":                 {name: "NAME"},
		"status format":        short,
		"last":                 {name: "TIME"},
		"masquerade.min-score": {name: "SCORE"},
		"process.model":        {name: "FILE", files: []string{"json"}},
		"hunts.detect":         {name: "HUNTS", words: append(huntNames(), "all")},
		"hunts.mode":           {name: "MODE", words: []string{modeDefault, modeNotebook}},
	}
}

// runningValues are those of flags of how the job runs, and with whom.
func runningValues() map[string]flagValue {
	certificates, keys := flagValue{name: "FILE", files: []string{"pem", "crt", "cer"}}, flagValue{name: "FILE", files: []string{"pem", "key"}}
	return map[string]flagValue{
		"job.shard-size":           {name: "SIZE"},
		"job.memory":               {name: "SIZE"},
		"job.history":              {name: "DAYS"},
		"job.wait":                 {name: "TIME"},
		"job.engine":               {name: "ENGINE", words: engines()},
		"job.batch-size":           {name: "SIZE"},
		"temporal.address":         {name: "HOST:PORT"},
		"temporal.namespace":       {name: "NAME"},
		"temporal.tls":             {name: "MODE", words: tlsModes()},
		"temporal.tls-ca":          certificates,
		"temporal.tls-cert":        certificates,
		"temporal.tls-key":         keys,
		"temporal.tls-server-name": {name: "NAME"},
		"job.scope":                {name: "NAME"},
	}
}

// placeValues are those of flags of where exports come from and findings go.
func placeValues() map[string]flagValue {
	return map[string]flagValue{
		"storage.endpoint":               {name: "URL"},
		"key-vault.url":                  {name: "URL"},
		"storage.layout":                 {name: "LAYOUT", words: storage.Layouts()},
		"fields.preset":                  {name: "PRESET", words: event.PresetNames()},
		"fields.map":                     {name: "FIELD=PATH", begins: fieldNames()},
		"fields.events":                  {name: "ID"},
		"storage.account":                {name: "NAME"},
		"storage.container":              {name: "NAME"},
		"work.container":                 {name: "NAME"},
		"storage.workspace":              {name: "WORKSPACE"},
		"storage.client-id":              {name: "ID"},
		"logsingestion.rule-id":          {name: "ID"},
		"datacollector.workspace-id":     {name: "ID"},
		"datacollector.log-type":         {name: "TABLE"},
		"datacollector.health-log-type":  {name: "TABLE"},
		"datacollector.anomaly-log-type": {name: "TABLE"},
		"network.container":              {name: "NAME"},
		"datacollector.endpoint":         {name: "URL"},
		"datacollector.resource-id":      {name: "ID"},
		"logsingestion.endpoint":         {name: "URL"},
		"logsingestion.stream":           {name: "NAME"},
		"logsingestion.health-stream":    {name: "NAME"},
		"logsingestion.anomaly-stream":   {name: "NAME"},
		"logsingestion.audience":         {name: "URL"},
	}
}

// valueOf is what a flag of a command takes.
func valueOf(cmd *cobra.Command, f *pflag.Flag) flagValue {
	all := flagValues()
	name := f.Name
	if key := keyOf(f); key != "" {
		name = key
	}
	for _, name := range []string{cmd.Name() + " " + f.Name, name} {
		if v, ok := all[name]; ok {
			return v
		}
	}
	switch f.Value.Type() {
	case "int", "uint64", "float64":
		return flagValue{name: "NUMBER"}
	}
	return flagValue{name: "TEXT"}
}

// completionCommand is ours, since cobra's does not say where a script belongs.
func (a *app) completionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	cmd := &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print what makes a shell complete commands, flags and their values",
		Long: `Completion prints a script for one of these shells. Load it in each session, or keep it where
the shell looks for such scripts:

  bash        source <(sparkless completion bash), or keep it in ~/.local/share/bash-completion/completions/sparkless
  zsh         keep it as _sparkless in a folder of $fpath
  fish        sparkless completion fish | source, or keep it in ~/.config/fish/completions/sparkless.fish
  powershell  sparkless completion powershell | Out-String | Invoke-Expression, in $PROFILE for all sessions

Bash needs its package bash-completion. Days that a work store on this machine has are
completed; the network is never asked.`,
		Example:   `  sparkless completion bash`,
		ValidArgs: shells,
	}
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) != 1 || !slices.Contains(shells, args[0]) {
			return usageError{errors.New("completion takes one shell: " + strings.Join(shells, ", "))}
		}
		return nil
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		root := cmd.Root()
		switch args[0] {
		case "bash":
			return root.GenBashCompletionV2(a.stdout, true)
		case "zsh":
			return root.GenZshCompletion(a.stdout)
		case "fish":
			return root.GenFishCompletion(a.stdout, true)
		}
		return root.GenPowerShellCompletionWithDesc(a.stdout)
	}
	return cmd
}

// completes reports whether a shell asks for words, by a command that cobra hides.
func completes(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// setCompletion has shells offer the values of flags, and names of files only where
// a file belongs. Cobra keeps what it is told for as long as the process lives.
func setCompletion(root *cobra.Command) {
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	for _, cmd := range allCommands(root) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Value.Type() != "bool" {
				_ = cmd.RegisterFlagCompletionFunc(f.Name, valueOf(cmd, f).complete) // fails only for what is no flag
			}
		})
	}
}

// complete is what a shell offers. The shell, or cobra for it, takes what fits the
// text that is there.
func (v flagValue) complete(cmd *cobra.Command, _ []string, text string) ([]string, cobra.ShellCompDirective) {
	fitting := func(words []string) []string {
		return slices.DeleteFunc(slices.Clone(words), func(word string) bool { return !strings.HasPrefix(word, text) })
	}
	switch {
	case v.words != nil:
		return fitting(v.words), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	case v.begins != nil:
		return fitting(v.begins), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	case v.files != nil:
		return v.files, cobra.ShellCompDirectiveFilterFileExt
	case v.folder:
		return nil, cobra.ShellCompDirectiveFilterDirs
	case v.days:
		return fitting(profileDays(cmd)), cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// profileDays are the days that the work store has a profile of, if it is a folder:
// who presses a key does not wait for the network.
func profileDays(cmd *cobra.Command) []string {
	v, err := loadSettings(cmd.Flags())
	if err != nil {
		return nil
	}
	place, err := findWork(v)
	if err != nil || place.folder == "" {
		return nil
	}
	found, err := fs.Glob(os.DirFS(place.folder), "profiles/*/*/day=*/profile.parquet")
	if err != nil {
		return nil
	}
	var days []string
	for _, name := range found {
		if day, err := time.Parse("day="+time.DateOnly, path.Base(path.Dir(name))); err == nil {
			days = append(days, day.Format(time.DateOnly))
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// fieldNames are what --field sets, with the sign behind the name.
func fieldNames() []string {
	var names []string
	for _, column := range mappedColumns() {
		names = append(names, column+"=")
	}
	return names
}

// weightNames are what --weight sets, with the sign behind the name.
func weightNames() []string {
	var names []string
	for _, w := range masquerade.WeightList() {
		names = append(names, w.Name+"=")
	}
	return names
}
