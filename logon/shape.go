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
}

const (
	guessesOfForce = 10 // wrong passwords on a day, from which they may be brute force
	guessesOfRush  = 5  // within a minute of the clock, faster than people type
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

// forced is the row of brute force, if there is any: many guesses, or guesses faster than
// people type, and, of an account with a history, more than ever.
func (a *account) forced() *judged {
	var worst *judged
	for _, j := range a.rows {
		peak, _ := j.peak()
		many := j.guesses >= guessesOfForce || peak >= guessesOfRush
		ever := j.usual != nil && !j.usual.peers && float64(j.failed) <= 1.5*j.usual.high[failedLogons]
		if many && !ever && (worst == nil || j.guesses > worst.guesses) {
			worst = j
		}
	}
	return worst
}

// bruteForce is many guesses at the password of one account.
func (a *account) bruteForce() *shape {
	j := a.forced()
	if j == nil {
		return nil
	}
	peak, minute := j.peak()
	why := fmt.Sprintf("%d wrong passwords, up to %d in a minute (%s UTC), from %s", j.guesses, peak, minute, a.from())
	if j.unknown == j.guesses {
		why += "; there is no such user"
	}
	return &shape{
		reason:  anomaly.Reason{Name: "brute-force", Value: fmt.Sprintf("%d wrong passwords", j.guesses), Usual: j.usually(failedLogons), Why: why},
		score:   max(low, scoreOfCount(j.guesses)),
		tactics: []string{"CredentialAccess"}, techniques: []string{"T1110.001"},
	}
}

// guessed is a logon that succeeded after brute force, from the same source.
func (a *account) guessed() *shape {
	j := a.forced()
	if j == nil {
		return nil
	}
	last, first := never.last, j.failSpan.first
	for _, other := range a.rows {
		last = max(last, other.okSpan.last)
	}
	if last <= first {
		return nil
	}
	from := a.brokenFrom()
	if from == "" {
		return nil
	}
	return &shape{
		reason: anomaly.Reason{Name: "success-after-failures", Value: fmt.Sprintf("%d wrong passwords, then a logon", j.guesses),
			Why: fmt.Sprintf("a logon from %s succeeded after the first of %d wrong passwords", printable.Text(from), j.guesses)},
		score:   1 - 0.6*(1-scoreOfCount(j.guesses)), // 0.7 at ten
		tactics: []string{"CredentialAccess", "InitialAccess"}, techniques: []string{"T1110.001", "T1078"},
	}
}

// brokenFrom is the source that many guesses at the account came from, and a success.
func (a *account) brokenFrom() string {
	for _, s := range a.sources {
		if t := s.kept(users).find(shortened(a.name())); t.failed >= guessesOfRush && t.ok > 0 {
			return s.source
		}
	}
	return ""
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
		case j.usual == nil && n >= breadthAlone:
			score = medium
		case j.usual != nil && n >= breadth:
			score = scoreOf(j.z[computersAccessed])
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

// usually says what a number is else, "" where that is not known.
func (j *judged) usually(f int) string {
	if j.usual == nil {
		return ""
	}
	return j.usual.usual(f)
}

// sprayed is one source that tried few passwords at each of many users, nil if the row
// of a source is not like that. Usual is what the source did on other days, or nil.
func sprayed(r *row, usual *baseline) *shape {
	failing := r.kept(users).failing()
	all, _ := r.kept(users).distinct()
	if failing < usersOfSpray || 2*failing <= all || r.guesses > fewEach*failing || 2*r.guesses < r.failed {
		return nil
	}
	told := ""
	if usual != nil {
		if float64(failing) <= 1.5*usual.high[failingUsers] {
			return nil
		}
		told = usual.usual(failingUsers)
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
		reason: anomaly.Reason{Name: "password-spraying", Value: fmt.Sprintf("%d users", failing), Usual: told, Why: why},
		score:  score, tactics: []string{"CredentialAccess"}, techniques: []string{"T1110.003"},
	}
}
