package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

func (a *app) initCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a settings file that explains every setting",
		Long: `Init writes a settings file with every setting in it, explained and commented out,
to FILE or to config.yaml, which a run reads from the working directory. The flag of a
setting sets it there. Only you may read the file, since secrets may come into it. A
file that is there stays as it is, unless --force replaces it.`,
		Example: `  sparkless init
  sparkless init --account mystorage --workspace my-sentinel --out 'findings-{day}.csv'
  sparkless init --folder ./export --profile hunt --force settings.yaml`,
	}
	addFlags(cmd)
	_ = cmd.Flags().MarkHidden("config") // which addFlags has just defined
	force := cmd.Flags().Bool("force", false, "replace a file that is there")
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) > 1 || len(args) == 1 && args[0] == "" {
			return usageError{errors.New("init takes the name of one file")}
		}
		return nil
	}
	cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name := defaultConfig
		if len(args) == 1 {
			name = args[0]
		}
		return a.initConfig(name, cmd.Flags(), *force)
	}
	return cmd
}

// initConfig writes the settings file with the settings whose flags are given.
func (a *app) initConfig(name string, flags *pflag.FlagSet, force bool) error {
	given, err := givenFlags(flags)
	if err != nil {
		return usageError{err}
	}
	text, err := configFile(given)
	if err != nil {
		return usageError{err}
	}
	write := writeNew
	if force {
		write = replace
	}
	shown := address(name)
	switch err := write(name, []byte(text)); {
	case errors.Is(err, fs.ErrExist):
		return usageError{fmt.Errorf("%s is there already: --force replaces it", shown)}
	case err != nil:
		return fmt.Errorf("%s: %w", shown, withoutPath(err))
	}
	a.log.Info("settings file written; `sparkless config validate` says what it lacks", "file", shown)
	return nil
}

// givenFlags are the settings whose flags are given, checked as those of a run.
func givenFlags(flags *pflag.FlagSet) (map[string]any, error) {
	v := &values{v: viper.New(), origin: map[string]string{}}
	given := map[string]any{}
	for _, s := range settings() {
		v.v.SetDefault(s.key, s.value)
		flag := flags.Lookup(s.flag)
		if flag == nil || !flag.Changed {
			continue
		}
		if err := v.v.BindPFlag(s.key, flag); err != nil {
			return nil, err
		}
		v.origin[s.key] = "flag --" + s.flag
		switch s.value.(type) {
		case []string:
			given[s.key] = v.list(s.key)
		case int:
			given[s.key] = v.whole(s.key)
		default:
			given[s.key] = v.v.Get(s.key)
		}
	}
	return given, v.checkMisplaced()
}

// writeNew writes a file that only its owner may read, where there is none.
func writeNew(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// replace puts such a file in the place of another, whole.
func replace(name string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".sparkless-*") // which only its owner may read
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the error says more
	}
	return err
}
