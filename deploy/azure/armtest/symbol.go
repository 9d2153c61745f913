package armtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// deployAll deploys what is declared, and looks for what serves nobody.
func (s *bicepScope) deployAll(params map[string]parameter, outputs []tree) error {
	var names []string
	for name := range s.symbols {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := s.symbols[name].deploy(); err != nil {
			return fmt.Errorf("%s: %w", s.file, err)
		}
	}
	for _, o := range outputs {
		n, err := nodeOfTree(o.Children[len(o.Children)-1])
		if err != nil {
			return err
		}
		v, err := eval(n, s)
		if err != nil {
			return fmt.Errorf("%s: output %s: %w", s.file, o.Children[0].Text, err)
		}
		s.into.Outputs[o.Children[0].Text] = v
	}
	for name := range params {
		s.into.Params = append(s.into.Params, name)
		if !named(s.files.trees[s.file], name) {
			return fmt.Errorf("%s: the parameter %s serves nobody", s.file, name)
		}
	}
	slices.Sort(s.into.Params)
	for name := range s.vars {
		if !named(s.files.trees[s.file], name) {
			return fmt.Errorf("%s: the variable %s serves nobody", s.file, name)
		}
	}
	return nil
}

// named reports whether an expression of the file names a parameter or a variable.
func named(t tree, name string) bool {
	for i, c := range t.Children {
		// The first child of a declaration or a property is its own name.
		own := i == 0 && (strings.HasSuffix(t.Type, "_declaration") || t.Type == "object_property")
		if c.Type == "identifier" && c.Text == name && !own || named(c, name) {
			return true
		}
	}
	return false
}

// name is what an identifier of Bicep means.
func (s *bicepScope) name(name string) (any, error) {
	if v, ok := s.params[name]; ok {
		return v, nil
	}
	if v, ok := s.vars[name]; ok {
		n, err := nodeOfTree(v)
		if err != nil {
			return nil, err
		}
		return eval(n, s)
	}
	if sym, ok := s.symbols[name]; ok {
		return sym, nil
	}
	return nil, fmt.Errorf("%s %w", name, errNotThere)
}

func (s *bicepScope) call(function string, args []any) (any, bool, error) {
	return s.place(function, args)
}

// property is what a symbol's member is: its ID, its name, or what it tells once it is
// there.
func (y *symbol) property(name string) (any, error) {
	if err := y.awaited(); err != nil {
		return nil, err
	}
	switch {
	case name == "id":
		return y.id, nil
	case y.scope.early:
		return nil, fmt.Errorf("%s.%s is not known yet where it is asked for", y.name, name)
	case y.left:
		return nil, fmt.Errorf("%s is left out", y.name)
	case name == "properties" && y.tree.Type == "resource_declaration", name == "outputs" && y.tree.Type == "module_declaration":
		return y.told, nil
	}
	return nil, fmt.Errorf("%s has no %s that is known here", y.name, name)
}

// awaited has the symbol be there before what is in the making.
func (y *symbol) awaited() error {
	err := y.deploy()
	if err == nil && !y.existing {
		y.scope.waits = append(y.scope.waits, y.id)
	}
	return err
}

// deploy deploys the symbol, once.
func (y *symbol) deploy() error {
	if y.deployed {
		return nil
	}
	if y.busy {
		return fmt.Errorf("%s hangs on itself", y.name)
	}
	y.busy = true
	before := y.scope.waits
	y.scope.waits = nil
	err := y.make()
	y.scope.waits, y.deployed = before, err == nil
	if err != nil {
		return fmt.Errorf("%s: %w", y.name, err)
	}
	return nil
}

func (y *symbol) make() error {
	s := y.scope
	kind, err := s.evalTree(y.tree.Children[1])
	if err != nil {
		return err
	}
	last := y.tree.Children[len(y.tree.Children)-1]
	if last.Type == "if_statement" {
		v, err := s.soon(func() (any, error) { return s.evalTree(last.Children[0]) })
		if err != nil {
			return err
		}
		y.left, last = v == false, last.Children[1]
	}
	n, err := nodeOfTree(last)
	if err != nil {
		return err
	}
	own, body, err := y.members(n.(object))
	if err != nil {
		return err
	}
	if y.tree.Type == "module_declaration" {
		return y.makeModule(fmt.Sprint(kind), own, body)
	}
	return y.makeResource(fmt.Sprint(kind), own, body)
}

// members are those of a declaration: Bicep's own (name, parent, scope), and what goes
// to Azure.
func (y *symbol) members(o object) (own, body map[string]any, err error) {
	own, body = map[string]any{}, map[string]any{}
	for _, m := range o.members {
		key, err := eval(m.key, y.scope)
		if err != nil {
			return nil, nil, err
		}
		name := fmt.Sprint(key)
		ours := slices.Contains([]string{"name", "parent", "scope", "dependsOn"}, name)
		evaluate := func() (any, error) { return eval(m.value, y.scope) }
		if ours {
			evaluate = func() (any, error) { return y.scope.soon(func() (any, error) { return eval(m.value, y.scope) }) }
		}
		v, err := evaluate()
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		if ours {
			own[name] = v
		} else {
			body[name] = v
		}
	}
	for _, name := range []string{"parent", "scope"} {
		if on, ok := own[name].(*symbol); ok {
			if err := on.awaited(); err != nil {
				return nil, nil, err
			}
		}
	}
	list, _ := own["dependsOn"].([]any)
	for _, on := range list {
		sym, ok := on.(*symbol)
		if !ok {
			return nil, nil, errors.New("dependsOn names something else than a resource")
		}
		if err := sym.awaited(); err != nil {
			return nil, nil, err
		}
	}
	return own, body, nil
}

func (y *symbol) makeResource(kind string, own, body map[string]any) error {
	kind, version, _ := strings.Cut(kind, "@")
	name := fmt.Sprint(own["name"])
	var err error
	switch parent, on := own["parent"], own["scope"]; {
	case parent != nil:
		y.id = parent.(*symbol).id + "/" + kind[strings.LastIndex(kind, "/")+1:] + "/" + name
	case on != nil:
		y.id = on.(*symbol).id + "/providers/" + kind + "/" + name
	default:
		if y.id, err = y.scope.resourceID(kind, []string{name}); err != nil {
			return err
		}
	}
	y.told = y.scope.files.azure.Properties(y.id, kind)
	if y.existing || y.left {
		return nil
	}
	return y.scope.into.add(&Resource{ID: y.id, Type: kind, Version: version, Body: body, After: y.scope.waits})
}

func (y *symbol) makeModule(file string, own, body map[string]any) error {
	s := y.scope
	group := s.Group
	if g, ok := own["scope"].(Group); ok {
		group = g
	}
	var err error
	if y.id, err = group.resourceID(deployments, []string{fmt.Sprint(own["name"])}); err != nil || y.left {
		return err
	}
	said, _ := body["params"].(map[string]any)
	waits := s.waits
	nested, err := s.files.deploy(s.moduleFile(file), said, group)
	if err != nil {
		return err
	}
	y.told = nested.Outputs
	if err := s.into.add(&Resource{ID: y.id, Type: deployments, Body: map[string]any{"parameters": said}, After: waits}); err != nil {
		return err
	}
	return s.into.take(nested)
}

func (s *bicepScope) evalTree(t tree) (any, error) {
	n, err := nodeOfTree(t)
	if err != nil {
		return nil, err
	}
	return eval(n, s)
}

// soon evaluates what the compiler wants to be known before anything is deployed.
func (s *bicepScope) soon(what func() (any, error)) (any, error) {
	before := s.early
	s.early = true
	defer func() { s.early = before }()
	return what()
}
