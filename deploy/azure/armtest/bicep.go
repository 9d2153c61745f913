package armtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// tree is a node of tree-sitter-bicep.
type tree struct {
	Type     string
	Text     string
	Line     int
	Children []tree
	Words    []string
	HasError bool
}

// Bicep are the Bicep files of a folder.
type Bicep struct{ trees map[string]tree }

// ReadBicep reads the Bicep files of a folder and of those in it, with the grammar of
// deploy/azure/bicep. Node.js has to be in PATH, and what that folder's lock file pins
// has to be installed (`make bicep`).
func ReadBicep(folder, grammar string) (*Bicep, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.bicep"))
	if err != nil {
		return nil, err
	}
	modules, err := filepath.Glob(filepath.Join(folder, "*", "*.bicep"))
	if err != nil {
		return nil, err
	}
	parse := exec.Command("node", slices.Concat([]string{filepath.Join(grammar, "parse.mjs")}, files, modules)...)
	var complaint bytes.Buffer
	parse.Stderr = &complaint
	out, err := parse.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s; is the grammar installed (make bicep)?", err, complaint.String())
	}
	var trees map[string]tree
	if err := json.Unmarshal(out, &trees); err != nil {
		return nil, err
	}
	b := &Bicep{trees: map[string]tree{}}
	for name, t := range trees {
		rel, err := filepath.Rel(folder, name)
		if err != nil {
			return nil, err
		}
		if t.HasError {
			return nil, fmt.Errorf("%s, line %d: no Bicep", rel, firstError(t))
		}
		b.trees[filepath.ToSlash(rel)] = t
	}
	return b, nil
}

// Deploy deploys a file, and the modules that it names, with these parameters, as ARM
// does.
func (b *Bicep) Deploy(file string, params map[string]any, azure Azure) (*Deployment, error) {
	files := &bicepFiles{trees: b.trees, azure: azure}
	return files.deploy(file, params, azure.Group)
}

func firstError(t tree) int {
	if t.Type == "ERROR" || t.Type == "MISSING" {
		return t.Line
	}
	for _, c := range t.Children {
		if line := firstError(c); line > 0 {
			return line
		}
	}
	return 0
}

type bicepFiles struct {
	trees map[string]tree
	azure Azure
}

// bicepScope is a file in the making.
type bicepScope struct {
	Group
	files   *bicepFiles
	file    string
	into    *Deployment
	params  map[string]any
	vars    map[string]tree
	symbols map[string]*symbol
	waits   []string // IDs that what is in the making refers to
	early   bool
}

// symbol is a resource or a module, once it is asked for.
type symbol struct {
	tree     tree
	scope    *bicepScope
	name     string
	existing bool
	deployed bool
	busy     bool
	id       string
	told     map[string]any // what it tells once it is there
	left     bool           // out, by its condition
}

func (f *bicepFiles) deploy(file string, said map[string]any, group Group) (*Deployment, error) {
	root, ok := f.trees[file]
	if !ok {
		return nil, fmt.Errorf("%s %w", file, errNotThere)
	}
	s := &bicepScope{Group: group, files: f, file: file, into: &Deployment{Resources: map[string]*Resource{}, Outputs: map[string]any{}},
		params: map[string]any{}, vars: map[string]tree{}, symbols: map[string]*symbol{}}
	declared := map[string]parameter{}
	var outputs []tree
	var decorators []tree
	for _, c := range root.Children {
		if err := s.declare(c, decorators, declared, &outputs); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", file, c.Line, err)
		}
		decorators = nil
		if c.Type == "decorators" {
			decorators = c.Children
		}
	}
	if err := paramValues(declared, said, s, s.params); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return s.into, s.deployAll(declared, outputs)
}

// declare notes what a declaration declares.
func (s *bicepScope) declare(c tree, decorators []tree, params map[string]parameter, outputs *[]tree) error {
	if len(c.Children) == 0 {
		return fmt.Errorf("%s %q", c.Type, c.Text)
	}
	name := c.Children[0].Text
	if slices.Contains([]string{"parameter_declaration", "variable_declaration", "resource_declaration", "module_declaration"}, c.Type) {
		if _, twice := params[name]; twice || s.vars[name].Type != "" || s.symbols[name] != nil || isFunction(name) {
			return fmt.Errorf("%s is there twice, or a function's name", name)
		}
	}
	switch c.Type {
	case "parameter_declaration":
		p, err := parameterOf(c, decorators, s)
		params[name] = p
		return err
	case "variable_declaration":
		s.vars[name] = c.Children[1]
	case "resource_declaration", "module_declaration":
		s.symbols[name] = &symbol{tree: c, scope: s, name: name, existing: slices.Contains(c.Words, "existing")}
	case "output_declaration":
		*outputs = append(*outputs, c)
	case "target_scope_assignment", "decorators":
	default:
		return fmt.Errorf("%s is not known here", c.Type)
	}
	return nil
}

// isFunction tells names that Bicep has for functions of ours.
func isFunction(name string) bool {
	return slices.Contains([]string{"environment", "resourceGroup", "subscription", "deployment", "resourceId", "subscriptionResourceId", "split", "first", "guid", "concat", "format", "json", "string", "empty", "union", "contains", "length", "range", "any", "array", "int", "bool", "sys", "az"}, name)
}

func parameterOf(c tree, decorators []tree, s *bicepScope) (parameter, error) {
	p := parameter{Type: c.Children[1].Children[0].Text}
	if len(c.Children) > 2 {
		var err error
		if p.DefaultValue, err = nodeOfTree(c.Children[2]); err != nil {
			return p, err
		}
	}
	for _, d := range decorators {
		n, err := nodeOfTree(d.Children[0])
		if err != nil {
			return p, err
		}
		call := n.(callOf)
		v, err := eval(call.args[0], s)
		if err != nil {
			return p, err
		}
		switch call.name {
		case "minLength":
			p.MinLength, _ = v.(int)
		case "maxLength":
			p.MaxLength, _ = v.(int)
		case "minValue", "maxValue":
			limit, _ := v.(int)
			if call.name == "minValue" {
				p.MinValue = &limit
			} else {
				p.MaxValue = &limit
			}
		case "allowed":
			p.AllowedValues, _ = v.([]any)
		case "description":
		default:
			return p, fmt.Errorf("@%s is not known here", call.name)
		}
	}
	return p, nil
}

// nodeOfTree makes a node of an expression of Bicep.
func nodeOfTree(t tree) (node, error) {
	var parts []node
	for _, c := range t.Children {
		if c.Type == "arguments" && len(c.Children) == 0 {
			continue
		}
		n, err := nodeOfTree(c)
		if err != nil {
			return nil, err
		}
		parts = append(parts, n)
	}
	switch t.Type {
	case "identifier":
		return ident{t.Text}, nil
	case "property_identifier":
		return literal{t.Text}, nil
	case "number":
		n, err := strconv.Atoi(t.Text)
		return literal{n}, err
	case "boolean":
		return literal{t.Text == "true"}, nil
	case "string":
		return textOf{parts}, nil
	case "string_content":
		return literal{t.Text}, nil
	case "escape_sequence":
		return literal{unescaped(t.Text)}, nil
	case "interpolation", "parenthesized_expression":
		return parts[0], nil
	case "array", "arguments":
		return listOf{parts}, nil
	case "object":
		return objectOf(parts)
	case "object_property":
		return property{keyOf(parts[0]), parts[1]}, nil
	case "call_expression":
		return callOfTree(t, parts)
	case "member_expression", "subscript_expression":
		return itemOf{parts[0], parts[1]}, nil
	case "binary_expression":
		return operationOf(t, parts)
	case "ternary_expression":
		return ternOf{parts[0], parts[1], parts[2]}, nil
	case "unary_expression":
		if slices.Contains(t.Words, "!") {
			return notOf{parts[0]}, nil
		}
	}
	return nil, fmt.Errorf("line %d: %s is not known here", t.Line, t.Type)
}

// operationOf is an operator between two as the function that ARM has for it.
func operationOf(t tree, parts []node) (node, error) {
	for operator, function := range map[string]string{"||": "or", ">": "greater"} {
		if slices.Contains(t.Words, operator) {
			return callOf{function, parts}, nil
		}
	}
	return nil, fmt.Errorf("line %d: %q is not known here", t.Line, t.Words)
}

func unescaped(text string) string {
	return strings.NewReplacer(`\\`, `\`, `\'`, `'`, `\$`, "$", `\n`, "\n").Replace(text)
}

// keyOf has an identifier stand for its own name.
func keyOf(n node) node {
	if name, ok := n.(ident); ok {
		return literal{name.name}
	}
	return n
}

func objectOf(parts []node) (node, error) {
	var o object
	for _, p := range parts {
		member, ok := p.(property)
		if !ok {
			return nil, errors.New("an object holds something else than properties")
		}
		o.members = append(o.members, member)
	}
	return o, nil
}

func callOfTree(t tree, parts []node) (node, error) {
	call := callOf{name: t.Children[0].Text}
	if len(parts) == 2 {
		call.args = parts[1].(listOf).items
	}
	return call, nil
}

// moduleFile is the file that a module names, from that of its scope.
func (s *bicepScope) moduleFile(name string) string { return path.Join(path.Dir(s.file), name) }
