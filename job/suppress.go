package job

import "fmt"

// suppress parts the findings that are to be kept quiet from the others. None may
// get lost between the two.
func (h *Hunt[S]) suppress(r *Result[S]) (err error) {
	if h.Suppress == nil {
		return nil
	}
	found := len(r.Records)
	r.Records, r.Suppressed, err = h.Suppress(r.Records)
	if err != nil {
		return fmt.Errorf("suppressing findings: %w", err)
	}
	if n := len(r.Records) + len(r.Suppressed); n != found {
		return fmt.Errorf("suppressing findings made %d of %d", n, found)
	}
	return nil
}
