package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"sparkless/storage"
	"sparkless/storage/event"
)

// ErrNoPlan means that no plan of that name is kept.
var ErrNoPlan = errors.New("no plan")

// namedVersion is that of the object that refers to a plan by a name.
//
// History: 1, the first.
const namedVersion = 1

// named refers to a frozen plan. It is runs/<scope>/<detector>/<day>/named/<name>.json.
type named struct {
	Version int    `json:"version"`
	Frozen  Frozen `json:"frozen"`
}

// CheckPlanName refuses what cannot name a plan.
func CheckPlanName(name string) error {
	const longest = 100
	if len(name) > longest || !regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*$`).MatchString(name) {
		return fmt.Errorf("%q is no name of a plan: 1 to %d letters, digits, '-', '_' or '.', not '.' first", name, longest)
	}
	return nil
}

// FreezeAs freezes the plan of a window under a name, unless one is kept under that name
// already: whoever comes first with a name decides what all that say it work on. The
// plan stays the same, whatever comes late.
func (h *Hunt[S]) FreezeAs(ctx context.Context, w event.Window, name string) (Frozen, error) {
	f, err := h.FrozenAs(ctx, w, name)
	if !errors.Is(err, ErrNoPlan) {
		return f, err
	}
	if f, err = h.Freeze(ctx, w); err != nil {
		return Frozen{}, err
	}
	text, err := json.Marshal(named{namedVersion, f})
	if err != nil {
		return Frozen{}, fmt.Errorf("keeping the plan %s: %w", name, err)
	}
	// The first to come counts. One that is damaged is for a person to see to: others
	// may have begun with what it was.
	if _, err = h.create(ctx, h.namedPlan(w, name), text, func([]byte) error { return nil }); err != nil {
		return Frozen{}, err
	}
	return h.FrozenAs(ctx, w, name)
}

// FrozenAs is the plan of a window that is kept under a name, or ErrNoPlan. One that
// other code or other settings have frozen is an error.
func (h *Hunt[S]) FrozenAs(ctx context.Context, w event.Window, name string) (Frozen, error) {
	w, err := checked(w)
	if err == nil {
		err = CheckPlanName(name)
	}
	if err != nil {
		return Frozen{}, err
	}
	object := h.namedPlan(w, name)
	text, err := storage.ReadAll(ctx, h.Work, object)
	if errors.Is(err, storage.ErrNotExist) {
		return Frozen{}, fmt.Errorf("%w %s of %s", ErrNoPlan, name, w)
	}
	if err != nil {
		return Frozen{}, fmt.Errorf("reading from the work store: %w", err)
	}
	f, err := readNamed(object, text)
	if err != nil {
		return Frozen{}, err
	}
	if _, err := h.thaw(ctx, f); err != nil {
		return Frozen{}, fmt.Errorf("the plan %s of %s was frozen by another version of the program or with other settings, or is gone: choose another name: %w", name, w, err)
	}
	return f, nil
}

func (h *Hunt[S]) namedPlan(w event.Window, name string) string {
	return h.inRun(Frozen{Window: w.Label(), Run: "named"}, name+".json")
}

func readNamed(object string, text []byte) (Frozen, error) {
	var n named
	err := json.Unmarshal(text, &n)
	if err == nil && n.Version != namedVersion {
		err = fmt.Errorf("it is of version %d, and this program knows %d", n.Version, namedVersion)
	}
	if err != nil {
		return Frozen{}, fmt.Errorf("%w: %s: %w", ErrDamaged, object, err)
	}
	return n.Frozen, nil
}

// Pieces are those pieces of a frozen plan that are in the work store, one for each
// batch, in order, and the numbers of the batches that have none, or a damaged one.
func (h *Hunt[S]) Pieces(ctx context.Context, f Frozen) (found []Piece, missing []int, err error) {
	h = h.apart()
	t, err := h.thaw(ctx, f)
	if err != nil {
		return nil, nil, err
	}
	for number := range t.batches[:f.Batches] {
		plan, piece := t.batch(number)
		p, err := h.keptPiece(ctx, h.pieceName(f, number), plan.Key, piece)
		switch {
		case errors.Is(err, errNoFile):
			missing = append(missing, number)
		case err != nil:
			return nil, nil, err
		default:
			found = append(found, p)
		}
	}
	return found, missing, nil
}

// MergeAll merges all pieces of a frozen plan to one, MaxPieces at a time. Of no piece,
// as where the profile covers the plan, it makes the zero Piece.
func (h *Hunt[S]) MergeAll(ctx context.Context, f Frozen, pieces []Piece) (Piece, error) {
	for len(pieces) > 1 {
		var merged []Piece
		for len(pieces) > 0 {
			some := pieces[:min(MaxPieces, len(pieces))]
			one := some[0]
			if len(some) > 1 {
				var err error
				if one, err = h.MergePieces(ctx, f, some); err != nil {
					return Piece{}, err
				}
			}
			merged, pieces = append(merged, one), pieces[len(some):]
		}
		pieces = merged
	}
	if len(pieces) == 0 {
		return Piece{}, nil
	}
	return pieces[0], nil
}
