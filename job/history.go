package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"sparkless/storage"
	"sparkless/storage/event"
)

// Remembering is what a Detector offers that looks back on earlier days. Without
// it no profile of another day is read, and Finish gets New's value as history.
type Remembering[S any] interface {
	// Past returns the state of no earlier days, beside the state of the day that
	// is finished. The profiles of earlier days are decoded into such states, each
	// into one of its own, and these are merged. It need keep no more than Finish
	// asks of earlier days, and should keep less: of a Sizer the Size stays what it
	// is at first, however many days are merged. Pasts of the same day are used by
	// several goroutines at a time, while nobody uses the day itself. They are
	// neither added to nor encoded.
	Past(day S) S
}

// History says which earlier days a result looks back on. Those on which nothing
// was run are in neither list. A day of partial input counts as it was read.
type History struct {
	// Days are those whose profiles were read, in order.
	Days []time.Time
	// Left are those whose profiles are there and cannot be used, in order.
	Left []LeftOut
}

// LeftOut is a day that a history is without, and why.
type LeftOut struct {
	Day    time.Time
	Reason string
}

// historyReaders is how many profiles are read at a time at most: over the network
// one after the other takes long, and each takes memory.
const historyReaders = 4

// pastRatio is how much memory reading a profile takes beside its Past, by the size
// of its file: the file, and what is decoded of it at a time.
const pastRatio = 2

// profile is one that the work store holds of an earlier day.
type profile struct {
	date time.Time
	blob storage.Blob
}

// lookBack brings what the kept profiles of Config.History days before know into r.
// It reads no export. A profile that is damaged, of another format, or too large
// for the memory that there is, is left out, and r says so; a work store that
// fails is an error.
func (h *Hunt[S]) lookBack(ctx context.Context, r *Result[S]) error {
	r.Past = h.Detector.New()
	detector, ok := h.Detector.(Remembering[S])
	if !ok || h.History == 0 {
		return nil
	}
	profiles, err := h.profilesBefore(ctx, r.Date)
	if err != nil || len(profiles) == 0 {
		return err
	}
	past := detector.Past(r.Day)
	memory := h.budget.open(past)
	if errors.Is(memory.update(), ErrMemory) {
		memory.close()
		for _, p := range profiles {
			r.History.Left = append(r.History.Left, LeftOut{p.date, tooLarge})
		}
		return nil
	}
	reasons, err := h.mergePast(ctx, profiles, past, func() S { return detector.Past(r.Day) })
	if err == nil {
		err = memory.update()
	}
	if errors.Is(err, ErrMemory) {
		err = fmt.Errorf("looking back on %d days, which job.history sets lower: %w", len(profiles), err)
	}
	if err != nil {
		return err
	}
	r.Past = past
	for i, p := range profiles {
		if reasons[i] == "" {
			r.History.Days = append(r.History.Days, p.date)
		} else {
			r.History.Left = append(r.History.Left, LeftOut{p.date, reasons[i]})
		}
	}
	return nil
}

const tooLarge = "there is not enough memory for it beside the day (job.memory)"

// profilesBefore lists the profiles of Config.History days before date, in order.
func (h *Hunt[S]) profilesBefore(ctx context.Context, date time.Time) ([]profile, error) {
	days := map[string]time.Time{} // by the name of the profile
	for back := range h.History {
		d := date.AddDate(0, 0, -1-back)
		days[h.profileName(event.Day(d))] = d
	}
	var found []profile
	prefix := commonPrefix(h.profileName(event.Day(date.AddDate(0, 0, -h.History))), h.profileName(event.Day(date.AddDate(0, 0, -1))))
	for b, err := range h.Work.List(ctx, prefix) {
		if err != nil {
			return nil, fmt.Errorf("looking for the profiles of earlier days: %w", err)
		}
		if d, ok := days[b.Name]; ok {
			found = append(found, profile{d, b})
		}
	}
	slices.SortFunc(found, func(a, b profile) int { return a.date.Compare(b.date) })
	return found, nil
}

func commonPrefix(a, b string) string {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// mergePast merges the profiles into past. It returns why one cannot be used, or
// "", of each.
func (h *Hunt[S]) mergePast(ctx context.Context, profiles []profile, past S, fresh func() S) ([]string, error) {
	reasons := make([]string, len(profiles))
	size := int64(0)
	if s, ok := any(past).(Sizer); ok {
		size = int64(s.Size())
	}
	var mu sync.Mutex
	err := Local(min(h.Workers, historyReaders)).Run(ctx, len(profiles), func(ctx context.Context, i int) error {
		b := profiles[i].blob
		err := h.budget.lend(pastRatio*b.Size+size, func() error {
			one := fresh()
			if err := h.decodeProfile(ctx, b, one); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			past.Merge(one)
			return nil
		})
		switch {
		case errors.Is(err, ErrMemory):
			reasons[i] = tooLarge
		case errors.Is(err, errNoFile):
			reasons[i] = strings.TrimPrefix(err.Error(), errNoFile.Error()+": ")
		default:
			return err
		}
		return nil
	})
	return reasons, err
}

// decodeProfile reads the profile into state, also one that another run replaces
// meanwhile.
func (h *Hunt[S]) decodeProfile(ctx context.Context, b storage.Blob, state S) error {
	for left := attempts; ; left-- {
		_, err := h.decode(ctx, b, state)
		if !errors.Is(err, storage.ErrChanged) || left == 1 {
			return err
		}
		now, err := storage.Find(ctx, h.Work, b.Name)
		if err != nil {
			return unread(err)
		}
		b = now
	}
}
