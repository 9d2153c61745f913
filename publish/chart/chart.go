// Package chart holds what charts show, apart from how they are drawn: a hunt fills
// them in, a report draws them. Texts may come from events, and are hostile until they
// are shown as text.
package chart

// Kind says how a chart is drawn, and which fields of it count.
type Kind string

const (
	// Bars are a bar for each of Labels and each of Series: how large something is. They
	// lie, and Y names the axis of their values all the same. At most 100 labels of 8
	// series.
	Bars Kind = "bars"
	// Histogram are bars between Edges, one for each pair of neighbours and each of
	// Series. At most 200 of 8 series.
	Histogram Kind = "histogram"
	// Lines are a line for each of Series over Labels, which are days or hours in order.
	// At most 400 labels of 24 series.
	Lines Kind = "lines"
	// Scatter are Points, of the colours of Groups. At most MaxPoints of 24 groups.
	Scatter Kind = "scatter"
	// Matrix is a square for each of Series (a row each) and each of Labels (a column
	// each), coloured between -1 and 1, as of correlations. At most 50 by 50.
	Matrix Kind = "matrix"
)

// Chart is one chart: a table of numbers, and what they are. Without any numbers it is
// one of which the page says that there is nothing to draw.
type Chart struct {
	Kind  Kind   `json:"kind"`
	Title string `json:"title"`
	// Note says in a sentence what to see in it.
	Note string `json:"note,omitempty"`
	// X and Y name the axes, with their units.
	X string `json:"x,omitempty"`
	Y string `json:"y,omitempty"`
	// Labels are those of the values of each series.
	Labels []string `json:"labels,omitempty"`
	// Edges ascend; there is one more than values of each series.
	Edges  []float64 `json:"edges,omitempty"`
	Series []Series  `json:"series,omitempty"`
	// Groups name the colours of Points; a scatter of one kind of point needs none.
	Groups []string `json:"groups,omitempty"`
	Points []Point  `json:"points,omitempty"`
	// LogX and LogY ask for a logarithmic axis. All its values are above 0 then; only a
	// bar may be 0, which is no bar. Labels have no logarithm.
	LogX bool `json:"logX,omitempty"`
	LogY bool `json:"logY,omitempty"`
}

// Series is a row of numbers.
type Series struct {
	Name   string    `json:"name"`
	Values []float64 `json:"values"`
	// Marks are the indexes of values to point out, ascending.
	Marks []int `json:"marks,omitempty"`
}

// Point is one dot of a scatter. Its JSON is short: see MarshalJSON.
type Point struct {
	X, Y  float64
	Group int // an index of Groups
	// Count is how many things lie there; 0 is one.
	Count int64
	// Label says what it is, where somebody points at it.
	Label string
	// Finding is the FindingId of the finding that it is, if it is one.
	Finding string
}

// MaxPoints is how many points a scatter may have: a page with more is slow.
const MaxPoints = 5000

// MaxText is how long each text of a chart may be, in bytes.
const MaxText = 2048

// Largest is how far from 0 a number may be: differences of any two are numbers, too.
const Largest = 1e100
