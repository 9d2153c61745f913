package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sparkless/publish/schema"
)

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema NAME",
		Short: "Print the JSON Schema of findings, of the summary of a run, or of its record",
		Long: `Schema prints a JSON Schema (draft 2020-12): of a finding, as files, a dry run and
both APIs have it, of an anomaly, which is a finding of the hunts process, logon and
network, of what --summary-json writes, or of the record of a run that goes to the
table of run health. Within a major version fields are only ever added: whoever reads
them ignores those they do not know.`,
		Example: `  sparkless schema finding > finding.schema.json
  sparkless schema summary`,
		ValidArgs: schema.Names(),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(schema.Names(), args[0]) {
				return usageError{fmt.Errorf("name one schema: %s", strings.Join(schema.Names(), ", "))}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := schema.Text(args[0])
			if err == nil {
				_, err = a.stdout.Write(text)
			}
			return err
		},
	}
}
