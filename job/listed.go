package job

import (
	"sparkless/storage"
)

// Listed is what the listing of a day gave, as far as its profile keeps it: what was
// there to be read.
type Listed struct {
	Workspaces []string           `json:"workspaces,omitempty"` // as Export.Workspaces
	Blobs      int                `json:"blobs"`
	Bytes      int64              `json:"bytes"` // as stored
	Shards     int                `json:"shards"`
	Coverage   []storage.Coverage `json:"coverage,omitempty"` // by workspace and hour
}

func listingOf(e storage.Export, p Plan) *Listed {
	return &Listed{Workspaces: e.Workspaces, Blobs: len(e.Blobs), Bytes: p.Bytes, Shards: len(p.Shards), Coverage: e.Coverage()}
}

// list brings a listing into the result, nil if none is known.
func (r *Result[S]) list(l *Listed) {
	r.Listed = l
	if l != nil {
		r.Shards, r.Bytes = l.Shards, l.Bytes
	}
}
