package columns

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Limits that both APIs have.
const (
	// MaxColumns is how many a table may have, and more fields than that a record.
	// (Microsoft Learn, "Azure Monitor service limits".)
	MaxColumns = 500
	// MaxName is how many characters the name of a column may have. The Data Collector
	// API counts without its suffix. (The pages of Check and CheckClassic.)
	MaxName = 45
	// AdvisedFields is how many fields of a record the Data Collector API advises at
	// most. (Microsoft Learn, "Send log data to Azure Monitor by using the HTTP Data
	// Collector API", "Data limits".)
	AdvisedFields = 50
)

var (
	namePattern    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
	classicPattern = regexp.MustCompile(`^[A-Za-z0-9_]+$`)
)

// Check returns why the Logs Ingestion API, or the table behind it, can have no
// column of this name, or nil. (Microsoft Learn, "Create a custom table".)
func Check(name string) error {
	reserved := []string{"_ResourceId", "id", "_SubscriptionId", "TenantId", "Type", "UniqueId", "Title"}
	if isOneOf(name, reserved) {
		return errors.New("the service reserves it")
	}
	if !namePattern.MatchString(name) || len(name) > MaxName {
		return fmt.Errorf("use a letter, then letters, digits and underscores, at most %d in all", MaxName)
	}
	return nil
}

// CheckClassic returns why the Data Collector API can take no field of this name, or
// nil. (Microsoft Learn, "Send log data to Azure Monitor by using the HTTP Data
// Collector API", "Reserved properties" and "Data limits".)
func CheckClassic(name string) error {
	if isOneOf(name, []string{"tenant", "TimeGenerated", "RawData"}) {
		return errors.New("the service reserves it")
	}
	if !classicPattern.MatchString(name) || len(name) > MaxName {
		return fmt.Errorf("use letters, digits and underscores, at most %d", MaxName)
	}
	return nil
}

// isOneOf is strict: whether the services mind the case of a name is not documented.
func isOneOf(name string, reserved []string) bool {
	return slices.ContainsFunc(reserved, func(r string) bool { return strings.EqualFold(r, name) })
}

// CheckAll returns all that is wrong with the columns of a stream and its table.
func CheckAll(all []Column) error {
	var errs []error
	if len(all) > MaxColumns {
		errs = append(errs, fmt.Errorf("%d columns, a table takes %d", len(all), MaxColumns))
	}
	seen := map[string]bool{}
	for _, c := range all {
		note := func(err error) {
			if err != nil {
				errs = append(errs, fmt.Errorf("column %q: %w", c.Name, err))
			}
		}
		note(Check(c.Name))
		if !slices.Contains(Types(), c.Type) {
			note(fmt.Errorf("type %q is none of %s", c.Type, strings.Join(Types(), ", ")))
		}
		if key := strings.ToLower(c.Name); seen[key] {
			note(errors.New("there is another of that name, but for the case perhaps"))
		} else {
			seen[key] = true
		}
	}
	return errors.Join(errs...)
}

// Classic is the column that the Data Collector API makes for a field whose values
// are of the type of a column: under the field's name with a suffix, and of a type of
// its own, which knows neither whole numbers nor lists. A text that looks like a GUID
// or a time goes into another column: see ClassicOf.
func Classic(c Column) (Column, error) {
	suffixes := map[string]string{"string": "_s", "dynamic": "_s", "int": "_d", "long": "_d", "real": "_d", "boolean": "_b", "datetime": "_t"}
	suffix, ok := suffixes[c.Type]
	if !ok {
		return Column{}, fmt.Errorf("column %q: type %q is none of %s", c.Name, c.Type, strings.Join(Types(), ", "))
	}
	if err := CheckClassic(c.Name); err != nil {
		return Column{}, fmt.Errorf("column %q: %w", c.Name, err)
	}
	return Column{Name: c.Name + suffix, Type: classicType(suffix), Description: c.Description}, nil
}

func classicType(suffix string) string {
	return map[string]string{"_s": "string", "_d": "real", "_b": "boolean", "_t": "datetime", "_g": "string"}[suffix]
}

var guidPattern = regexp.MustCompile(`^(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\{[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\})$`)

// ClassicOf is the column that the Data Collector API puts one JSON value of a field
// into; "" for null, which makes none. It goes by the value: of one field some texts
// may have another column than the rest. (Microsoft Learn, "Send log data to Azure
// Monitor by using the HTTP Data Collector API", "Record type and properties".)
func ClassicOf(name string, value json.RawMessage) (string, error) {
	if err := CheckClassic(name); err != nil {
		return "", fmt.Errorf("field %q: %w", name, err)
	}
	var v any
	if err := json.Unmarshal(value, &v); err != nil {
		return "", fmt.Errorf("field %q: %w", name, err)
	}
	switch v := v.(type) {
	case nil:
		return "", nil
	case bool:
		return name + "_b", nil
	case float64:
		return name + "_d", nil
	case string:
		return name + textSuffix(v), nil
	}
	return name + "_s", nil // as its JSON text
}

func textSuffix(text string) string {
	if guidPattern.MatchString(text) {
		return "_g"
	}
	if _, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return "_t"
	}
	return "_s"
}
