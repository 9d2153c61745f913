package benchmark

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// bethLabel is the column by which BETH is judged: suspicious, not only evil.
const bethLabel = "sus"

// hostNamespace is the mount namespace of the host itself, which is no container's.
const hostNamespace = 4026531840

// firstUser is the least user ID of a person; those below are the system's.
const firstUser = 1000

// bethColumns are the columns of a file of BETH that features are made of.
func bethColumns() []string {
	return []string{"processId", "threadId", "parentProcessId", "userId", "mountNamespace", "eventId", "stackAddresses", "argsNum", "returnValue"}
}

// beth makes columns of a file of BETH.
type beth struct {
	at   map[string]int // by name, the place in a row
	made []bethColumn
}

// bethColumn is a column that is made of one or two others.
type bethColumn struct {
	name string
	of   func(b *beth, row []string) (float64, error)
}

func newBETH(header []string, f Features) (*beth, error) {
	b := &beth{at: map[string]int{}, made: bethPaper()}
	if f == BETHNotebook {
		b.made = bethNotebook()
	}
	for _, name := range bethColumns() {
		i := slices.Index(header, name)
		if i < 0 {
			return nil, fmt.Errorf("no column %s, which files of BETH have; there are %s", name, few(shown(header)))
		}
		b.at[name] = i
	}
	return b, nil
}

func (b *beth) columns(int) []column {
	all := make([]column, len(b.made))
	for i, c := range b.made {
		all[i] = column{name: c.name, of: func(row []string) (float64, error) { return c.of(b, row) }}
	}
	return all
}

// number is the value of a column.
func (b *beth) number(row []string, name string) (float64, error) {
	v, err := number(row[b.at[name]])
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return v, nil
}

// of makes a column of another.
func of(name, made string, f func(float64) float64) bethColumn {
	return bethColumn{made, func(b *beth, row []string) (float64, error) {
		v, err := b.number(row, name)
		return f(v), err
	}}
}

func as(name string) bethColumn { return of(name, name, func(v float64) float64 { return v }) }

func truth(t bool) float64 {
	if t {
		return 1
	}
	return 0
}

// ofSystem reports whether a process is one of the system: 0, 1 or 2.
func ofSystem(id float64) bool { return id == 0 || id == 1 || id == 2 }

// bethNotebook are the columns of the notebook, but for the word vectors.
func bethNotebook() []bethColumn {
	system := func(id float64) float64 { return truth(ofSystem(id)) }
	return []bethColumn{
		as("eventId"), as("argsNum"), as("returnValue"),
		of("processId", "isOSProcess", system),
		of("parentProcessId", "isOSParentProcess", system),
		{"isIdenticalThreadId", func(b *beth, row []string) (float64, error) {
			process, err := b.number(row, "processId")
			if err != nil {
				return 0, err
			}
			thread, err := b.number(row, "threadId")
			return truth(process == thread), err
		}},
		of("userId", "isLoggedInUser", func(id float64) float64 { return truth(id >= firstUser) }),
		of("userId", "transformedUserId", func(id float64) float64 { return id / firstUser }),
		of("mountNamespace", "mountedMntDir", func(v float64) float64 { return truth(v == hostNamespace) }),
		// The length of the cell as a text, which is what the notebook takes.
		{"list_length", func(b *beth, row []string) (float64, error) {
			return float64(utf8.RuneCountInString(row[b.at["stackAddresses"]])), nil
		}},
	}
}

// bethPaper are the columns of the authors.
func bethPaper() []bethColumn {
	user := func(id float64) float64 { return truth(!ofSystem(id)) }
	return []bethColumn{
		of("processId", "processId", user),
		of("parentProcessId", "parentProcessId", user),
		of("userId", "userId", func(id float64) float64 { return truth(id >= firstUser) }),
		of("mountNamespace", "mountNamespace", func(v float64) float64 { return truth(v != hostNamespace) }),
		as("eventId"), as("argsNum"),
		of("returnValue", "returnValue", func(v float64) float64 {
			switch {
			case v > 0:
				return 1
			case v < 0:
				return 2
			}
			return 0
		}),
	}
}
