// Package template describes the deployment of sparkless to Azure once, and writes
// it as Bicep and as an ARM template. The two say the same: Bicep is for people who
// keep their own, ARM JSON is for tools, and for those who read what is deployed.
package template

import (
	"fmt"
	"strings"
)

// Value is what a property can be: Text, Int, Bool, List, Object, or an Expr, which
// Azure evaluates.
type Value interface{ isValue() }

type (
	// Text is a text that Azure does not evaluate.
	Text string
	// Int is a whole number.
	Int int
	// Bool is true or false.
	Bool bool
	// List is an array.
	List []Value
)

// Object is an object whose members keep their order.
type Object []Member

// Member is one property. Note is a comment above it, in Bicep.
type Member struct {
	Name  string
	Key   Expr // in place of Name: the name is computed
	Value Value
	Note  string
}

// Expr is a value that Azure evaluates.
type Expr interface {
	Value
	arm() string    // without the brackets around it
	bicep() string  // on one line
	parts() []Value // what it is made of
}

func (Text) isValue()   {}
func (Int) isValue()    {}
func (Bool) isValue()   {}
func (List) isValue()   {}
func (Object) isValue() {}

type (
	param    struct{ name string }
	variable struct{ name string }
	call     struct {
		name string
		args []Value
	}
	index struct {
		of Expr
		at Value // Int or Expr
	}
	member struct {
		of   Expr
		name string
	}
	format struct{ pieces []Value } // of a text: Text and Expr in turn
	choice struct {
		when    Expr
		yes, no Value
	}
	none  struct{} // the empty list
	idOf  struct{ of referent }
	valOf struct { // a property that is known once its resource is there
		of   *Resource
		path string
	}
	outOf struct {
		of   *Module
		name string
	}
)

// referent is what expressions refer to, and so what has to be there before.
type referent interface {
	symbol() string
	armID() string
	declared() bool // by the template itself
}

func (param) isValue()    {}
func (variable) isValue() {}
func (call) isValue()     {}
func (index) isValue()    {}
func (member) isValue()   {}
func (format) isValue()   {}
func (choice) isValue()   {}
func (none) isValue()     {}
func (idOf) isValue()     {}
func (valOf) isValue()    {}
func (outOf) isValue()    {}

func (param) parts() []Value    { return nil }
func (variable) parts() []Value { return nil }
func (c call) parts() []Value   { return c.args }
func (i index) parts() []Value  { return []Value{i.of, i.at} }
func (m member) parts() []Value { return []Value{m.of} }
func (f format) parts() []Value { return f.pieces }
func (c choice) parts() []Value { return []Value{c.when, c.yes, c.no} }
func (none) parts() []Value     { return nil }
func (idOf) parts() []Value     { return nil }
func (valOf) parts() []Value    { return nil }
func (outOf) parts() []Value    { return nil }

func (p param) arm() string      { return "parameters('" + p.name + "')" }
func (p param) bicep() string    { return p.name }
func (v variable) arm() string   { return "variables('" + v.name + "')" }
func (v variable) bicep() string { return v.name }

func (c call) arm() string   { return c.name + "(" + join(c.args, inARM) + ")" }
func (c call) bicep() string { return c.name + "(" + join(c.args, inBicep) + ")" }

func (i index) arm() string    { return i.of.arm() + "[" + inARM(i.at) + "]" }
func (i index) bicep() string  { return i.of.bicep() + "[" + inBicep(i.at) + "]" }
func (m member) arm() string   { return m.of.arm() + "." + m.name }
func (m member) bicep() string { return m.of.bicep() + "." + m.name }

func (f format) arm() string {
	var pattern strings.Builder
	var args []Value
	for _, p := range f.pieces {
		if text, ok := p.(Text); ok {
			pattern.WriteString(string(text))
			continue
		}
		fmt.Fprintf(&pattern, "{%d}", len(args))
		args = append(args, p)
	}
	return "format(" + inARM(Text(pattern.String())) + ", " + join(args, inARM) + ")"
}

func (f format) bicep() string {
	var b strings.Builder
	for _, p := range f.pieces {
		if text, ok := p.(Text); ok {
			b.WriteString(escaped(string(text)))
		} else {
			b.WriteString("${" + inBicep(p) + "}")
		}
	}
	return "'" + b.String() + "'"
}

func (c choice) arm() string {
	return "if(" + c.when.arm() + ", " + inARM(c.yes) + ", " + inARM(c.no) + ")"
}

func (c choice) bicep() string {
	return c.when.bicep() + " ? " + inBicep(c.yes) + " : " + inBicep(c.no)
}

func (none) arm() string   { return "createArray()" }
func (none) bicep() string { return "[]" }

func (i idOf) arm() string   { return i.of.armID() }
func (i idOf) bicep() string { return i.of.symbol() + ".id" }

func (v valOf) arm() string {
	return fmt.Sprintf("reference(%s, '%s').%s", v.of.armID(), v.of.Version, v.path)
}
func (v valOf) bicep() string { return v.of.Symbol + ".properties." + v.path }

func (o outOf) arm() string {
	return fmt.Sprintf("reference(%s, '%s').outputs.%s.value", o.of.armID(), deploymentsVersion, o.name)
}
func (o outOf) bicep() string { return o.of.Symbol + ".outputs." + o.name }

func join(values []Value, in func(Value) string) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = in(v)
	}
	return strings.Join(texts, ", ")
}

// inARM is a value inside an ARM expression.
func inARM(v Value) string {
	switch v := v.(type) {
	case Expr:
		return v.arm()
	case Text:
		return "'" + strings.ReplaceAll(string(v), "'", "''") + "'"
	}
	return fmt.Sprint(v)
}

// inBicep is a value on one line of Bicep.
func inBicep(v Value) string {
	switch v := v.(type) {
	case Expr:
		return v.bicep()
	case Text:
		return "'" + escaped(string(v)) + "'"
	}
	return fmt.Sprint(v)
}

// escaped is a text between Bicep's quotes.
func escaped(text string) string {
	return strings.NewReplacer(`\`, `\\`, `'`, `\'`, "${", `\${`, "\n", `\n`).Replace(text)
}

// walk visits every expression of a value, the outer before the inner.
func walk(v Value, visit func(Expr)) {
	switch v := v.(type) {
	case List:
		for _, one := range v {
			walk(one, visit)
		}
	case Object:
		for _, m := range v {
			if m.Key != nil {
				walk(m.Key, visit)
			}
			walk(m.Value, visit)
		}
	case Expr:
		visit(v)
		for _, part := range v.parts() {
			walk(part, visit)
		}
	}
}

// Short names for what descriptions are made of.

func fn(name string, args ...Value) Expr { return call{name, args} }
func text(pieces ...Value) Expr          { return format{pieces} }
func at(of Expr, n int) Expr             { return index{of, Int(n)} }
func isEmpty(v Expr) Expr                { return fn("empty", v) }
func not(v Expr) Expr                    { return negation{v} }
func or(a, b Value) Expr                 { return operation{"or", "||", a, b} }
func greater(a, b Value) Expr            { return operation{"greater", ">", a, b} }

// negation is not() in ARM and ! in Bicep.
type negation struct{ of Expr }

func (negation) isValue()         {}
func (n negation) parts() []Value { return []Value{n.of} }
func (n negation) arm() string    { return "not(" + n.of.arm() + ")" }
func (n negation) bicep() string  { return "!" + n.of.bicep() }

// operation is a function of two in ARM, and an operator in Bicep.
type operation struct {
	function, operator string
	a, b               Value
}

func (operation) isValue()         {}
func (o operation) parts() []Value { return []Value{o.a, o.b} }
func (o operation) arm() string    { return o.function + "(" + inARM(o.a) + ", " + inARM(o.b) + ")" }
func (o operation) bicep() string  { return inBicep(o.a) + " " + o.operator + " " + inBicep(o.b) }
