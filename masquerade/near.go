package masquerade

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"

	"sparkless/masquerade/lookalike"
	"sparkless/masquerade/simjoin"
)

// nearness is how many edits a name may be from one that it imitates, by the
// shorter stem's length in characters.
var nearness = simjoin.Edits{{From: 4, Edits: 1}, {From: 8, Edits: 2}, {From: 14, Edits: 3}}

// nearnessOfWindows allows a second edit for shorter names of Windows, if it leaves
// the name legible.
var nearnessOfWindows = simjoin.Edits{{From: 4, Edits: 1}, {From: 6, Edits: 2}, {From: 14, Edits: 3}}

// isNear reports whether a name is few edits from a target.
func isNear(t *target, name string, distance int) bool {
	if !nearnessOfWindows.Allow(t.name, name, distance) {
		return false
	}
	simple := nearness.Allow(t.name, name, distance)
	if simple && name != "" && name[0] == t.name[0] {
		return true // no need to look closer, as for most
	}
	edit := lookalike.Class(name, t.name)
	return !beheaded(edit) && (simple || t.known && legible(edit))
}

// beheaded reports whether a name lacks the first letter of the target. What is
// left is most often a word of its own: setup is no ksetup.
func beheaded(e lookalike.Edit) bool {
	return slices.ContainsFunc(e.Steps, func(s lookalike.Step) bool { return s.Op == lookalike.Omission && s.At == 0 })
}

// legible reports whether edits leave all letters of a name in it, or add none:
// scvhosts is read as svchost. Letters in place of others make another name of a
// short one, as psinfo is no rpcinfo: two in six letters part real programs as
// often as not.
func legible(e lookalike.Edit) bool {
	added, left := false, false
	for _, s := range e.Steps {
		switch s.Op {
		case lookalike.Replacement:
			return false
		case lookalike.Insertion, lookalike.Repetition:
			added = true
		case lookalike.Omission:
			left = true
		}
	}
	return !(added && left)
}

// near compares names with all targets by edits. Where there is not room for all
// that resembles the frequent names that are none of Windows, as with a family of
// thousands of them, it leaves out the less frequent of these, and says so.
func (l *lineup) near(ctx context.Context, names []*ranked, of func(*ranked) *suspect) error {
	if err := l.meet(ctx, []bout{{l.targets[:l.known], names, nearnessOfWindows}}, of); err != nil {
		return fmt.Errorf("comparing %d names with those of Windows: %w", len(names), l.room.ofLikenesses(err))
	}
	frequent := l.targets[l.known:] // by count, as they were ranked
	for n := len(frequent); n > 0; n /= 2 {
		err := l.meet(ctx, l.bouts(frequent[len(frequent)-n:], names), of)
		if !errors.Is(err, simjoin.ErrTooManyPairs) {
			if err != nil {
				return fmt.Errorf("comparing %d names with %d frequent ones: %w", len(names), n, err)
			}
			l.leftOut(len(frequent) - n)
			return nil
		}
	}
	l.leftOut(len(frequent))
	return nil
}

// bout is some targets and some names that are to be compared.
type bout struct {
	targets []target
	names   []*ranked
	edits   simjoin.Edits
}

// bouts leaves out what imitable is never true of: that a name that is not rare, and
// was seen on a host, imitates one with hardly any events, hence hosts. The frequent
// names are ordered by count.
func (l *lineup) bouts(frequent []target, names []*ranked) []bout {
	var rare, others []*ranked
	for _, n := range names {
		if n.percent < l.params.Rare || n.hostless {
			rare = append(rare, n)
		} else {
			others = append(others, n)
		}
	}
	const few = min(timesCount, timesHosts, keep+1) // hosts up to keep are not estimated
	many := sort.Search(len(frequent), func(i int) bool { return frequent[i].count >= few })
	return []bout{{frequent, rare, nearness}, {frequent[many:], others, nearness}}
}

// leftOut tells of frequent names that nothing was compared with.
func (l *lineup) leftOut(n int) {
	if n > 0 && l.notify != nil {
		l.notify(fmt.Sprintf("too many names resemble each other: %d of the frequent names that are none of Windows, the less frequent ones, were not compared with the others", n))
	}
}

// meet compares names with targets, in bouts that share no pair. On an error it
// has found nothing.
func (l *lineup) meet(ctx context.Context, bouts []bout, of func(*ranked) *suspect) error {
	all := make([][]simjoin.Pair, len(bouts))
	left := l.room.likenesses()
	for i, b := range bouts {
		targets, names := make([]string, len(b.targets)), make([]string, len(b.names))
		for i := range b.targets {
			targets[i] = b.targets[i].name
		}
		for i, n := range b.names {
			names[i] = n.name
		}
		join := simjoin.Joiner{Workers: l.workers, MaxPairs: left, Edits: b.edits}
		var err error
		if all[i], err = join.Join(ctx, targets, names, l.params.Similarity); err != nil {
			return err
		}
		left -= len(all[i])
	}
	found := 0
	for i, b := range bouts {
		found += l.keep(b, all[i], of)
		all[i] = nil
	}
	return l.room.take(found*perLikeness, "keeping the names that resemble others")
}

// keep keeps those pairs of a bout that speak against a name, and returns how many.
func (l *lineup) keep(b bout, pairs []simjoin.Pair, of func(*ranked) *suspect) (found int) {
	for _, p := range pairs {
		t, n := &b.targets[p.Left], b.names[p.Right]
		if t.name == n.name {
			continue
		}
		notebook := float64(p.Score) > l.params.Similarity && t.frequent && n.percent < l.params.Rare && n.count > 0
		near := isNear(t, n.name, p.Distance) && l.imitable(t, n)
		if notebook || near {
			s := of(n) // which has no likeness to t yet
			s.likes = append(s.likes, likeness{to: t, distance: p.Distance, score: p.Score, notebook: notebook, near: near})
			found++
		}
	}
	return found
}

// imitable reports whether n is one that may imitate t. Any name may imitate a
// Windows name. A frequent name that is none of Windows may be imitated by one that
// is rare, or seen a twentieth as often, or on a tenth of the hosts: how often an
// impostor runs on one of them is up to it.
func (l *lineup) imitable(t *target, n *ranked) bool {
	return t.known || n.percent < l.params.Rare || timesCount*n.count <= t.count || timesHosts*l.hostsWith(n) <= l.hostsWith(&t.ranked)
}

// How much more often, or on how many more hosts, a frequent name is seen than one
// that imitates it.
const (
	timesCount = 20
	timesHosts = 10
)
