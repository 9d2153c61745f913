package outlier

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// randomTable has rows that repeat, columns that are constant, and zeros of both signs.
func randomTable(r *rand.Rand, rows, cols int) Matrix {
	m := Zeros(rows, cols)
	for i := range rows {
		for j := range m.Row(i) {
			switch v := r.NormFloat64(); j % 4 {
			case 0:
				m.Row(i)[j] = math.Round(v)
			case 3:
				m.Row(i)[j] = 4
			default:
				m.Row(i)[j] = v
			}
		}
		if i > 0 && r.IntN(3) == 0 {
			copy(m.Row(i), m.Row(r.IntN(i)))
		}
	}
	return m
}

func shuffled(r *rand.Rand, m Matrix) (Matrix, []int) {
	order := r.Perm(m.Rows)
	return m.Select(order), order
}

func TestCanonicalOrderDoesNotDependOnTheOrderOfRows(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		x := randomTable(r, 1+r.IntN(300), 1+r.IntN(6))
		y, _ := shuffled(r, x)
		a, order := x.inOrder()
		b, _ := y.inOrder()
		if !reflect.DeepEqual(mapped(a.Data, math.Float64bits), mapped(b.Data, math.Float64bits)) {
			t.Fatalf("%v\n%v", a, b)
		}
		slices.Sort(order)
		for i, row := range order {
			if int(row) != i {
				t.Fatal(order)
			}
		}
	}
}

func TestRowsWithEqualHashesAreToldApart(t *testing.T) {
	for _, n := range []int{4, 12, 3 * largeBucket} { // few, and many
		m := Zeros(n, 2)
		for i := range n {
			copy(m.Row(i), [][]float64{{2, 1}, {1, 2}, {2, 1}, {0, 5}}[i%4])
		}
		b := &buckets{m: m, hashes: make([]uint32, n), shift: 31, starts: []int32{0, int32(n), int32(n)}}
		order := b.order(nil)
		if len(order) != n || !slices.IsSortedFunc(order, func(x, y int32) int { return compareRows(m.Row(int(x)), m.Row(int(y))) }) {
			t.Fatal(order)
		}
	}
}

func TestWantedPositionsAreThoseOfTheWholeOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 100 {
		x := randomTable(r, 1+r.IntN(500), 1+r.IntN(4))
		whole, _ := x.inOrder()
		b, _ := newBuckets(x, 1)
		positions := make([]int32, 20)
		for i := range positions {
			positions[i] = int32(r.IntN(x.Rows))
		}
		wanted := newRanked([]draw{{rows: positions}}, x.Rows)
		order := b.order(wanted)
		if len(order) != wanted.size {
			t.Fatal(len(order), wanted.size)
		}
		for _, at := range positions {
			if compareRows(x.Row(int(order[wanted.rank(at)])), whole.Row(int(at))) != 0 {
				t.Fatal(at)
			}
		}
	}
}

func TestHashesDoNotDependOnWhereARowStands(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for range 100 {
		x := randomTable(r, 1+r.IntN(100), 1+r.IntN(9))
		hashes := make([]uint32, x.Rows)
		hash(x.Data, hashes)
		alone := make([]uint32, 1)
		for i, h := range hashes {
			hash(x.Row(i), alone)
			if alone[0] != h {
				t.Fatalf("row %d of %d x %d", i, x.Rows, x.Cols)
			}
			for j := range x.Row(i) { // each number counts
				row := slices.Clone(x.Row(i))
				row[j] = math.Nextafter(row[j], 9)
				hash(row, alone)
				if alone[0] == h {
					t.Fatalf("number %d of %d", j, x.Cols)
				}
			}
		}
	}
}

func TestNumbersBeyondFloat32AreSeenWhereverTheyStand(t *testing.T) {
	beyond := math.Nextafter(math.MaxFloat32, math.Inf(1))
	for rows := range 20 {
		for cols := 1; cols < 5; cols++ {
			x := Zeros(rows+1, cols)
			for i := range x.Data {
				for v, want := range map[float64]bool{
					math.MaxFloat32: true, -math.MaxFloat32: true, 1.5: true, -1e-300: true,
					beyond: false, -beyond: false, math.MaxFloat64: false, math.Inf(1): false, math.Inf(-1): false, math.NaN(): false,
				} {
					x.Data[i] = v
					if _, single := newBuckets(x, 1); single != want {
						t.Fatalf("%v, number %d of %d x %d: %v", v, i, x.Rows, x.Cols, single)
					}
				}
				x.Data[i] = -7
			}
		}
	}
}

func TestNearlySortedKeysAreSorted(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 200 {
		keys := make([]uint64, r.IntN(60))
		for i := range keys {
			keys[i] = uint64(i/(1+r.IntN(9)))<<32 | uint64(r.IntN(4))
		}
		want := slices.Sorted(slices.Values(keys))
		if sortNear(keys); !slices.Equal(keys, want) {
			t.Fatal(keys)
		}
	}
}

func TestRanksAreCounts(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for range 50 {
		n := 1 + r.IntN(300)
		rows := make([]int32, r.IntN(n))
		for i := range rows {
			rows[i] = int32(r.IntN(n))
		}
		some, all := newRanked([]draw{{rows: rows}}, n), allRanked(n)
		below := int32(0)
		for i := range int32(n) {
			has := slices.Contains(rows, i)
			if some.rank(i) != below || (some.has(i) == 1) != has || all.rank(i) != i || all.has(i) != 1 {
				t.Fatalf("%d of %d", i, n)
			}
			if has {
				below++
			}
		}
		if some.rank(int32(n)) != below || some.size != int(below) || all.rank(int32(n)) != int32(n) || all.size != n {
			t.Fatal(n)
		}
	}
}

func TestUnusableTables(t *testing.T) {
	bad := map[string]Matrix{
		"nothing":    {},
		"no columns": {Rows: 3},
		"short":      {Rows: 3, Cols: 2, Data: make([]float64, 5)},
		"overflow":   {Rows: 1 << 62, Cols: 4, Data: nil},
		"negative":   {Rows: -1, Cols: -1, Data: make([]float64, 1)},
		"NaN":        {Rows: 1, Cols: 1, Data: []float64{math.NaN()}},
		"infinite":   {Rows: 1, Cols: 1, Data: []float64{math.Inf(-1)}},
	}
	for name, m := range bad {
		if err := m.check(); !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := FitScaler(m); !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := FitForest(m, nil, ForestParams{}); !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
	large := Matrix{Rows: 1, Cols: 1, Data: []float64{1e39}}
	if large.check() != nil || !errors.Is(large.checkSingle(), ErrInput) {
		t.Error("1e39 is a float64, but no float32")
	}
	if _, err := NewMatrix([][]float64{{1}, {1, 2}}); !errors.Is(err, ErrInput) {
		t.Error(err)
	}
}

func TestScalerIsScikitLearns(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		s := must(FitScaler(g.table()))
		wantNear(t, "row 0", must(s.Transform(g.table())).Row(0), g.ScaledRow0, 1e-12)
		if g.Scale != nil {
			wantNear(t, "scale", s.Scale, g.Scale, 1e-12)
		}
		y, _ := shuffled(rand.New(rand.NewPCG(1, 1)), g.table())
		if !reflect.DeepEqual(s, must(FitScaler(y))) {
			t.Error("the scaler depends on the order of rows")
		}
		if _, err := s.Transform(Zeros(2, g.D+1)); !errors.Is(err, ErrInput) {
			t.Error(err)
		}
	})
}

// A table that is scaled in its place becomes what a scaled copy is.
func TestScalingInPlace(t *testing.T) {
	x := randomTable(rand.New(rand.NewPCG(3, 4)), 50, 3)
	s, err := FitScaler(x)
	if err != nil {
		t.Fatal(err)
	}
	want, err := s.Transform(x)
	if err != nil || slices.Equal(want.Data, x.Data) {
		t.Fatal("a copy was not scaled, or the table was", err)
	}
	if err := s.TransformInPlace(x); err != nil || !slices.Equal(want.Data, x.Data) {
		t.Error(err)
	}
	if err := s.TransformInPlace(Zeros(2, 2)); err == nil {
		t.Error("other columns were scaled")
	}
}

func TestScalerLeavesConstantColumns(t *testing.T) {
	for _, v := range []float64{0, .1, 1e10 / 3, -1e-300, 1e150} {
		x := Zeros(1000, 1)
		for i := range x.Data {
			x.Data[i] = v
		}
		s := must(FitScaler(x))
		if s.Scale[0] != 1 {
			t.Errorf("%v: scale %v", v, s.Scale[0])
		}
	}
	if _, err := FitScaler(Matrix{Rows: 2, Cols: 1, Data: []float64{1e200, -1e200}}); !errors.Is(err, ErrInput) {
		t.Error(err)
	}
}

func TestCategories(t *testing.T) {
	c := FitCategories([]string{"b", "a", "Z", "b", ""})
	if !slices.Equal(c, Categories{"", "Z", "a", "b"}) {
		t.Fatal(c)
	}
	got := c.OneHot([]string{"b", "c", ""})
	if !slices.Equal(got.Data, []float64{0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0}) {
		t.Fatal(got)
	}
	if i, ok := c.Rank("a"); i != 2 || !ok {
		t.Fatal(i, ok)
	}
	row := []float64{9, 9, 9, 9, 9}
	if c.Put(row, "a"); !slices.Equal(row, []float64{0, 0, 1, 0, 9}) {
		t.Fatal(row)
	}
	if c.check() != nil || (Categories{"b", "a"}).check() == nil || (Categories{"a", "a"}).check() == nil {
		t.Fatal("sorted and distinct")
	}
}
