package armtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const deployments = "Microsoft.Resources/deployments"

// armTemplate is a template as it lies in a file.
type armTemplate struct {
	Parameters map[string]struct {
		Type                 string
		DefaultValue         json.RawMessage
		AllowedValues        []any
		MinLength, MaxLength int
		MinValue, MaxValue   *int
	}
	Variables map[string]json.RawMessage
	Resources []armResource
	Outputs   map[string]struct{ Value json.RawMessage }
	text      []byte
}

type armResource struct {
	Type, APIVersion, Name, Scope, Comments string
	Condition                               json.RawMessage
	SubscriptionID, ResourceGroup           string
	DependsOn                               []string
	rest                                    map[string]json.RawMessage
}

func (r *armResource) UnmarshalJSON(text []byte) error {
	type plain armResource
	if err := json.Unmarshal(text, (*plain)(r)); err != nil {
		return err
	}
	if err := json.Unmarshal(text, &r.rest); err != nil {
		return err
	}
	for _, known := range []string{"type", "apiVersion", "name", "scope", "comments", "condition", "subscriptionId", "resourceGroup", "dependsOn"} {
		delete(r.rest, known)
	}
	return nil
}

// armScope is a template in the making.
type armScope struct {
	Group
	azure   Azure
	params  map[string]any
	raw     map[string]json.RawMessage // variables
	vars    map[string]any
	done    map[string]map[string]any // by ID: what declared resources tell
	allowed map[string]bool           // whom the resource in the making may refer to; nil for all
	refers  []string                  // whom it does
	early   bool                      // what is evaluated has to be known before anything is deployed
}

// ARM deploys an ARM template with these parameters. It is an error if something that is
// referred to is not declared, not there, or not waited for, and if a parameter or a
// variable serves nobody.
func ARM(text []byte, params map[string]any, azure Azure) (*Deployment, error) {
	return deployARM(text, params, azure, azure.Group)
}

func deployARM(text []byte, said map[string]any, azure Azure, group Group) (*Deployment, error) {
	t := armTemplate{text: text}
	if err := json.Unmarshal(text, &t); err != nil {
		return nil, err
	}
	s := &armScope{Group: group, azure: azure, params: map[string]any{}, raw: t.Variables, vars: map[string]any{}, done: map[string]map[string]any{}}
	declared := map[string]parameter{}
	for name, p := range t.Parameters {
		one := parameter{Type: p.Type, AllowedValues: p.AllowedValues, MinLength: p.MinLength, MaxLength: p.MaxLength, MinValue: p.MinValue, MaxValue: p.MaxValue}
		if p.DefaultValue != nil {
			var err error
			if one.DefaultValue, err = nodeOf(p.DefaultValue); err != nil {
				return nil, err
			}
		}
		declared[name] = one
	}
	if err := paramValues(declared, said, s, s.params); err != nil {
		return nil, err
	}
	d := &Deployment{Resources: map[string]*Resource{}, Outputs: map[string]any{}, Params: slices.Sorted(maps.Keys(declared))}
	if err := s.deployAll(t.Resources, d); err != nil {
		return nil, err
	}
	for name, o := range t.Outputs {
		v, err := s.evalRaw(o.Value)
		if err != nil {
			return nil, fmt.Errorf("output %s: %w", name, err)
		}
		d.Outputs[name] = v
	}
	return d, t.unused()
}

// deployAll deploys resources once those that they wait for are there.
func (s *armScope) deployAll(resources []armResource, d *Deployment) error {
	waits := map[string]map[string]bool{} // of each, all that it waits for
	ids := make([]string, len(resources))
	on := make([][]string, len(resources))
	for i, r := range resources {
		var err error
		if ids[i], err = s.id(r); err != nil {
			return fmt.Errorf("%s %s: %w", r.Type, r.Name, err)
		}
		for _, text := range r.DependsOn {
			id, err := s.evalText(text)
			if err != nil {
				return fmt.Errorf("%s: dependsOn: %w", ids[i], err)
			}
			on[i] = append(on[i], id)
		}
	}
	for left := len(resources); left > 0; left-- {
		i := slices.IndexFunc(ids, func(id string) bool {
			i := slices.Index(ids, id)
			return waits[id] == nil && !slices.ContainsFunc(on[i], func(o string) bool { return waits[o] == nil })
		})
		if i < 0 {
			return fmt.Errorf("of %q some wait for each other, or for what is not declared", ids)
		}
		all := map[string]bool{ids[i]: true}
		for _, o := range on[i] {
			all[o] = true
			maps.Copy(all, waits[o])
		}
		s.allowed, s.refers = all, nil
		if err := s.deploy(resources[i], ids[i], on[i], d); err != nil {
			return fmt.Errorf("%s: %w", ids[i], err)
		}
		for _, id := range ids {
			if id != ids[i] && slices.Contains(s.refers, id) && !all[id] {
				return fmt.Errorf("%s refers to %s and does not wait for it", ids[i], id)
			}
		}
		waits[ids[i]] = all
	}
	s.allowed = nil
	return nil
}

func (s *armScope) id(r armResource) (string, error) {
	name, err := s.evalText(r.Name)
	if err != nil {
		return "", err
	}
	if r.Scope != "" {
		on, err := s.evalText(r.Scope)
		return on + "/providers/" + r.Type + "/" + name, err
	}
	parts, err := nameParts(r.Type, name)
	if err != nil {
		return "", err
	}
	group, err := s.groupOf(r)
	if err != nil {
		return "", err
	}
	return group.resourceID(r.Type, parts)
}

func (s *armScope) groupOf(r armResource) (Group, error) {
	group := s.Group
	var err error
	if r.SubscriptionID != "" {
		group.Subscription, err = s.evalText(r.SubscriptionID)
	}
	if r.ResourceGroup != "" && err == nil {
		group.Name, err = s.evalText(r.ResourceGroup)
	}
	return group, err
}

func (s *armScope) deploy(r armResource, id string, after []string, d *Deployment) error {
	if r.Comments == "" && r.Type != "" || r.APIVersion == "" {
		return fmt.Errorf("%s is without comment or version", r.Type)
	}
	if r.Condition != nil {
		if v, err := s.soon(func() (any, error) { return s.evalRaw(r.Condition) }); err != nil || v == false {
			s.done[id] = map[string]any{}
			return err
		}
	}
	if r.Type == deployments {
		return s.nested(r, id, after, d)
	}
	body := map[string]any{}
	for name, raw := range r.rest {
		v, err := s.evalRaw(raw)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		body[name] = v
	}
	s.done[id] = s.azure.Properties(id, r.Type)
	return d.add(&Resource{ID: id, Type: r.Type, Version: r.APIVersion, Body: body, After: after})
}

// nested deploys a module.
func (s *armScope) nested(r armResource, id string, after []string, d *Deployment) error {
	var p struct {
		Mode                        string
		ExpressionEvaluationOptions struct{ Scope string }
		Parameters                  map[string]struct{ Value json.RawMessage }
		Template                    json.RawMessage
	}
	if err := json.Unmarshal(r.rest["properties"], &p); err != nil {
		return err
	}
	if p.Mode != "Incremental" || p.ExpressionEvaluationOptions.Scope != "inner" {
		return fmt.Errorf("mode %q, scope %q", p.Mode, p.ExpressionEvaluationOptions.Scope)
	}
	said, told := map[string]any{}, map[string]any{}
	for name, param := range p.Parameters {
		v, err := s.evalRaw(param.Value)
		if err != nil {
			return fmt.Errorf("parameter %s: %w", name, err)
		}
		said[name] = v
	}
	group, err := s.groupOf(r)
	if err != nil {
		return err
	}
	nested, err := deployARM(p.Template, said, s.azure, group)
	if err != nil {
		return err
	}
	for name, v := range nested.Outputs {
		told[name] = map[string]any{"value": v}
	}
	s.done[id] = map[string]any{"outputs": told}
	if err := d.add(&Resource{ID: id, Type: deployments, Version: r.APIVersion, Body: map[string]any{"parameters": said}, After: after}); err != nil {
		return err
	}
	return d.take(nested)
}

func (s *armScope) evalRaw(raw json.RawMessage) (any, error) {
	n, err := nodeOf(raw)
	if err != nil {
		return nil, err
	}
	return eval(n, s)
}

func (s *armScope) evalText(text string) (string, error) {
	n, err := fromJSON(text)
	if err != nil {
		return "", err
	}
	v, err := s.soon(func() (any, error) { return eval(n, s) })
	if err != nil {
		return "", err
	}
	if got, ok := v.(string); ok {
		return got, nil
	}
	return "", fmt.Errorf("%s is %v, which is no text", text, v)
}

func (s *armScope) name(name string) (any, error) { return nil, fmt.Errorf("%s is no function", name) }

func (s *armScope) call(function string, args []any) (any, bool, error) {
	if len(args) == 1 && (function == "parameters" || function == "variables") {
		name := fmt.Sprint(args[0])
		v, err := s.lookUp(function, name)
		return v, true, err
	}
	if function == "reference" && len(args) == 2 {
		v, err := s.reference(fmt.Sprint(args[0]))
		return v, true, err
	}
	v, ok, err := s.place(function, args)
	if id, isText := v.(string); isText && strings.HasSuffix(function, "esourceId") {
		s.refers = append(s.refers, id)
	}
	return v, ok, err
}

func (s *armScope) lookUp(function, name string) (any, error) {
	if function == "parameters" {
		if v, ok := s.params[name]; ok {
			return v, nil
		}
		return nil, fmt.Errorf("the parameter %s %w", name, errNotThere)
	}
	if v, ok := s.vars[name]; ok {
		return v, nil
	}
	raw, ok := s.raw[name]
	if !ok {
		return nil, fmt.Errorf("the variable %s %w", name, errNotThere)
	}
	v, err := s.soon(func() (any, error) { return s.evalRaw(raw) })
	s.vars[name] = v
	return v, err
}

// soon evaluates what Azure evaluates before it deploys anything: names, scopes,
// conditions, variables.
func (s *armScope) soon(what func() (any, error)) (any, error) {
	before := s.early
	s.early = true
	defer func() { s.early = before }()
	return what()
}

// reference is what a resource tells that is there.
func (s *armScope) reference(id string) (any, error) {
	if s.early {
		return nil, fmt.Errorf("what %s tells is not known yet where it is asked for", id)
	}
	if s.allowed == nil || s.allowed[id] {
		if told, ok := s.done[id]; ok {
			return told, nil
		}
	}
	if _, declared := s.done[id]; !declared {
		_, kind, _ := strings.Cut(id, "/providers/")
		parts := strings.Split(kind, "/")
		if told := s.azure.Properties(id, parts[0]+"/"+parts[1]); told != nil {
			return told, nil
		}
	}
	return nil, fmt.Errorf("%s %w, or is not waited for", id, errNotThere)
}

// unused finds what nothing in the template names, its nested templates left out.
func (t *armTemplate) unused() error {
	used := map[string]bool{}
	note := func(raw any) error {
		n, err := fromJSON(raw)
		visit(n, func(n node) {
			if c, ok := n.(callOf); ok && len(c.args) == 1 {
				used[fmt.Sprint(c.name, " ", c.args[0])] = true
			}
		})
		return err
	}
	var whole map[string]any
	if err := json.Unmarshal(t.text, &whole); err != nil {
		return err
	}
	resources, _ := whole["resources"].([]any)
	for _, r := range resources {
		if properties, ok := r.(map[string]any)["properties"].(map[string]any); ok && r.(map[string]any)["type"] == deployments {
			delete(properties, "template")
		}
	}
	if err := note(whole); err != nil {
		return err
	}
	for name := range t.Parameters {
		if !used[fmt.Sprint("parameters ", literal{name})] {
			return fmt.Errorf("the parameter %s serves nobody", name)
		}
	}
	for name := range t.Variables {
		if !used[fmt.Sprint("variables ", literal{name})] {
			return fmt.Errorf("the variable %s serves nobody", name)
		}
	}
	return nil
}
