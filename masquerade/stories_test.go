package masquerade

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"sparkless/storage/event"
)

// Stories are what Explain tells of each name, in whatever order and company, and
// their neighbours are the nearest of all targets.
func TestStoriesAgree(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 61))
		events := randomEstate(rng)
		day := countsOf(events)
		history := historyOf(t, day, randomPast(rng, events))
		p := randomParams(t, rng)
		if seed == 2 {
			p = NotebookParams()
			p.Similarity = 0.6
		}
		d := New(p, "s", 1)
		found := reportedBy(t, d, day, history)
		names := []string{"nobody.exe"}
		for name := range day.allNames() {
			if found[name] != nil || rng.IntN(40) == 0 {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		rng.Shuffle(len(names), reflect.Swapper(names))
		names = names[:min(len(names), 60)]
		stories, err := d.Stories(t.Context(), event.Day(november20), day, history, names)
		if err != nil || len(stories) != len(names) {
			t.Fatal(len(stories), err)
		}
		for i, name := range names {
			if stories[i].Name != name {
				t.Errorf("seed %d: the story of %q in place of %q", seed, stories[i].Name, name)
			}
			want, err := d.Explain(t.Context(), event.Day(november20), day, history, name)
			if err != nil {
				t.Fatal(err)
			}
			forgetFar(&want, &stories[i])
			if asJSON(t, stories[i]) != asJSON(t, want) {
				t.Errorf("seed %d, %q: %s\nwant %s", seed, name, asJSON(t, stories[i]), asJSON(t, want))
			}
			if found[name] != nil != stories[i].Reported {
				t.Errorf("seed %d, %q: reported %v", seed, name, stories[i].Reported)
			}
		}
	}
}

// forgetFar takes out of a story the neighbours that are hardly similar, and what is
// said of them where nothing speaks against a name.
func forgetFar(s, like *Story) {
	var near []Neighbour
	for _, n := range s.Nearest {
		if n.Score >= hardlySimilar {
			near = append(near, n)
		}
	}
	if len(near) < len(s.Nearest) {
		for i := range s.Rules {
			if r := &s.Rules[i]; !r.Fired && slices.Contains([]string{"edits", "more-edits", "notebook"}, r.Name) && len(like.Rules) == len(s.Rules) {
				r.Why = like.Rules[i].Why
			}
		}
	}
	s.Nearest = near
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Stories end when they are told to, and keep to the memory there is.
func TestStoriesStop(t *testing.T) {
	day := countsOf(randomEstate(rand.New(rand.NewPCG(1, 62))))
	d := New(paramsOf(t, Balanced), "s", 1)
	if all, err := d.Stories(t.Context(), event.Day(november20), day, NewCounts(), nil); err != nil || len(all) != 0 {
		t.Error(all, err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := d.Stories(stopped, event.Day(november20), day, NewCounts(), []string{"svch0st.exe"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	d.Limit(1)
	if _, err := d.Stories(t.Context(), event.Day(november20), day, NewCounts(), []string{"svch0st.exe"}); !errors.As(err, new(*LimitError)) {
		t.Error(err)
	}
}

// A suspect that resembles several names has each of them once.
func TestStoryOfManyLikes(t *testing.T) {
	events := append(onHosts("brackwater.exe", `C:\Program Files\b\brackwater.exe`, 200, 1), onHosts("brackwaters.exe", `C:\Program Files\b\brackwaters.exe`, 190, 1)...)
	events = append(events, onHosts("brackwate.exe", `C:\Users\jo\brackwate.exe`, 1, 1)...)
	for _, name := range []string{"a.exe", "b.exe", "c.exe", "d.exe", "e.exe", "f.exe"} {
		events = append(events, onHosts(name, `C:\Program Files\x\`+name, 1, 1)...)
	}
	day := countsOf(events)
	p := paramsOf(t, Balanced)
	p.MinScore = 0
	d := New(p, "s", 1)
	body := reportedBy(t, d, day, NewCounts())["brackwate.exe"]
	s := explains(t, d, day, NewCounts(), "brackwate.exe", body)
	if s.Finding == nil || !slices.Equal(s.Finding.AlsoLike, []string{"brackwaters.exe"}) {
		t.Errorf("%s", body)
	}
}
