package logon

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"sparkless/publish/anomaly"
	"sparkless/storage/printable"
)

// forced is the row of brute force, if there is any, and the score of it.
func (a *account) forced() (worst *judged, score float64) {
	for _, j := range a.rows {
		if s := j.force(); s > score {
			worst, score = j, s
		}
	}
	return worst, score
}

// force is the score of brute force, 0 if it is none: many guesses, or guesses faster than
// people type, and, of an account with a history, more than ever. Where its days are few,
// guesses that come slowly are as likely those of a password that something kept, and are
// to stand out; a burst is told but for what two days had as well.
func (j *judged) force() float64 {
	if peak, _ := j.peak(); j.guesses < guessesOfForce && peak < guessesOfRush {
		return 0
	}
	_, burst := j.guessing().burst()
	score := max(low, scoreOfCount(j.guesses))
	switch {
	case j.usual != nil:
		if !moreThanEver(j.values[failedLogons], j.usual.high[failedLogons]) {
			return 0
		}
	case burst && j.asBefore(failedLogons):
		if j.few.n >= leastFew {
			return 0
		}
		score = unsure(score)
	case burst:
	case !j.standsOut(failedLogons, guessesOfForce, guessesOfForce):
		return 0
	default:
		score = unsure(score)
	}
	return score
}

// bruteForce is many guesses at the password of one account.
func (a *account) bruteForce() *shape {
	j, score := a.forced()
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
		score:   score,
		tactics: []string{"CredentialAccess"}, techniques: []string{"T1110.001"},
	}
}

// many is the row with the most guesses, if they are many, of an account whose days are few
// and had fewer: they need not stand out where a success follows them.
func (a *account) many() (most *judged) {
	for _, j := range a.rows {
		if j.usual == nil && j.guesses >= guessesOfForce && !j.asBefore(failedLogons) && (most == nil || j.guesses > most.guesses) {
			most = j
		}
	}
	return most
}

// guessed is a logon that succeeded after many guesses, from the same source.
func (a *account) guessed() *shape {
	j, _ := a.forced()
	if j == nil {
		j = a.many()
	}
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
	from := a.brokenFrom(j)
	if from == "" {
		return nil
	}
	score := 1 - 0.6*(1-scoreOfCount(j.guesses)) // 0.7 at ten
	if j.asBefore(failedLogons) {
		score = unsure(score)
	}
	return &shape{
		reason: anomaly.Reason{Name: "success-after-failures", Value: fmt.Sprintf("%d wrong passwords, then a logon", j.guesses), Usual: j.usually(failedLogons),
			Why: fmt.Sprintf("a logon from %s succeeded after the first of %d wrong passwords", printable.Text(from), j.guesses)},
		score:   score,
		tactics: []string{"CredentialAccess", "InitialAccess"}, techniques: []string{"T1110.001", "T1078"},
	}
}

// brokenFrom is the source that many guesses at the account came from, and a success that
// has to do with them: the first from there, closely after a run of guesses; or any, after
// a burst.
func (a *account) brokenFrom(j *judged) string {
	_, burst := j.guessing().burst()
	for _, s := range a.sources {
		if t := s.kept(users).find(shortened(a.name())); t.failed < guessesOfRun || t.ok == 0 {
			continue
		}
		g := s.guessing()
		from, too := g.burst()
		if g.before(s.okSpan.first) || burst && too && s.okSpan.last >= midnight(s.day)+int64(from) {
			return s.source
		}
	}
	return ""
}

// midnight is when a day begins.
func midnight(day int32) int64 { return int64(day) * int64(24*time.Hour) }

// guessing is when guesses were made.
type guessing struct {
	in   []minuteOfGuesses // in order
	kept int64             // guesses in these
	all  int64
}

// minuteOfGuesses is a minute of the day, and how many guesses came in it.
type minuteOfGuesses struct{ minute, guesses int64 }

func (r *row) guessing() guessing {
	kept := r.kept(minutes)
	g := guessing{all: r.guesses}
	for _, i := range kept.items {
		if minute, ok := minuteIn(kept.texts.at(i.ref)); ok && i.failed > 0 {
			g.in = append(g.in, minuteOfGuesses{minute, i.failed})
			g.kept += i.failed
		}
	}
	slices.SortFunc(g.in, func(a, b minuteOfGuesses) int { return cmp.Compare(a.minute, b.minute) })
	return g
}

// estimate is how many guesses there are where so many are in the minutes that are kept.
func (g guessing) estimate(kept int64) int64 {
	if g.kept == 0 || g.all <= g.kept {
		return kept
	}
	return int64(float64(kept) * float64(g.all) / float64(g.kept))
}

// minuteIn reads a minute as minuteOf writes it.
func minuteIn(text []byte) (int64, bool) {
	if len(text) != len("12:49") {
		return 0, false
	}
	hour, err := strconv.ParseUint(string(text[:2]), 10, 8)
	minute, wrong := strconv.ParseUint(string(text[3:]), 10, 8)
	return int64(60*hour + minute), err == nil && wrong == nil
}

// densest is how many guesses there are within an hour, at most, and when that begins.
func (g guessing) densest() (guesses, from int64) {
	sum, first := int64(0), 0
	for _, at := range g.in {
		sum += at.guesses
		for ; g.in[first].minute <= at.minute-60; first++ {
			sum -= g.in[first].guesses
		}
		if sum > guesses {
			guesses, from = sum, g.in[first].minute
		}
	}
	return g.estimate(guesses), from
}

// burst reports whether so many guesses came within a minute, or an hour, that somebody
// guesses, and when that began, as a time of the day.
func (g guessing) burst() (from time.Duration, ok bool) {
	for _, at := range g.in {
		if at.guesses >= guessesOfRush {
			return time.Duration(at.minute) * time.Minute, true
		}
	}
	most, minute := g.densest()
	return time.Duration(minute) * time.Minute, most >= guessesOfForce
}

// before reports whether a run of guesses came in the hour before a time on their day.
func (g guessing) before(at int64) bool {
	minute, sum := at/int64(time.Minute)%(24*60), int64(0)
	for _, g := range g.in {
		if g.minute <= minute && g.minute > minute-60 {
			sum += g.guesses
		}
	}
	return g.estimate(sum) >= guessesOfRun
}
