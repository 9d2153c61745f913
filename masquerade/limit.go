package masquerade

import (
	"errors"
	"fmt"

	"sparkless/masquerade/simjoin"
	"sparkless/publish"
)

// LimitError means that more memory would be needed than Detector.Limit allows.
type LimitError struct {
	Doing       string // what it is for
	Need, Limit int64  // bytes, with those of the day's counts
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%s takes %d MiB of memory or more, and %d MiB are allowed", e.Doing, e.Need>>20, e.Limit>>20)
}

// Memory returns how many bytes would be needed, at least, and how many are
// allowed.
func (e *LimitError) Memory() (need, limit int64) { return e.Need, e.Limit }

// Limit bounds the memory that Finish and SelfTest may use together with the
// day's counts and what becomes of the findings until they are delivered; 0 sets
// no bound. It is to be called before anything else.
func (d *Detector) Limit(bytes int64) { d.limit = bytes }

// What finishing takes, in bytes, as measured with a million names: for each name,
// with its text twice, ranks and all that the join keeps; for each pair what the
// join keeps; and of each record, which the outbox, a sink's file and the encoders
// of both hold in turn and partly together, its size that many times.
const (
	finishPerName   = 150
	selfTestPerName = 120
	perPair         = 60
	perLikeness     = 300 // of a suspect, with one name that it resembles
	perRecord       = 1000
	recordCopies    = 5
	leastRecord     = 600 // no finding's JSON is shorter
)

// room is the memory that is left, without a bound if limit is 0.
type room struct{ left, limit int64 }

// roomFor returns what is left when all names are compared.
func (d *Detector) roomFor(day *Counts, perName int) (*room, error) {
	r := &room{d.limit, d.limit}
	need := day.Size() + day.Names()*perName + 2*day.names.bytes
	return r, r.take(need, fmt.Sprintf("comparing %d process names", day.Names()))
}

// take uses bytes up.
func (r *room) take(bytes int, doing string) error {
	if r.left -= int64(bytes); r.left < 0 && r.limit > 0 {
		return &LimitError{doing, r.limit - r.left, r.limit}
	}
	return nil
}

// pairs is how many can become records.
func (r *room) pairs() int {
	if r.limit == 0 {
		return simjoin.MaxPairs
	}
	return int(min(r.left/leastCost, simjoin.MaxPairs))
}

const leastCost = perPair + perRecord + recordCopies*leastRecord

// ofPairs says that memory lacks where a join found more pairs than there is room
// for.
func (r *room) ofPairs(err error) error {
	if n := r.pairs(); errors.Is(err, simjoin.ErrTooManyPairs) && n < simjoin.MaxPairs {
		return fmt.Errorf("%w (or raise masquerade.similarity)", r.findings(n+1))
	}
	return err
}

// findings reports that there is no room for so many findings, if there is none.
func (r *room) findings(n int) error {
	most := r.pairs()
	if n <= most || r.limit == 0 {
		return nil
	}
	return &LimitError{fmt.Sprintf("keeping more than %d findings", most), r.limit - r.left + int64(most+1)*leastCost, r.limit}
}

// likenesses is how many pairs of names may be compared more closely.
func (r *room) likenesses() int {
	if r.limit == 0 {
		return simjoin.MaxPairs
	}
	return int(min(max(r.left, 0)/(perPair+perLikeness), simjoin.MaxPairs))
}

// ofLikenesses says that memory lacks where a join found more pairs than that.
func (r *room) ofLikenesses(err error) error {
	if n := r.likenesses(); errors.Is(err, simjoin.ErrTooManyPairs) && n < simjoin.MaxPairs {
		doing := fmt.Sprintf("keeping more than %d names that resemble others", n)
		return &LimitError{doing, r.limit - r.left + int64(n+1)*(perPair+perLikeness), r.limit}
	}
	return err
}

// recordCost is what a record takes until it is delivered.
func recordCost(r publish.Record) int { return perPair + perRecord + recordCopies*len(r.Body) }
