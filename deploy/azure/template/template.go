package template

import (
	"slices"
	"strings"
)

// deploymentsVersion is the API version of nested deployments, which modules become.
const deploymentsVersion = "2022-09-01"

// Template is one file of Bicep, and one template of ARM.
type Template struct {
	File      string // of Bicep, below the folder of the main one
	Note      string // what it is, at its head
	Params    []Param
	Vars      []Var
	Resources []*Resource
	Modules   []*Module
	Outputs   []Output
}

// Param is what whoever deploys may or must say.
type Param struct {
	Name    string
	Type    string // string or int
	Note    string
	Default Value // nil if it must be said
	Allowed []string
	Least   int // characters of a string, or the least number; 0 for any
	Most    int
}

// Var is a name for a value.
type Var struct {
	Name  string
	Note  string
	Value Value
}

// Output is what a deployment tells.
type Output struct {
	Name  string
	Note  string
	Value Expr
}

// Resource is something in Azure: declared, or taken for existing.
type Resource struct {
	Symbol   string // its name in Bicep
	Note     string
	Type     string // with those of its parents
	Version  string // of the API
	Name     Value  // its own, without those of its parents
	Parent   *Resource
	On       *Resource // whom it extends: a role assignment's scope
	Existing bool
	Body     Object
	After    []referent // beside those that it refers to
}

// Module is a template that is deployed from another, into a resource group.
type Module struct {
	Symbol   string
	Note     string
	Template *Template
	Group    Expr // its resource ID, split at slashes; nil for the same group
	When     Expr // nil for always
	Params   Object
	After    []referent
}

func (r *Resource) symbol() string { return r.Symbol }
func (r *Resource) declared() bool { return !r.Existing }
func (m *Module) symbol() string   { return m.Symbol }
func (m *Module) declared() bool   { return true }

// names are the name of a resource and, before it, those of its parents.
func (r *Resource) names() []Value {
	if r.Parent == nil {
		return []Value{r.Name}
	}
	return append(r.Parent.names(), r.Name)
}

func (r *Resource) armID() string {
	if r.On != nil {
		return "extensionResourceId(" + join(slices.Concat([]Value{idOf{r.On}, Text(r.Type)}, r.names()), inARM) + ")"
	}
	return "resourceId(" + join(append([]Value{Text(r.Type)}, r.names()...), inARM) + ")"
}

// fullName is a resource's name in ARM, behind those of its parents.
func (r *Resource) fullName() Value {
	names := r.names()
	if len(names) == 1 {
		return names[0]
	}
	var pieces []Value
	for i, name := range names {
		if i > 0 {
			pieces = append(pieces, Text("/"))
		}
		pieces = append(pieces, name)
	}
	return format{pieces}
}

// name is the module's deployment, beside others of the group.
func (m *Module) name() Expr {
	return text(param{"name"}, Text("-"+strings.ToLower(m.Symbol)))
}

func (m *Module) armID() string {
	args := []Value{Text("Microsoft.Resources/deployments"), m.name()}
	if m.Group != nil {
		args = append([]Value{at(m.Group, 2), at(m.Group, 4)}, args...)
	}
	return "resourceId(" + join(args, inARM) + ")"
}

// needs are what has to be there before what is made of these values: declared by
// the template, each once, in the order in which they are named.
func needs(after []referent, values ...Value) []referent {
	var all []referent
	note := func(r referent) {
		if r.declared() && !slices.Contains(all, r) {
			all = append(all, r)
		}
	}
	for _, v := range values {
		walk(v, func(e Expr) {
			switch e := e.(type) {
			case idOf:
				note(e.of)
			case valOf:
				note(e.of)
			case outOf:
				note(e.of)
			}
		})
	}
	for _, r := range after {
		note(r)
	}
	return all
}

// needs are what has to be there before the resource.
func (r *Resource) needs() []referent {
	after := r.After
	for _, on := range []*Resource{r.Parent, r.On} {
		if on != nil {
			after = append([]referent{on}, after...)
		}
	}
	return needs(after, r.Name, r.Body)
}

func (m *Module) needs() []referent { return needs(m.After, m.Params) }
