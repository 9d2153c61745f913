package logon

import "strings"

// leastFew is how many days tell something of what is usual: a number that came twice is no
// accident.
const leastFew = 2

// moreThanEver reports whether a number is half as large again as the highest one before.
func moreThanEver(v, highest float64) bool { return v > 1.5*highest }

// asBefore reports whether the account's few days had such a number, too.
func (j *judged) asBefore(f int) bool {
	return j.few != nil && !moreThanEver(j.values[f], j.few.high[f])
}

// standsOut reports whether a number is worth telling of an account whose own days are few.
// It is to be more than on these. If they are two and it is three times as much, and not
// small either, that is enough; else it is to be more than of nearly all others, so that no
// more than three of an estate stand out. Where there are no others, alone is enough.
func (j *judged) standsOut(f int, least, alone float64) bool {
	v := j.values[f]
	if j.few != nil {
		if j.asBefore(f) {
			return false
		}
		if j.few.n >= leastFew && v > 3*max(j.few.high[f], least) {
			return true
		}
	}
	if j.others == nil {
		return v >= alone
	}
	return moreThanEver(v, j.others[f].third.without(v))
}

// unsure is the score of what stands out where little is known: of a severity of Low.
func unsure(score float64) float64 { return min(score, medium-0.01) }

// usually says what a number is else: on the account's own days if these are enough, and
// else on the few, and of others.
func (j *judged) usually(f int) string {
	if j.usual != nil {
		return j.usual.usual(f)
	}
	var told []string
	if j.few != nil {
		told = append(told, j.few.usual(f))
	}
	if j.others != nil {
		told = append(told, j.others[f].usual(j.values[f], "account"))
	}
	return orNotKnown(told)
}

func orNotKnown(told []string) string {
	if len(told) == 0 {
		return notKnown
	}
	return strings.Join(told, ", ")
}
