package armtest

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// pure evaluates the functions that hang on their arguments alone
// (Microsoft Learn, "ARM template functions").
func pure(name string, args []any) (any, error) {
	texts := make([]string, len(args))
	for i, a := range args {
		texts[i], _ = a.(string)
	}
	switch {
	case name == "empty" && len(args) == 1:
		return isEmpty(args[0])
	case name == "not" && len(args) == 1:
		if b, ok := args[0].(bool); ok {
			return !b, nil
		}
	case name == "or" && len(args) == 2:
		a, isBool := args[0].(bool)
		b, areBool := args[1].(bool)
		if isBool && areBool {
			return a || b, nil
		}
	case name == "greater" && len(args) == 2:
		a, isInt := args[0].(int)
		b, areInt := args[1].(int)
		if isInt && areInt {
			return a > b, nil
		}
	case name == "split" && len(args) == 2:
		var parts []any
		for part := range strings.SplitSeq(texts[0], texts[1]) {
			parts = append(parts, part)
		}
		return parts, nil
	case name == "first" && len(args) == 1:
		if list, ok := args[0].([]any); ok && len(list) > 0 {
			return list[0], nil
		}
	case name == "format" && len(args) > 1:
		return formatted(texts[0], args[1:])
	case name == "guid" && len(args) > 0:
		sum := sha256.Sum256([]byte(strings.Join(texts, "\n"))) // Azure's own are others, as stable
		return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16]), nil
	case name == "concat":
		return concatenated(args)
	case name == "createArray":
		return append([]any{}, args...), nil
	case name == "string" && len(args) == 1:
		return fmt.Sprint(args[0]), nil
	case name == "json" && len(args) == 1:
		var v any
		err := json.Unmarshal([]byte(texts[0]), &v)
		return v, err
	case name == "environment" && len(args) == 0:
		return map[string]any{"suffixes": map[string]any{"keyvaultDns": ".vault.azure.net", "storage": "core.windows.net"}}, nil
	}
	return nil, fmt.Errorf("%s%v is no call that is known here", name, args)
}

func isEmpty(v any) (any, error) {
	switch v := v.(type) {
	case string:
		return v == "", nil
	case []any:
		return len(v) == 0, nil
	}
	return nil, fmt.Errorf("empty of %v", v)
}

func formatted(pattern string, args []any) (any, error) {
	for i, a := range args {
		place := fmt.Sprintf("{%d}", i)
		if !strings.Contains(pattern, place) {
			return nil, fmt.Errorf("format %q has no %s", pattern, place)
		}
		pattern = strings.ReplaceAll(pattern, place, fmt.Sprint(a))
	}
	if strings.ContainsAny(pattern, "{}") {
		return nil, fmt.Errorf("format gives %q", pattern)
	}
	return pattern, nil
}

func concatenated(args []any) (any, error) {
	all := []any{}
	for _, a := range args {
		list, ok := a.([]any)
		if !ok {
			return nil, fmt.Errorf("concat of %v, which is no list", a)
		}
		all = append(all, list...)
	}
	return all, nil
}

// Group is a resource group.
type Group struct{ Subscription, Name string }

func (g Group) id() string {
	return "/subscriptions/" + g.Subscription + "/resourceGroups/" + g.Name
}

// resourceID is the ID of a resource in a group: of the type's parts each has a name.
func (g Group) resourceID(kind string, names []string) (string, error) {
	provider, types, ok := strings.Cut(kind, "/")
	parts := strings.Split(types, "/")
	if !ok || len(parts) != len(names) {
		return "", fmt.Errorf("%s has %d parts, and there are the names %q", kind, len(parts), names)
	}
	id := g.id() + "/providers/" + provider
	for i, name := range names {
		if name == "" {
			return "", fmt.Errorf("%s: an empty name in %q", kind, names)
		}
		id += "/" + parts[i] + "/" + name
	}
	return id, nil
}

// place evaluates the functions that hang on where a template is deployed.
func (g Group) place(function string, args []any) (any, bool, error) {
	texts := make([]string, len(args))
	for i, a := range args {
		text, ok := a.(string)
		if !ok {
			return nil, false, nil
		}
		texts[i] = text
	}
	switch {
	case function == "resourceGroup" && len(args) == 0:
		return map[string]any{"location": "westeurope", "id": g.id(), "name": g.Name}, true, nil
	case function == "resourceGroup" && len(args) == 2: // Bicep's, as a scope
		return Group{texts[0], texts[1]}, true, nil
	case function == "subscriptionResourceId" && len(args) == 2:
		return "/subscriptions/" + g.Subscription + "/providers/" + texts[0] + "/" + texts[1], true, nil
	case function == "resourceId" && len(args) >= 2:
		at := g
		for len(texts) > 2 && !strings.Contains(texts[0], "/") && !strings.Contains(texts[0], ".") {
			at.Subscription, at.Name, texts = texts[0], texts[1], texts[2:]
		}
		id, err := at.resourceID(texts[0], texts[1:])
		return id, true, err
	case function == "extensionResourceId" && len(args) == 3:
		return texts[0] + "/providers/" + texts[1] + "/" + texts[2], true, nil
	}
	return nil, false, nil
}

var errNotThere = errors.New("is not there")
