package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hbollon/go-edlib"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// nearest are the words that a mistyped one may stand for: those with the fewest
// edits to it, as long as these are few for its length. Several are equally near.
func nearest(word string, among []string) []string {
	return within(word, among, min(3, (utf8.RuneCountInString(word)+2)/4))
}

// within are the words with the fewest edits to another one, up to most of them.
func within(word string, among []string, most int) []string {
	const longest = 64 // what is longer is no name of ours
	if utf8.RuneCountInString(word) > longest {
		return nil
	}
	var near []string
	for _, known := range among {
		d := edlib.DamerauLevenshteinDistance(word, known)
		if d < most {
			most, near = d, nil
		}
		if d == most && d > 0 {
			near = append(near, known)
		}
	}
	slices.Sort(near)
	return slices.Compact(near)
}

// didYouMean asks for one of some words, or says what else to do where there is
// none.
func didYouMean(words []string, otherwise string) string {
	if len(words) == 0 {
		return "; " + otherwise
	}
	return ": did you mean " + strings.Join(words, " or ") + "?"
}

// nearKeys are the settings that a mistyped key may stand for: nearer than many
// edits is the same name in another section.
func nearKeys(key string) []string {
	var keys, elsewhere []string
	_, name, inSection := strings.Cut(key, ".")
	if !inSection {
		name = key
	}
	for _, s := range settings() {
		keys = append(keys, s.key)
		if strings.HasSuffix(s.key, "."+name) {
			elsewhere = append(elsewhere, s.key)
		}
	}
	if near := within(key, keys, 1); len(near) > 0 {
		return near
	}
	if len(elsewhere) == 1 || len(elsewhere) == 2 { // more say nothing
		return elsewhere
	}
	return nearest(key, keys)
}

// unknownCommand is the error of an argument that is no command.
func unknownCommand(cmd *cobra.Command, word string) error {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() || c.IsAdditionalHelpTopicCommand() {
			names = append(names, c.Name())
		}
	}
	return usageError{fmt.Errorf("unknown command %q%s", address(word), didYouMean(nearest(word, names), "`"+cmd.CommandPath()+" --help` lists them"))}
}

// flagError says what is wrong with a flag. It repeats no value that may be a secret.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown) && cmd.HasSubCommands() && cmd.Flags().NArg() > 0:
		return unknownCommand(cmd, cmd.Flags().Arg(0)) // the flag belongs to what is no command
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return usageError{fmt.Errorf("unknown flag -%s; `%s --help` lists them", address(unknown.GetSpecifiedName()), cmd.CommandPath())}
	case errors.As(err, &unknown):
		return usageError{unknownFlag(cmd, unknown.GetSpecifiedName())}
	case errors.As(err, &invalid):
		return usageError{fmt.Errorf("--%s: %s is not %s", invalid.GetFlag().Name, address(invalid.GetValue()), typeOfFlag(invalid.GetFlag()))}
	}
	return usageError{errors.New(address(err.Error()))}
}

func unknownFlag(cmd *cobra.Command, name string) error {
	for _, s := range settings() {
		if _, last, _ := strings.Cut(s.key, "."); s.secret && (name == last || name == strings.ReplaceAll(s.key, ".", "-")) {
			return fmt.Errorf("there is no flag --%s, since command lines are public: set %s, or %s", name, envName(s.key), envName(s.key)+fileSuffix)
		}
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, "--"+f.Name)
		}
	})
	near := nearest("--"+name, names)
	return fmt.Errorf("unknown flag --%s%s", address(name), didYouMean(near, "`"+cmd.CommandPath()+" --help` lists them"))
}

// typeOfFlag is what a flag's value is, in words.
func typeOfFlag(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "int", "uint64":
		return "a whole number"
	case "float64":
		return "a number"
	case "bool":
		return "true or false"
	}
	return "such a value"
}
