package logon

import (
	"fmt"
	"math"

	"sparkless/publish/anomaly"
	"sparkless/storage/printable"
)

// shape is a form of attack that a day has.
type shape struct {
	reason     anomaly.Reason
	score      float64
	tactics    []string
	techniques []string
	whole      bool // the words of the reason say what is usual
}

// notKnown is in the place of what is usual where nothing is known to compare with.
const notKnown = "not known"

const (
	guessesOfForce = 10 // wrong passwords on a day, from which they may be brute force
	guessesOfRush  = 5  // within a minute of the clock, faster than people type
	guessesOfRun   = 5  // of a source, within the hour before its first success
	usersOfSpray   = 5  // with failures from one source on a day
	fewEach        = 5  // guesses a user of spraying, at most, in the mean
	breadth        = 10 // computers
	breadthAlone   = 20 // of an account that nothing is known to compare with
)

// scoreOfCount is the score of so many of something of which ten are worth a look: 0.5
// at ten, 0.75 at a hundred, 0.875 at a thousand.
func scoreOfCount(n int64) float64 {
	return 1 - math.Pow(float64(n)/10, -math.Log10(2))/2
}

// account is all that is known of an account on a day.
type account struct {
	rows    []*judged // by logon type
	sources []*row    // that it failed from, the most failures first
}

func (a *account) name() string { return accountName(a.rows[0].domain, a.rows[0].user) }

// sum adds up numbers of the rows.
func (a *account) sum(of func(*row) int64) (n int64) {
	for _, j := range a.rows {
		n += of(j.row)
	}
	return n
}

// from names the sources of the failures.
func (a *account) from() string {
	switch len(a.sources) {
	case 0:
		return "an unknown source"
	case 1:
		return printable.Text(a.sources[0].source)
	}
	return fmt.Sprintf("%s and %s", printable.Text(a.sources[0].source), counted(len(a.sources)-1, "other source"))
}

// spread is logons to unusually many computers, as somebody who moves on makes.
func (a *account) spread() *shape {
	var best *shape
	for _, j := range a.rows {
		if j.logonType != network && j.logonType != remoteInteractive {
			continue
		}
		n, score := int64(j.values[computersAccessed]), float64(0)
		switch {
		case n < breadth:
		case j.usual != nil:
			score = scoreOf(j.z[computersAccessed])
		case j.standsOut(computersAccessed, breadth, breadthAlone):
			score = unsure(medium)
		}
		if score < low || best != nil && best.score >= score {
			continue
		}
		best = &shape{
			reason: anomaly.Reason{Name: "many-computers", Value: counted(int(n), "computer"), Usual: j.usually(computersAccessed),
				Why: fmt.Sprintf("logons to %d computers (%s)", n, typeName(j.logonType))},
			score: score, tactics: []string{"LateralMovement"}, techniques: []string{techniqueOf(j.logonType)},
		}
	}
	return best
}

// techniqueOf is remote services, or the one that the logon type tells.
func techniqueOf(logonType int16) string {
	if logonType == remoteInteractive {
		return "T1021.001"
	}
	return "T1021"
}

// sprayed is one source that tried few passwords at each of many users, nil if the row
// of a source is not like that. Usual is what the source did on other days, and others is
// what other sources did; either may be nil.
func sprayed(r *row, usual *baseline, others *others) *shape {
	failing := r.kept(users).failing()
	all, _ := r.kept(users).distinct()
	if failing < usersOfSpray || 2*failing <= all || r.guesses > fewEach*failing || 2*r.guesses < r.failed {
		return nil
	}
	var told []string
	if usual != nil {
		if !moreThanEver(float64(failing), usual.high[failingUsers]) {
			return nil
		}
		told = append(told, usual.usual(failingUsers))
	} else if others != nil {
		told = append(told, others.usual(float64(failing), "source"))
	}
	score := scoreOfCount(failing)
	peak, minute := r.peak()
	if peak >= guessesOfRush {
		score = max(score, medium)
	}
	why := fmt.Sprintf("%d wrong passwords for %d users, up to %d in a minute (%s UTC)", r.guesses, failing, peak, minute)
	if r.unknown > 0 {
		why += fmt.Sprintf("; %d were for users that there are not", r.unknown)
	}
	return &shape{
		reason: anomaly.Reason{Name: "password-spraying", Value: fmt.Sprintf("%d users", failing), Usual: orNotKnown(told), Why: why},
		score:  score, tactics: []string{"CredentialAccess"}, techniques: []string{"T1110.003"},
	}
}
