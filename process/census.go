package process

import "math"

// census is how often programs, and programs under their parents, ran: on a day, or on
// the days that a model was trained on.
type census struct {
	events   int64
	hosts    int
	programs map[string]programCount
	pairs    map[pairKey]int64
	parents  map[string]parentCount
}

// programCount is how often a program ran, on how many hosts, under how many parents.
type programCount struct {
	count          int64
	hosts, parents int
}

// parentCount is how many executions a parent started, of how many programs.
type parentCount struct {
	count    int64
	children int
}

func emptyCensus() *census {
	return &census{programs: map[string]programCount{}, pairs: map[pairKey]int64{}, parents: map[string]parentCount{}}
}

// census counts the executions of a state.
func (s *State) census() *census {
	c := emptyCensus()
	c.events, c.hosts = s.events, s.hosts.count(mostHosts)
	for path, p := range s.programs {
		c.programs[path] = programCount{count: p.count, hosts: p.hosts.count(mostMembers)}
		for _, g := range p.groups {
			c.pairs[pairKey{path, g.key.parent}] += g.count
		}
	}
	c.relate()
	return c
}

// relate counts parents, and the programs of each, from the pairs.
func (c *census) relate() {
	for key, n := range c.pairs {
		p := c.programs[key.program]
		p.parents++
		c.programs[key.program] = p
		parent := c.parents[key.parent]
		c.parents[key.parent] = parentCount{parent.count + n, parent.children + 1}
	}
}

// rarity says how rare an execution's program and parent are, each from 0, as usual as
// can be, to 1, never seen or once among very many.
type rarity struct{ parent, host, program float64 }

// of is the rarity of a program under a parent.
//
// A parent is rare for a program, or a program for a parent, where few of either's
// executions are of the two; what has many such anyway, as conhost.exe has parents and
// explorer.exe has children, makes a rare one less of an oddity.
func (c *census) of(path, parent string) rarity {
	p, q := c.programs[path], c.parents[parent]
	pair := c.pairs[pairKey{path, parent}]
	r := rarity{program: surprise(float64(p.count), float64(c.events)), host: surprise(float64(p.hosts), float64(c.hosts))}
	r.parent = max(surprise(float64(pair), float64(p.count))*expected(p.parents), surprise(float64(pair), float64(q.count))*expected(q.children))
	return r
}

// surprise is how rare n of all is: log((all+1)/(n+1)) in units of log(all+1). It is 0
// for all of all, and 1 for none; one of 1,000 has 0.9, and one of three a half: few
// events tell little.
func surprise(n, all float64) float64 {
	if all <= 0 || n >= all {
		return 0
	}
	return math.Log((all+1)/(n+1)) / math.Log(all+1)
}

// expected is how much of a surprise is left where there are so many of a kind.
func expected(kinds int) float64 { return 1 / (1 + math.Log(float64(max(kinds, 1)))/2) }
