package armtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Azure is what is there before a deployment, and what Azure adds to what it makes.
type Azure struct {
	Group Group // where the template is deployed
	// Properties are what a resource of this ID tells once it is there; nil for one
	// that is not there unless it is declared.
	Properties func(id, kind string) map[string]any
}

// Resource is what Azure is asked for.
type Resource struct {
	ID, Type, Version string
	Body              map[string]any // with name and scope, without comments, conditions and dependencies
	After             []string       // IDs of those that it waits for, in order
}

// Deployment is all that a template asks for, the modules' resources among it.
type Deployment struct {
	Resources map[string]*Resource // by ID
	Outputs   map[string]any
	Params    []string
	order     []string
}

// Of are the resources of a type, in the order in which they were deployed.
func (d *Deployment) Of(kind string) []*Resource {
	var all []*Resource
	for _, id := range d.order {
		if r := d.Resources[id]; r.Type == kind {
			all = append(all, r)
		}
	}
	return all
}

func (d *Deployment) add(r *Resource) error {
	if d.Resources[r.ID] != nil {
		return fmt.Errorf("%s is there twice", r.ID)
	}
	slices.Sort(r.After)
	r.After = slices.Compact(r.After)
	d.Resources[r.ID] = r
	d.order = append(d.order, r.ID)
	return nil
}

func (d *Deployment) take(nested *Deployment) error {
	for _, id := range nested.order {
		if err := d.add(nested.Resources[id]); err != nil {
			return err
		}
	}
	return nil
}

// parameter is how a template declares one.
type parameter struct {
	Type          string
	DefaultValue  node
	AllowedValues []any
	MinLength     int
	MaxLength     int
	MinValue      *int
	MaxValue      *int
}

// values are the values of parameters: what is said, else the defaults.
func paramValues(declared map[string]parameter, said map[string]any, s scope, got map[string]any) error {
	for name := range said {
		if _, ok := declared[name]; !ok {
			return fmt.Errorf("there is no parameter %s", name)
		}
	}
	// Those that are said first: defaults may hang on them.
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		if v, ok := said[name]; ok {
			got[name] = v
		}
	}
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		p := declared[name]
		if _, ok := got[name]; !ok {
			if p.DefaultValue == nil {
				return fmt.Errorf("the parameter %s %w", name, errNotThere)
			}
			v, err := eval(p.DefaultValue, s)
			if err != nil {
				return fmt.Errorf("parameter %s: %w", name, err)
			}
			got[name] = v
		}
		if err := p.check(got[name]); err != nil {
			return fmt.Errorf("parameter %s: %w", name, err)
		}
	}
	return nil
}

func (p parameter) check(v any) error {
	text, isText := v.(string)
	number, isInt := v.(int)
	switch {
	case p.Type == "string" && !isText, p.Type == "int" && !isInt, p.Type != "string" && p.Type != "int":
		return fmt.Errorf("%v (%T) is no %s", v, v, p.Type)
	case isText && (len(text) < p.MinLength || p.MaxLength > 0 && len(text) > p.MaxLength):
		return fmt.Errorf("%q is not of %d to %d characters", text, p.MinLength, p.MaxLength)
	case isInt && (p.MinValue != nil && number < *p.MinValue || p.MaxValue != nil && number > *p.MaxValue):
		return fmt.Errorf("%d is too small or too large", number)
	case len(p.AllowedValues) > 0 && !slices.Contains(p.AllowedValues, v):
		return fmt.Errorf("%v is none of %v", v, p.AllowedValues)
	}
	return nil
}

// childName is the last part of a name in ARM, whose parts are those of the type.
func nameParts(kind, name string) ([]string, error) {
	parts := strings.Split(name, "/")
	if strings.Count(kind, "/") != len(parts) {
		return nil, fmt.Errorf("%s cannot have the name %q", kind, name)
	}
	return parts, nil
}
