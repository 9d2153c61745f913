package outlier

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// labelled is rows and their classes, column after column.
type labelled struct {
	rows, cols, classes int
	values              []float32
	class               []int32
}

func newLabelled(x Matrix, y []int, classes int) *labelled {
	d := &labelled{rows: x.Rows, cols: x.Cols, classes: classes, values: make([]float32, len(x.Data)), class: make([]int32, x.Rows)}
	for i, class := range y {
		d.class[i] = int32(class)
		for j, v := range x.Row(i) {
			d.values[j*x.Rows+i] = float32(v)
		}
	}
	return d
}

func (d *labelled) column(j int32) []float32 {
	return d.values[int(j)*d.rows : (int(j)+1)*d.rows]
}

// splitter grows classification trees, one after the other, in the same memory.
type splitter struct {
	*labelled
	population population
	all        bool
	tries      int // columns drawn at each node
	random     *rand.Rand
	weight     []int32 // of each row in this tree
	at         []int32 // rows of the tree as the nodes part them
	sorted     []uint64
	columns    []int32
	left       []int64 // rows of each class, weights counted
	right      []int64
	grown      tree
	shares     []float64
	importance []float64
}

func newSplitter(d *labelled, rows population, p ClassifierParams) *splitter {
	s := &splitter{
		labelled: d, population: rows, all: p.AllRows, tries: p.Columns,
		weight: make([]int32, d.rows), at: make([]int32, 0, d.rows), sorted: make([]uint64, d.rows),
		columns: make([]int32, d.cols), left: make([]int64, d.classes), right: make([]int64, d.classes), importance: make([]float64, d.cols),
	}
	return s
}

// tree grows a tree of random numbers.
func (s *splitter) tree(random *rand.Rand) {
	s.random = random
	clear(s.weight)
	clear(s.importance)
	s.grown, s.shares, s.at = append(s.grown[:0], node{}), s.shares[:0], s.at[:0]
	for i := range s.population.size() {
		if !s.all {
			i = random.IntN(s.population.size())
		}
		s.weight[s.population.row(i)]++
	}
	for _, row := range s.population.order {
		if s.weight[row] > 0 {
			s.at = append(s.at, row)
		}
	}
	for j := range s.columns {
		s.columns[j] = int32(j)
	}
	s.grow(0, s.at, 0)
	normalise(s.importance)
}

// taken is a copy of what was grown.
func (s *splitter) taken() (tree, []float64, []float64) {
	return slices.Clone(s.grown), slices.Clone(s.shares), slices.Clone(s.importance)
}

// grow makes node i of the rows in at.
func (s *splitter) grow(i int, at []int32, depth int) {
	counts := make([]int64, s.classes)
	for _, row := range at {
		counts[s.class[row]] += int64(s.weight[row])
	}
	total, squares := sumAndSquares(counts)
	s.grown[i] = node{column: -1, samples: int32(total)}
	var best split
	if len(at) > 1 && squares != total*total && depth < maxLevels {
		best = s.best(at, counts)
	}
	if !best.found {
		s.grown[i].kid = int32(len(s.shares) / s.classes)
		for _, n := range counts {
			s.shares = append(s.shares, float64(n)/float64(total))
		}
		return
	}
	// What the impurity of the node, weighted by its rows, falls: the proxy less its own.
	s.importance[best.column] += best.proxy - float64(squares)/float64(total)
	kid := len(s.grown)
	s.grown[i].column, s.grown[i].threshold, s.grown[i].kid = best.column, best.threshold, int32(kid)
	s.grown = append(s.grown, node{}, node{})
	left := part(s.column(best.column), at, best.threshold)
	s.grow(kid, at[:left], depth+1)
	s.grow(kid+1, at[left:], depth+1)
}

// sumAndSquares are the sum of counts and that of their squares.
func sumAndSquares(counts []int64) (sum, squares int64) {
	for _, n := range counts {
		sum += n
		squares += n * n
	}
	return sum, squares
}

// split is where a node may be parted. proxy orders splits of a node like the
// fall of the impurity: the squares of the classes' rows over all rows, of both sides.
type split struct {
	column    int32
	threshold float32
	proxy     float64
	found     bool
}

// best draws columns and returns their best split: so many as are to be tried,
// constant ones included, and further until one varies.
func (s *splitter) best(at []int32, counts []int64) split {
	best := split{proxy: math.Inf(-1)}
	varied := 0
	for tried := 0; tried < s.cols && (tried < s.tries || varied == 0); tried++ {
		j := tried + s.random.IntN(s.cols-tried)
		s.columns[tried], s.columns[j] = s.columns[j], s.columns[tried]
		column := s.columns[tried]
		least, most := extent(s.column(column), at)
		if most <= least+1e-7 { // as float32, like the numbers
			continue
		}
		varied++
		s.sort(column, at)
		s.scan(column, counts, &best)
	}
	return best
}

// sort puts the rows into s.sorted by their number in column, which is in the upper half.
func (s *splitter) sort(column int32, at []int32) {
	values := s.column(column)
	s.sorted = s.sorted[:len(at)]
	for i, row := range at {
		s.sorted[i] = uint64(uint32(key(values[row]))^1<<31)<<32 | uint64(row)
	}
	slices.Sort(s.sorted)
}

// scan looks for a better split between any two of the sorted rows whose
// numbers differ.
func (s *splitter) scan(column int32, counts []int64, best *split) {
	values := s.column(column)
	clear(s.left)
	copy(s.right, counts)
	var inLeft, leftSquares int64
	inRight, rightSquares := sumAndSquares(counts)
	for i, last := 0, len(s.sorted)-1; i < last; i++ {
		row, next := uint32(s.sorted[i]), uint32(s.sorted[i+1])
		class, w := s.class[row], int64(s.weight[row])
		leftSquares += w * (2*s.left[class] + w)
		rightSquares -= w * (2*s.right[class] - w)
		s.left[class] += w
		s.right[class] -= w
		inLeft += w
		inRight -= w
		if values[next] <= values[row]+1e-7 {
			continue
		}
		proxy := float64(leftSquares)/float64(inLeft) + float64(rightSquares)/float64(inRight)
		if proxy > best.proxy {
			middle := float64(values[row])/2 + float64(values[next])/2
			*best = split{column: column, threshold: roundDown(middle), proxy: proxy, found: true}
		}
	}
}

// Stratified parts rows into two, of each class as many in the second as share
// says, rounded. It draws by seed and by what the rows hold, not where they stand.
func Stratified(x Matrix, y []int, share float64, seed uint64) (first, second []int, err error) {
	if err := x.check(); err != nil {
		return nil, nil, err
	}
	classes, err := countClasses(y, x.Rows)
	if err != nil {
		return nil, nil, err
	}
	if !(share > 0 && share < 1) {
		return nil, nil, fmt.Errorf("%w: a share of %v is not between 0 and 1", ErrInput, share)
	}
	of := make([][]int, classes)
	for _, row := range canonicalOrder(withColumn(x, y)) {
		of[y[row]] = append(of[y[row]], int(row))
	}
	for class, rows := range of {
		generator(seed, uint64(class)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		n := int(math.Round(share * float64(len(rows))))
		second = append(second, rows[:n]...)
		first = append(first, rows[n:]...)
	}
	return first, second, nil
}

// extent is the least and the largest of the values of rows, of which there are some.
func extent(values []float32, rows []int32) (least, most float32) {
	least = values[rows[0]]
	most = least
	for _, row := range rows[1:] {
		if v := values[row]; v < least {
			least = v
		} else if v > most {
			most = v
		}
	}
	return least, most
}

// part puts the rows whose value is at most the threshold first, and returns how many they are.
func part(values []float32, rows []int32, threshold float32) int {
	left := 0
	for i, row := range rows {
		rows[i] = rows[left]
		rows[left] = row
		var stays int // a number, so that no branch has to be guessed
		if values[row] <= threshold {
			stays = 1
		}
		left += stays
	}
	return left
}
