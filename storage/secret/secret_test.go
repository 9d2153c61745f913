package secret

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"testing"
	"text/template"
)

const content = "AccountKey=c2VjcmV0;sig=%2Fx\"<&>\n\tübel"

// holder has a secret in every place where an encoder may look for one.
type holder struct {
	Text    Text
	Pointer *Text
	List    []Text
	ByName  map[string]Text
	Any     any
	Error   error
	hidden  Text
	nested  struct{ inner []Text }
	Absent  Text
}

func newHolder(s string) holder {
	t := New(s)
	h := holder{Text: t, Pointer: &t, List: []Text{t}, ByName: map[string]Text{"key": t}, Any: t, Error: fmt.Errorf("with %v", t), hidden: t}
	h.nested.inner = []Text{t}
	return h
}

// leaks are the forms in which a text may hold the content.
func leaks(s string) []string {
	quoted, _ := json.Marshal(s)
	return []string{s, "c2VjcmV0", strings.Trim(string(quoted), `"`), fmt.Sprintf("%x", s), fmt.Sprintf("%X", s), fmt.Sprintf("% x", s),
		fmt.Sprintf("%v", []byte(s)), fmt.Sprintf("%+q", s), fmt.Sprintf("%U", []rune(s)), fmt.Sprintf("%#v", []byte(s))}
}

func wantHidden(t *testing.T, how, got string) {
	t.Helper()
	for _, leak := range leaks(content) {
		if strings.Contains(got, leak) {
			t.Errorf("%s shows %q: %s", how, leak, got)
		}
	}
}

// values are a secret and what may hold one, by name.
func values() map[string]any {
	h := newHolder(content)
	return map[string]any{
		"text": h.Text, "pointer": h.Pointer, "list": h.List, "map": h.ByName, "struct": h, "pointer to struct": &h,
		"unexported": h.nested, "interface": []any{h.Any, &h}, "error": errors.Join(h.Error, fmt.Errorf("%w: %s", h.Error, h.Text)),
		"map key": map[*Text]int{h.Pointer: 1},
	}
}

func TestFmtShowsNothing(t *testing.T) {
	for name, v := range values() {
		for verb := rune(' ') + 1; verb < 0x7f; verb++ {
			for _, flags := range []string{"", "+", "#", "-", " ", "0", "+#", "40.30", "-100", ".3", "# ", "[1]"} {
				format := "%" + flags + string(verb)
				wantHidden(t, name+" by "+format, fmt.Sprintf(format, v))
			}
		}
		wantHidden(t, name+" by Sprint", fmt.Sprint(v)+fmt.Sprintln(v, v))
	}
	if got := fmt.Sprintf("%s %v %#v %q %d", New("x"), New("x"), New("x"), New("x"), New("x")); got != strings.TrimSpace(strings.Repeat(Redacted+" ", 5)) {
		t.Errorf("fmt makes %q of it", got)
	}
}

func TestSlogShowsNothing(t *testing.T) {
	for name, v := range values() {
		var out bytes.Buffer
		options := &slog.HandlerOptions{AddSource: true, Level: slog.LevelDebug}
		for _, h := range []slog.Handler{slog.NewTextHandler(&out, options), slog.NewJSONHandler(&out, options)} {
			log := slog.New(h)
			log.Info("message", "key", v)
			log.With("bound", v).WithGroup("group").Debug("message", slog.Any("key", v), slog.Group("inner", "key", v))
		}
		wantHidden(t, name+" in a log", out.String())
		if name == "text" && strings.Count(out.String(), Redacted) != 8 {
			t.Errorf("the log does not say that something was left out: %s", out.String())
		}
	}
}

func TestEncodersShowNothing(t *testing.T) {
	for name, v := range values() {
		var out bytes.Buffer
		for encoder, encode := range map[string]func() error{
			"json": func() error { return json.NewEncoder(&out).Encode(v) },
			"xml":  func() error { return xml.NewEncoder(&out).Encode(v) },
			"gob":  func() error { return gob.NewEncoder(&out).Encode(v) },
			"template": func() error {
				return template.Must(template.New("").Parse(`{{.}} {{printf "%v" .}} {{js .}}`)).Execute(&out, v)
			},
		} {
			if err := encode(); err != nil { // some cannot encode some of them
				fmt.Fprint(&out, err)
			}
			wantHidden(t, name+" in "+encoder, out.String())
			out.Reset()
		}
	}
	got, err := json.Marshal(struct{ Set, Unset Text }{Set: New("x")})
	if want := `{"Set":"[redacted]","Unset":""}`; err != nil || string(got) != want {
		t.Errorf("JSON %s, error %v, want %s", got, err, want)
	}
}

// The trace of a process that dies with a secret in hand does not show it.
func TestPanicShowsNothing(t *testing.T) {
	if how := os.Getenv("PANIC_WITH"); how != "" {
		debug.SetTraceback("system")
		die(values()[how], newHolder(content), New(content))
	}
	for name := range values() {
		cmd := exec.Command(os.Args[0], "-test.run=^TestPanicShowsNothing$")
		cmd.Env = append(os.Environ(), "PANIC_WITH="+name, "GOTRACEBACK=system")
		out, err := cmd.CombinedOutput()
		if err == nil || !bytes.Contains(out, []byte("panic:")) {
			t.Fatalf("%s: no panic: %v\n%s", name, err, out)
		}
		wantHidden(t, "a panic with "+name, string(out))
	}
}

//go:noinline
func die(v any, h holder, t Text) {
	if h.hidden.Empty() || t.Empty() {
		return
	}
	panic(v)
}

func TestReveal(t *testing.T) {
	for in, want := range map[string]string{"": "", " \r\n\t": "", "x": "x", "  x y\r\n": "x y", content + "\n": content} {
		s := New(in)
		if s.Reveal() != want || s.Empty() != (want == "") {
			t.Errorf("%q is kept as %q, empty %v", in, s.Reveal(), s.Empty())
		}
	}
	var none Text
	if text, _ := none.MarshalText(); !none.Empty() || none.Reveal()+none.String()+string(text)+fmt.Sprint(none) != "" {
		t.Error("the zero Text is not empty")
	}
}

func TestHide(t *testing.T) {
	if got, want := New("key").Hide("a key, the key"), "a [redacted], the [redacted]"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := (Text{}).Hide("a key"); got != "a key" {
		t.Errorf("nothing to hide, and yet %q", got)
	}
}
