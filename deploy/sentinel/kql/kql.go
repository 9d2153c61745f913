// Package kql parses queries of the Kusto Query Language and binds their names and
// types to the tables and functions of a workspace, without a network: it runs the
// language service that Azure's own editors use, in Node.js. It does not execute them.
package kql

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"unicode/utf16"
)

// Column is a column of a table, or of a query's result. Type is a scalar type of
// Kusto: string, int, long, real, bool, datetime, timespan, dynamic or guid.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Table is a table that queries may name.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
}

// Function is a function that queries may name. Parameters is what stands between
// the brackets of its declaration, such as "finding:string='*'".
type Function struct {
	Name       string `json:"name"`
	Parameters string `json:"parameters"`
	Body       string `json:"body"`
}

// Workspace is what a query may name.
type Workspace struct {
	Tables    []Table
	Functions []Function
}

// Problem is what the language service says against a query. Line and Column count
// from 1, Column in characters. Severity is Error, Warning, Suggestion or Information.
type Problem struct {
	Severity, Code, Message string
	Line, Column            int
}

// MayBeMissing is the code of the warning that a fuzzy union names a table that the
// workspace does not have.
const MayBeMissing = "KS205"

func (p Problem) String() string {
	return fmt.Sprintf("%d:%d: %s %s: %s", p.Line, p.Column, p.Severity, p.Code, p.Message)
}

// Result is what is known of a query without executing it.
type Result struct {
	Columns  []Column // of its result; none if that is no table
	Problems []Problem
}

// Check returns a result for each query, in their order. The error is that the
// checker could not run; what is wrong with a query is in its result.
func (w Workspace) Check(queries ...string) ([]Result, error) {
	if len(queries) == 0 {
		return nil, nil
	}
	dir, err := folder()
	if err != nil {
		return nil, err
	}
	request, err := json.Marshal(map[string]any{
		"tables": orEmpty(w.Tables), "functions": orEmpty(w.Functions), "queries": queries,
	})
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("node", "check.js")
	cmd.Dir = dir
	cmd.Stdin = bytes.NewReader(request)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	answer, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("checking queries with Node.js: %w: %s", err, strings.TrimSpace(stderr.String()))
	}
	var raw []struct {
		Columns  []Column
		Problems []struct {
			Severity, Code, Message string
			Start                   int
		}
	}
	if err := json.Unmarshal(answer, &raw); err != nil {
		return nil, fmt.Errorf("the answer of the query checker: %w", err)
	}
	if len(raw) != len(queries) {
		return nil, fmt.Errorf("the query checker answered %d of %d queries", len(raw), len(queries))
	}
	results := make([]Result, len(raw))
	for i, r := range raw {
		results[i].Columns = r.Columns
		for _, p := range r.Problems {
			line, column := position(queries[i], p.Start)
			results[i].Problems = append(results[i].Problems, Problem{p.Severity, p.Code, p.Message, line, column})
		}
	}
	return results, nil
}

// position is the line and the column of a place in a text, which counts UTF-16 units
// as JavaScript does.
func position(text string, start int) (line, column int) {
	units := utf16.Encode([]rune(text))
	before := string(utf16.Decode(units[:min(start, len(units))]))
	line = 1 + strings.Count(before, "\n")
	return line, 1 + len([]rune(before[strings.LastIndex(before, "\n")+1:]))
}

// ReadTable reads the table that a file declares as Azure Resource Manager takes it
// (properties.schema.name and .columns).
func ReadTable(file string) (Table, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Table{}, err
	}
	var declared struct {
		Properties struct{ Schema Table }
	}
	if err := json.Unmarshal(text, &declared); err != nil {
		return Table{}, fmt.Errorf("%s: %w", file, err)
	}
	t := declared.Properties.Schema
	if t.Name == "" || len(t.Columns) == 0 {
		return Table{}, fmt.Errorf("%s declares no table with columns", file)
	}
	for i, c := range t.Columns {
		if c.Type == "boolean" { // what the tables API calls it
			t.Columns[i].Type = "bool"
		}
	}
	return t, nil
}

// WithStandardColumns returns the table with the columns that Log Analytics gives to
// every table, where it has not declared them.
func (t Table) WithStandardColumns() Table {
	has := map[string]bool{}
	for _, c := range t.Columns {
		has[c.Name] = true
	}
	columns := append([]Column(nil), t.Columns...)
	for _, c := range []Column{{"TimeGenerated", "datetime"}, {"TenantId", "string"}, {"Type", "string"}, {"_ResourceId", "string"}} {
		if !has[c.Name] {
			columns = append(columns, c)
		}
	}
	return Table{t.Name, columns}
}

// folder is that of the checker, with what it needs installed.
func folder() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if filepath.Dir(dir) == dir {
			return "", errors.New("there is no go.mod above the working directory: run this inside the module")
		}
		dir = filepath.Dir(dir)
	}
	dir = filepath.Join(dir, "deploy", "sentinel", "kql")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "@kusto", "language-service-next")); err != nil {
		return "", errors.New("the Kusto language service is not installed: run `make kql` (needs Node.js and npm)")
	}
	return dir, nil
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
