package outlier

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

func TestClustersAreScikitLearns(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		for _, want := range []goldenClusters{g.DBSCAN, g.Fine} {
			if want.Labels == nil {
				continue
			}
			got := must(Cluster(g.scaled(), nil, ClusterParams{Radius: want.Eps, Least: want.MinSamples, KeepOrder: true}))
			if !slices.Equal(got.Labels, want.Labels) || got.Count != slices.Max(want.Labels)+1 {
				t.Errorf("eps %v: %d clusters, other labels", want.Eps, got.Count)
			}
		}
	})
}

// plainClusters is DBSCAN as its authors wrote it.
func plainClusters(x Matrix, radius float64, least int) []int {
	near := func(i int) (out []int) {
		for j := range x.Rows {
			sum := 0.0
			for c, v := range x.Row(i) {
				sum += (v - x.Row(j)[c]) * (v - x.Row(j)[c])
			}
			if sum <= radius*radius {
				out = append(out, j)
			}
		}
		return out
	}
	labels := slices.Repeat([]int{-1}, x.Rows)
	count := 0
	for i := range labels {
		if labels[i] >= 0 || len(near(i)) < least {
			continue
		}
		labels[i] = count
		for open := []int{i}; len(open) > 0; open = open[1:] {
			if around := near(open[0]); len(around) >= least {
				for _, j := range around {
					if labels[j] < 0 {
						labels[j] = count
						open = append(open, j)
					}
				}
			}
		}
		count++
	}
	return labels
}

func TestClustersByComparingAll(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 11))
	for range 200 {
		x := randomTable(r, 1+r.IntN(60), 1+r.IntN(3))
		radius, least := []float64{.3, 1, 2}[r.IntN(3)], 1+r.IntN(5)
		p := ClusterParams{Radius: radius, Least: least, KeepOrder: true, Workers: 2}
		got := must(Cluster(x, nil, p))
		if want := plainClusters(x, radius, least); !slices.Equal(got.Labels, want) {
			t.Fatalf("%v\n%v", got.Labels, want)
		}
		p.KeepOrder = false
		own := must(Cluster(x, nil, p))
		other, order := shuffled(r, x)
		again := must(Cluster(other, nil, p))
		if !slices.Equal(pick(own.Labels, order), again.Labels) || !slices.Equal(pick(own.Core, order), again.Core) {
			t.Fatal("clusters depend on the order of rows")
		}
		grouped, weights := group(x)
		labels := must(Cluster(grouped, weights, p)).Labels
		for i := range grouped.Rows {
			at := 0
			for at = range x.Rows {
				if compareRows(x.Row(at), grouped.Row(i)) == 0 {
					break
				}
			}
			if own.Labels[at] != labels[i] {
				t.Fatal("a weight is not so many rows")
			}
		}
	}
}

func TestClusterRefuses(t *testing.T) {
	many := Zeros(MaxClustered+1, 1)
	for i := range many.Data {
		many.Data[i] = float64(i)
	}
	for name, err := range map[string]error{
		"too many": second(Cluster(many, nil, ClusterParams{})),
		"radius":   second(Cluster(Zeros(2, 2), nil, ClusterParams{Radius: math.NaN()})),
		"least":    second(Cluster(Zeros(2, 2), nil, ClusterParams{Least: -1})),
		"weights":  second(Cluster(Zeros(2, 2), []int{1}, ClusterParams{})),
		"nothing":  second(Cluster(Matrix{}, nil, ClusterParams{})),
	} {
		if !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
	got := must(Cluster(Zeros(2*MaxClustered, 2), nil, ClusterParams{}))
	if got.Count != 1 || !reflect.DeepEqual(got.Labels[:2], []int{0, 0}) {
		t.Error("rows alike are one cluster, however many")
	}
}
