package masquerade

// Outcome is what Finish looked at, and what it left out.
type Outcome struct {
	Names    int // distinct names
	Frequent int // of them, by percent rank
	Rare     int
	Suspects int // names that something speaks against; the notebook's rule knows none
	Below    int // suspects whose score is below Params.MinScore
	Best     int // the highest score of these
}

// Observe has f told what came out of Finish, each time before Finish returns its
// findings. It is to be called before anything else.
func (d *Detector) Observe(f func(Outcome)) { d.observe = f }

// count notes how many names there are to compare.
func (o *Outcome) count(names []ranked, p Params) {
	o.Names = len(names)
	for i := range names {
		if names[i].percent >= p.Frequent {
			o.Frequent++
		}
		if names[i].percent < p.Rare {
			o.Rare++
		}
	}
}

// note counts a suspect that something speaks against.
func (o *Outcome) note(score, least int) {
	o.Suspects++
	if score < least {
		o.Below++
		o.Best = max(o.Best, score)
	}
}
