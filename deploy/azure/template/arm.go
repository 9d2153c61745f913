package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// ARM is the template as JSON, its modules inside as nested deployments.
func (t *Template) ARM() ([]byte, error) {
	doc := Object{
		{Name: "$schema", Value: Text("https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#")},
		{Name: "contentVersion", Value: Text("1.0.0.0")},
		{Name: "metadata", Value: Object{{Name: "description", Value: Text(oneLine(t.Note))}}},
	}
	var b bytes.Buffer
	if err := writeJSON(&b, append(doc, t.armBody()...), ""); err != nil {
		return nil, fmt.Errorf("%s: %w", t.File, err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// armBody is what a template holds, the outermost and nested ones alike.
func (t *Template) armBody() Object {
	var body, params, vars, outputs Object
	for _, p := range t.Params {
		params = append(params, Member{Name: p.Name, Value: p.arm()})
	}
	for _, v := range t.Vars {
		vars = append(vars, Member{Name: v.Name, Value: v.Value})
	}
	var resources List
	for _, r := range t.Resources {
		if !r.Existing {
			resources = append(resources, r.arm())
		}
	}
	for _, m := range t.Modules {
		resources = append(resources, m.arm())
	}
	for _, o := range t.Outputs {
		outputs = append(outputs, Member{Name: o.Name, Value: Object{
			{Name: "type", Value: Text("string")},
			{Name: "metadata", Value: Object{{Name: "description", Value: Text(o.Note)}}},
			{Name: "value", Value: o.Value},
		}})
	}
	for _, part := range []struct {
		name string
		of   Object
	}{{"parameters", params}, {"variables", vars}} {
		if len(part.of) > 0 {
			body = append(body, Member{Name: part.name, Value: part.of})
		}
	}
	body = append(body, Member{Name: "resources", Value: resources})
	if len(outputs) > 0 {
		body = append(body, Member{Name: "outputs", Value: outputs})
	}
	return body
}

func (p Param) arm() Object {
	o := Object{{Name: "type", Value: Text(p.Type)}}
	if p.Default != nil {
		o = append(o, Member{Name: "defaultValue", Value: p.Default})
	}
	if len(p.Allowed) > 0 {
		var allowed List
		for _, a := range p.Allowed {
			allowed = append(allowed, Text(a))
		}
		o = append(o, Member{Name: "allowedValues", Value: allowed})
	}
	limit := p.limit()
	if p.Least > 0 {
		o = append(o, Member{Name: "min" + limit, Value: Int(p.Least)})
	}
	if p.Most > 0 {
		o = append(o, Member{Name: "max" + limit, Value: Int(p.Most)})
	}
	return append(o, Member{Name: "metadata", Value: Object{{Name: "description", Value: Text(oneLine(p.Note))}}})
}

// limit is how the names end of what keeps a parameter within Least and Most.
func (p Param) limit() string {
	if p.Type == "int" {
		return "Value"
	}
	return "Length"
}

func (r *Resource) arm() Object {
	o := Object{
		{Name: "type", Value: Text(r.Type)},
		{Name: "apiVersion", Value: Text(r.Version)},
		{Name: "name", Value: r.fullName()},
		{Name: "comments", Value: Text(oneLine(r.Note))},
	}
	if r.On != nil {
		o = append(o, Member{Name: "scope", Value: idOf{r.On}})
	}
	return append(append(o, r.Body...), dependsOn(r.needs())...)
}

func (m *Module) arm() Object {
	o := Object{
		{Name: "type", Value: Text("Microsoft.Resources/deployments")},
		{Name: "apiVersion", Value: Text(deploymentsVersion)},
		{Name: "name", Value: m.name()},
		{Name: "comments", Value: Text(oneLine(m.Note))},
	}
	if m.When != nil {
		o = append(o, Member{Name: "condition", Value: m.When})
	}
	if m.Group != nil {
		o = append(o, Member{Name: "subscriptionId", Value: at(m.Group, 2)}, Member{Name: "resourceGroup", Value: at(m.Group, 4)})
	}
	var params Object
	for _, p := range m.Params {
		params = append(params, Member{Name: p.Name, Value: Object{{Name: "value", Value: p.Value}}})
	}
	nested := append(Object{
		{Name: "$schema", Value: Text("https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#")},
		{Name: "contentVersion", Value: Text("1.0.0.0")},
	}, m.Template.armBody()...)
	o = append(o, Member{Name: "properties", Value: Object{
		{Name: "mode", Value: Text("Incremental")},
		{Name: "expressionEvaluationOptions", Value: Object{{Name: "scope", Value: Text("inner")}}},
		{Name: "parameters", Value: params},
		{Name: "template", Value: nested},
	}})
	return append(o, dependsOn(m.needs())...)
}

func dependsOn(needs []referent) Object {
	var on List
	for _, r := range needs {
		on = append(on, idOf{r})
	}
	if len(on) == 0 {
		return nil
	}
	return Object{{Name: "dependsOn", Value: on}}
}

// writeJSON writes a value with its members in order, small objects on one line.
func writeJSON(b *bytes.Buffer, v Value, margin string) error {
	switch v := v.(type) {
	case Object:
		if len(v) == 0 {
			b.WriteString("{}")
			return nil
		}
		if short(v) {
			return writeLine(b, v)
		}
		return writeBlock(b, "{}", len(v), margin, func(i int, margin string) error {
			if err := writeText(b, v[i].key()); err != nil {
				return err
			}
			b.WriteString(": ")
			return writeJSON(b, v[i].Value, margin)
		})
	case List:
		if len(v) == 0 {
			b.WriteString("[]")
			return nil
		}
		return writeBlock(b, "[]", len(v), margin, func(i int, margin string) error { return writeJSON(b, v[i], margin) })
	case Expr:
		return writeText(b, "["+v.arm()+"]")
	case Text:
		if strings.HasPrefix(string(v), "[") {
			return fmt.Errorf("the text %q would be read as an expression", v)
		}
		return writeText(b, string(v))
	}
	fmt.Fprint(b, v)
	return nil
}

// key is a member's name in ARM.
func (m Member) key() string {
	if m.Key != nil {
		return "[" + m.Key.arm() + "]"
	}
	return m.Name
}

// short tells objects for one line: a column, an environment variable.
func short(o Object) bool {
	if o[0].Name != "name" || len(o) != 2 {
		return false
	}
	for _, m := range o {
		switch m.Value.(type) {
		case List, Object:
			return false
		}
	}
	return true
}

func writeLine(b *bytes.Buffer, o Object) error {
	b.WriteString("{ ")
	for i, m := range o {
		if i > 0 {
			b.WriteString(", ")
		}
		if err := writeText(b, m.key()); err != nil {
			return err
		}
		b.WriteString(": ")
		if err := writeJSON(b, m.Value, ""); err != nil {
			return err
		}
	}
	b.WriteString(" }")
	return nil
}

// writeBlock writes n elements, one a line, between two brackets.
func writeBlock(b *bytes.Buffer, brackets string, n int, margin string, element func(i int, margin string) error) error {
	b.WriteString(brackets[:1] + "\n")
	for i := range n {
		b.WriteString(margin + "  ")
		if err := element(i, margin+"  "); err != nil {
			return err
		}
		if i < n-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString(margin + brackets[1:])
	return nil
}

func writeText(b *bytes.Buffer, text string) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the encoder's line feed
	return nil
}

func oneLine(note string) string { return strings.Join(strings.Fields(note), " ") }
