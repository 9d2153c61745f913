package publishtest

import (
	"encoding/json"
	"fmt"
	"os"
)

// RuleColumns returns the columns that the stream has in the file of a data
// collection rule, as Azure Resource Manager takes it.
func RuleColumns(file, stream string) ([]Column, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var rule struct {
		Properties struct {
			StreamDeclarations map[string]struct{ Columns []Column }
		}
	}
	if err := json.Unmarshal(text, &rule); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	columns := rule.Properties.StreamDeclarations[stream].Columns
	if len(columns) == 0 {
		return nil, fmt.Errorf("%s declares no stream %s", file, stream)
	}
	return columns, nil
}
