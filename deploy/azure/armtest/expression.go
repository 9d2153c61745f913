package armtest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// fromJSON makes a node of a part of an ARM template.
func fromJSON(v any) (node, error) {
	switch v := v.(type) {
	case string:
		if strings.HasPrefix(v, "[") && strings.HasSuffix(v, "]") {
			return parseExpression(v[1 : len(v)-1])
		}
		if strings.HasPrefix(v, "[") {
			return nil, fmt.Errorf("%s begins like an expression and does not end like one", v)
		}
		return literal{v}, nil
	case float64:
		if v == float64(int(v)) {
			return literal{int(v)}, nil
		}
		return literal{v}, nil
	case []any:
		var list listOf
		for _, item := range v {
			n, err := fromJSON(item)
			if err != nil {
				return nil, err
			}
			list.items = append(list.items, n)
		}
		return list, nil
	case map[string]any:
		var o object
		for name, value := range v {
			key, err := fromJSON(name)
			if err != nil {
				return nil, err
			}
			n, err := fromJSON(value)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			o.members = append(o.members, property{key, n})
		}
		return o, nil
	}
	return literal{v}, nil
}

// expressionParser reads ARM's expressions: calls, texts in single quotes, whole
// numbers, .member and [index].
type expressionParser struct {
	text   string
	tokens []string
}

func parseExpression(text string) (node, error) {
	token := regexp.MustCompile(`'(?:[^']|'')*'|[A-Za-z_][A-Za-z0-9_]*|\d+|[().,\[\]]`)
	p := &expressionParser{text: text}
	rest := text
	for rest = strings.TrimLeft(rest, " "); rest != ""; rest = strings.TrimLeft(rest, " ") {
		at := token.FindStringIndex(rest)
		if at == nil || at[0] != 0 {
			return nil, fmt.Errorf("[%s]: %q cannot be read", text, rest)
		}
		p.tokens = append(p.tokens, rest[:at[1]])
		rest = rest[at[1]:]
	}
	n, err := p.expression()
	if err == nil && len(p.tokens) > 0 {
		err = fmt.Errorf("[%s]: %q is too much", text, p.tokens[0])
	}
	return n, err
}

func (p *expressionParser) next() string {
	if len(p.tokens) == 0 {
		return ""
	}
	token := p.tokens[0]
	p.tokens = p.tokens[1:]
	return token
}

func (p *expressionParser) take(want string) bool {
	if len(p.tokens) > 0 && p.tokens[0] == want {
		p.next()
		return true
	}
	return false
}

func (p *expressionParser) expression() (node, error) {
	n, err := p.operand()
	for err == nil {
		switch {
		case p.take("."):
			n = itemOf{n, literal{p.next()}}
		case p.take("["):
			var at node
			if at, err = p.expression(); err == nil && !p.take("]") {
				err = fmt.Errorf("[%s]: ] is missing", p.text)
			}
			n = itemOf{n, at}
		default:
			return n, nil
		}
	}
	return nil, err
}

func (p *expressionParser) operand() (node, error) {
	token := p.next()
	if strings.HasPrefix(token, "'") {
		return literal{strings.ReplaceAll(token[1:len(token)-1], "''", "'")}, nil
	}
	if n, err := strconv.Atoi(token); err == nil {
		return literal{n}, nil
	}
	if !regexp.MustCompile(`^[A-Za-z]`).MatchString(token) || !p.take("(") {
		return nil, fmt.Errorf("[%s]: %q is no function, text or number", p.text, token)
	}
	call := callOf{name: token}
	for !p.take(")") {
		if len(call.args) > 0 && !p.take(",") {
			return nil, fmt.Errorf("[%s]: , or ) is missing in %s", p.text, token)
		}
		arg, err := p.expression()
		if err != nil {
			return nil, err
		}
		call.args = append(call.args, arg)
	}
	return call, nil
}

// nodeOf reads JSON into a node.
func nodeOf(raw json.RawMessage) (node, error) {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, err
	}
	return fromJSON(v)
}
