package outlier

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// trained has every part.
func trained() *Saved {
	r := rand.New(rand.NewPCG(14, 14))
	x := Zeros(60, 3)
	for i := range x.Data {
		x.Data[i] = r.NormFloat64()
	}
	y := mapped(x.Data[:60], func(v float64) int { return int(v*v) % 3 })
	return &Saved{
		Columns: []string{"a", "b", "<c>"}, Texts: map[string]Categories{"b": {"", "x"}}, Scaler: must(FitScaler(x)),
		Forest:     must(FitForest(x, nil, ForestParams{Trees: 3, Contamination: .1})),
		Classifier: must(FitClassifier(x, y, nil, ClassifierParams{Trees: 3})),
		SVM:        must(FitOneClassSVM(x, SGDParams{})), DoSE: must(FitDoSE(x, SGDParams{})), Envelope: must(FitEnvelope(x, EnvelopeParams{})),
	}
}

func written(s *Saved) []byte {
	var b bytes.Buffer
	if err := s.Write(&b); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func TestSavedModelsAreWhatTheyWere(t *testing.T) {
	s := trained()
	data := written(s)
	got, err := Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(written(got), data) {
		t.Error("written anew, the bytes are others")
	}
	x := randomTable(rand.New(rand.NewPCG(15, 15)), 200, 3)
	for i, pair := range [][2]any{
		{must(s.Forest.Scores(x, 1)), must(got.Forest.Scores(x, 1))},
		{must(s.Classifier.Probabilities(x, 1)), must(got.Classifier.Probabilities(x, 1))},
		{s.Classifier.Importances(), got.Classifier.Importances()},
		{must(s.DoSE.Decisions(x)), must(got.DoSE.Decisions(x))},
		{must(s.Forest.Explain(x.Row(0))), must(got.Forest.Explain(x.Row(0)))},
		{s.Forest, got.Forest}, {s.Scaler, got.Scaler}, {s.SVM, got.SVM}, {s.DoSE, got.DoSE}, {s.Envelope, got.Envelope}, {s.Texts, got.Texts}, {s.Columns, got.Columns},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("pair %d: %v became %v", i, pair[0], pair[1])
		}
	}
}

// sealed is a file whose digest is right for a model that was changed.
func sealed(model string) []byte {
	return fmt.Appendf(nil, `{"format":%q,"version":1,"sha256":%q,"model":%s}`, savedFormat, digest([]byte(model)), model)
}

func modelOf(data []byte) string {
	_, model, _ := strings.Cut(string(data), `"model":`)
	return strings.TrimSuffix(model, "}\n")
}

func TestSavedModelsThatAreChangedAreRefused(t *testing.T) {
	data := written(trained())
	if _, err := Read(bytes.NewReader(sealed(modelOf(data)))); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"version":    {`"version":1`, `"version":2`},
		"format":     {savedFormat, "another"},
		"digest":     {`"sha256":"`, `"sha256":"0`},
		"a number":   {`"samples":60`, `"samples":59`},
		"truncated":  {`"envelope"`, "\x00"},
		"afterwards": {"}\n", "}{}\n"},
		"unknown":    {`"version":1`, `"version":1,"more":2`},
	} {
		if _, err := Read(strings.NewReader(strings.Replace(string(data), change[0], change[1], 1))); !errors.Is(err, ErrSaved) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestForgedModelsAreRefused(t *testing.T) {
	model := modelOf(written(trained()))
	for name, change := range map[string][2]string{
		"no column":         {`"columns":["a","b","\u003cc\u003e"]`, `"columns":[]`},
		"other columns":     {`"columns":["a",`, `"columns":[`},
		"column twice":      {`"columns":["a",`, `"columns":["b",`},
		"categories":        {`["","x"]`, `["x",""]`},
		"scale":             {`"scale":[`, `"scale":[-`},
		"forest columns":    {`"forest":{"cols":3`, `"forest":{"cols":2`},
		"huge samples":      {`"samples":60`, `"samples":2000000000`},
		"offset":            {`"offset":-`, `"offset":`},
		"fewer nodes":       {`"nodes":[`, `"nodes":[1,`},
		"negative nodes":    {`"nodes":[`, `"nodes":[-1,`},
		"huge nodes":        {`"nodes":[`, `"nodes":[2147483647,`},
		"column":            {`"column":[`, `"column":[3,`},
		"leaf":              {`"column":[`, `"column":[-2,`},
		"kid":               {`"kid":[1,`, `"kid":[0,`},
		"kid of another":    {`"kid":[1,3,`, `"kid":[1,1,`},
		"kid far away":      {`"kid":[1,`, `"kid":[2147483647,`},
		"rows":              {`"sampleRows":[60,`, `"sampleRows":[61,`},
		"overflow":          {`"sampleRows":[60,`, `"sampleRows":[99999999999,`},
		"threshold":         {`"threshold":[`, `"threshold":[1e39,`},
		"classes":           {`"classes":3`, `"classes":2000000000`},
		"fewer classes":     {`"classes":3`, `"classes":2`},
		"importance":        {`"importance":[`, `"importance":[1,`},
		"share":             {`"shares":[`, `"shares":[2,`},
		"weights":           {`"weights":[`, `"weights":[1,`},
		"no whitening":      {`"whitening":{`, `"whitening":null,"svm":{`},
		"components":        {`"components":[[`, `"components":[[1],[`},
		"variance":          {`"variances":[`, `"variances":[-`},
		"envelope columns":  {`"columns":[0,`, `"columns":[7,`},
		"envelope support":  {`"support":`, `"support":-`},
		"null":              {model, "null"},
		"a list":            {model, "[]"},
		"nodes of no tree":  {`"nodes":[`, `"nodes":[],"nodex":[`},
		"deep nesting":      {model, strings.Repeat(`{"scaler":`, 20000)},
		"number as a text":  {`"samples":60`, `"samples":"60"`},
		"trees are missing": {`"trees":{`, `"trees":{},"x":{`},
	} {
		forged := strings.Replace(model, change[0], change[1], 1)
		if forged == model {
			t.Errorf("%s: nothing was changed", name)
		}
		if _, err := Read(bytes.NewReader(sealed(forged))); !errors.Is(err, ErrSaved) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (&Saved{}).Write(&bytes.Buffer{}); !errors.Is(err, ErrSaved) {
		t.Error(err)
	}
}

// FuzzRead: whatever is in a file whose digest is right, it is refused, or it can
// be used and written again.
func FuzzRead(f *testing.F) {
	f.Add(modelOf(written(trained())))
	f.Add(`{"columns":["a"],"forest":{"cols":1,"samples":2,"offset":-0.5,"trees":{"nodes":[3],"column":[0,-1,-1],"threshold":[1,0,0],"kid":[1,0,0],"sampleRows":[2,1,1]}}}`)
	f.Add(`{"columns":["a"],"classifier":{"cols":1,"classes":1,"importance":[0],"trees":{"nodes":[1],"column":[-1],"threshold":[0],"kid":[0],"sampleRows":[1]},"shares":[1]}}`)
	f.Fuzz(func(t *testing.T, model string) {
		s, err := Read(bytes.NewReader(sealed(model)))
		if err != nil {
			return
		}
		x := Zeros(9, len(s.Columns))
		if s.Forest != nil {
			must(s.Forest.Scores(x, 1))
			must(s.Forest.Explain(x.Row(0)))
		}
		if s.Classifier != nil {
			must(s.Classifier.Probabilities(x, 1))
		}
		if s.DoSE != nil {
			must(s.DoSE.Decisions(x))
		}
		if s.Envelope != nil {
			must(s.Envelope.Scores(x))
		}
		if _, err := Read(bytes.NewReader(written(s))); err != nil {
			t.Fatal(err)
		}
	})
}

// chain is a random forest of one tree that splits off one row at each level.
func chain(levels int) *Classifier {
	c := &Classifier{cols: 1, classes: 1, importance: []float64{0}, trees: []tree{nil}, shares: [][]float64{nil}}
	for i := range levels {
		c.trees[0] = append(c.trees[0], node{column: 0, threshold: float32(i), kid: int32(2*i + 1), samples: int32(levels - i + 1)}, node{column: -1, kid: int32(i), samples: 1})
		c.shares[0] = append(c.shares[0], 1)
	}
	// Kids stand side by side: the leaf, then the next level.
	t := tree{c.trees[0][0]}
	for i := range levels - 1 {
		t = append(t, c.trees[0][2*i+1], c.trees[0][2*i+2])
	}
	c.trees[0] = append(t, c.trees[0][2*levels-1], node{column: -1, kid: int32(levels), samples: 1})
	c.shares[0] = append(c.shares[0], 1)
	return c
}

func TestTreesThatAreTooDeepAreRefused(t *testing.T) {
	for levels, fits := range map[int]bool{maxLevels: true, maxLevels + 1: false} {
		got, err := Read(bytes.NewReader(written(&Saved{Columns: []string{"a"}, Classifier: chain(levels)})))
		if fits != (err == nil) {
			t.Fatalf("%d levels: %v", levels, err)
		}
		if fits {
			must(got.Classifier.Explain([]float64{float64(levels)}, 0))
		}
	}
}
