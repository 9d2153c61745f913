package main

import (
	"errors"
	"fmt"
	"slices"

	"sparkless/job"
	"sparkless/masquerade"
)

// emptiness says why a run has no findings, and what to check. The log, the report
// and the summary of a run say the same.
type emptiness struct {
	Cause  string `json:"cause"` // one of those below
	Text   string `json:"text"`
	Advice string `json:"advice,omitempty"`
}

// The causes, as they follow one another from the listing to the findings.
const (
	emptyNoBlobs    = "no-blobs"
	emptyNoLines    = "no-lines"
	emptyMalformed  = "malformed"
	emptyNo4688     = "no-event-4688"
	emptyOutside    = "outside-window"
	emptySuppressed = "suppressed"
	emptyBelow      = "below-min-score"
	emptyNoRanks    = "no-ranks"
	emptyNothing    = "nothing-found"
)

func (e *emptiness) String() string {
	if e.Advice == "" {
		return e.Text
	}
	return e.Text + ": " + e.Advice
}

// input reports whether it is what was read that a reader should worry about, and not
// what was made of it.
func (e *emptiness) input() bool {
	return slices.Contains([]string{emptyNoBlobs, emptyNoLines, emptyMalformed, emptyNo4688, emptyOutside}, e.Cause)
}

// whyEmpty is why the result that was finished last, or a run that failed with err and
// has none, is without findings; nil if it has some, or failed for another reason.
func (h *hunt) whyEmpty(r *job.Result[*masquerade.Counts], err error) *emptiness {
	if r == nil {
		if errors.Is(err, job.ErrNoBlobs) {
			return &emptiness{Cause: emptyNoBlobs, Text: err.Error()}
		}
		return nil
	}
	switch s := r.Stats; {
	case len(r.Records) > 0:
		return nil
	case s.Records > 0:
		return h.whyNoFindings(len(r.Suppressed))
	case s.OutsideDay > 0 && r.Export.Plain:
		return &emptiness{emptyOutside, fmt.Sprintf("none of the %s lies in the window %s", counted(s.OutsideDay, "process creation"), r.Window), elsewhen(s)}
	case s.OutsideDay > 0:
		return &emptiness{emptyOutside, fmt.Sprintf("none of the %s 4688 lies in the window %s", counted(s.OutsideDay, "event"), r.Window),
			"is the window in UTC, and are the events in the folders of their time?"}
	case s.Other > 0:
		text := "no event 4688 at all"
		if h.Fields != nil {
			text = "no " + eventsText(h.Fields) + " at all"
		}
		return &emptiness{emptyNo4688, text, h.orLooks("is process creation audited and collected?")}
	case s.Lines > 0:
		return &emptiness{emptyMalformed, fmt.Sprintf("none of the %s can be used", counted(s.Lines, "line")), h.orLooks("are these the blobs of the export?")}
	}
	return &emptiness{emptyNoLines, "there is no line in the blobs", "does the export rule name the table SecurityEvent?"}
}

// orLooks adds what was read in place of events, if that is known.
func (h *hunt) orLooks(advice string) string {
	if h.looks == "" {
		return advice
	}
	return advice + " " + h.looks
}

// whyNoFindings is why names gave no findings.
func (h *hunt) whyNoFindings(suppressed int) *emptiness {
	o, p := h.outcome, h.params
	switch {
	case suppressed > 0:
		return &emptiness{emptySuppressed, fmt.Sprintf("all findings, %d, are suppressed", suppressed), "--show-suppressed prints them, with their rules"}
	case o.Below > 0:
		return &emptiness{emptyBelow, fmt.Sprintf("something speaks against %s, and none reaches the least score of %d; the best has %d", counted(int64(o.Below), "name"), p.MinScore, o.Best),
			wouldShow(o.Best, p.MinScore)}
	case !p.Evidence && (o.Frequent == 0 || o.Rare == 0):
		return &emptiness{emptyNoRanks, fmt.Sprintf("of %s %d are frequent and %d rare, so there are none to compare", counted(int64(o.Names), "name"), o.Frequent, o.Rare),
			"is this all of the estate's events? --frequent and --rare set the percent ranks, another --profile looks at more than ranks"}
	case !p.Evidence:
		return &emptiness{emptyNothing, fmt.Sprintf("no rare name of %d resembles a frequent one of %d", o.Rare, o.Frequent), "--similarity sets how much is enough, another --profile looks at more than similarity"}
	case o.Names < fewNames:
		return &emptiness{emptyNoRanks, fmt.Sprintf("there are %s, too few to tell frequent from rare ones", counted(int64(o.Names), "name")),
			"is this all of the estate's events?"}
	}
	return &emptiness{Cause: emptyNothing, Text: fmt.Sprintf("nothing speaks against any of %s", counted(int64(o.Names), "name"))}
}

// fewNames is how many names percent ranks of 0.8 and 0.2 need to part a fifth on
// either side.
const fewNames = 5

// wouldShow says what would show a finding with that score.
func wouldShow(best, least int) string {
	advice := fmt.Sprintf("--min-score %d would show it", best)
	for _, name := range masquerade.Profiles() {
		p, err := masquerade.ParamsOf(name)
		if err == nil && p.Evidence && p.MinScore <= best && p.MinScore < least {
			return fmt.Sprintf("--profile %s or %s", name, advice)
		}
	}
	return advice
}

// logEmpty says why there are no findings.
func (a *app) logEmpty(e *emptiness, r *job.Result[*masquerade.Counts]) {
	if e == nil {
		return
	}
	attributes := append(named(r.Window), "cause", e.Cause, "other events", r.Stats.Other)
	if e.input() {
		a.log.Warn(e.String(), attributes...)
		return
	}
	a.log.Info("no findings: "+e.String(), attributes...)
}
