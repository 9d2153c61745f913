// Package armtest plays a deployment: it evaluates an ARM template, or the Bicep that
// it is to come from, to the resources that Azure would be asked for. It knows what our
// templates use, and refuses everything else.
package armtest

import (
	"fmt"
	"strings"
)

// node is an expression, or a value that holds some: of ARM's JSON and of Bicep alike.
type node any

type (
	literal struct{ value any }
	ident   struct{ name string }
	callOf  struct {
		name string
		args []node
	}
	itemOf struct{ of, at node }
	textOf struct{ pieces []node }
	listOf struct{ items []node }
	object struct{ members []property }
	ternOf struct{ when, yes, no node }
	notOf  struct{ of node }
)

type property struct{ key, value node }

// scope is what names and functions mean where an expression stands.
type scope interface {
	// name is what an identifier means.
	name(string) (any, error)
	// call is what a function gives that hangs on the deployment; false for others.
	call(function string, args []any) (any, bool, error)
}

// properties are values that are asked for their members one by one: what a symbol of
// Bicep stands for.
type properties interface {
	property(name string) (any, error)
}

func eval(n node, s scope) (any, error) {
	switch n := n.(type) {
	case literal:
		return n.value, nil
	case ident:
		return s.name(n.name)
	case notOf:
		v, err := eval(n.of, s)
		if b, ok := v.(bool); ok {
			return !b, nil
		}
		return nil, first(err, fmt.Errorf("! of %v, which is neither true nor false", v))
	case ternOf:
		return evalChoice(n.when, n.yes, n.no, s)
	case callOf:
		return evalCall(n, s)
	case itemOf:
		return evalItem(n, s)
	case textOf:
		var b strings.Builder
		for _, p := range n.pieces {
			v, err := eval(p, s)
			if err != nil {
				return nil, err
			}
			fmt.Fprint(&b, v)
		}
		return b.String(), nil
	case listOf:
		list := []any{}
		for _, item := range n.items {
			v, err := eval(item, s)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case object:
		return evalObject(n, s)
	}
	return nil, fmt.Errorf("%T is no expression", n)
}

// evalChoice evaluates one of two alone, as Azure does.
func evalChoice(when, yes, no node, s scope) (any, error) {
	v, err := eval(when, s)
	b, ok := v.(bool)
	if !ok {
		return nil, first(err, fmt.Errorf("a choice by %v, which is neither true nor false", v))
	}
	if b {
		return eval(yes, s)
	}
	return eval(no, s)
}

func evalCall(n callOf, s scope) (any, error) {
	if n.name == "if" && len(n.args) == 3 {
		return evalChoice(n.args[0], n.args[1], n.args[2], s)
	}
	var args []any
	for _, a := range n.args {
		v, err := eval(a, s)
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	if v, ok, err := s.call(n.name, args); ok || err != nil {
		return v, err
	}
	return pure(n.name, args)
}

func evalItem(n itemOf, s scope) (any, error) {
	of, err := eval(n.of, s)
	if err != nil {
		return nil, err
	}
	at, err := eval(n.at, s)
	if err != nil {
		return nil, err
	}
	switch of := of.(type) {
	case properties:
		return of.property(fmt.Sprint(at))
	case map[string]any:
		if v, ok := of[fmt.Sprint(at)]; ok {
			return v, nil
		}
		return nil, fmt.Errorf("there is no %v in %v", at, of)
	case []any:
		if i, ok := at.(int); ok && i >= 0 && i < len(of) {
			return of[i], nil
		}
	}
	return nil, fmt.Errorf("[%v] of %v", at, of)
}

func evalObject(n object, s scope) (any, error) {
	values := map[string]any{}
	for _, m := range n.members {
		key, err := eval(m.key, s)
		if err != nil {
			return nil, err
		}
		name := fmt.Sprint(key)
		if _, twice := values[name]; twice {
			return nil, fmt.Errorf("%s is there twice", name)
		}
		if values[name], err = eval(m.value, s); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return values, nil
}

// visit shows a node and all that it is made of.
func visit(n node, show func(node)) {
	show(n)
	var inner []node
	switch n := n.(type) {
	case callOf:
		inner = n.args
	case itemOf:
		inner = []node{n.of, n.at}
	case textOf:
		inner = n.pieces
	case listOf:
		inner = n.items
	case object:
		for _, m := range n.members {
			inner = append(inner, m.key, m.value)
		}
	case ternOf:
		inner = []node{n.when, n.yes, n.no}
	case notOf:
		inner = []node{n.of}
	}
	for _, one := range inner {
		visit(one, show)
	}
}

// first is the first error that is one.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
