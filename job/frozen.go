package job

// Ref refers to one object of the work store by its content. It is what an engine on
// many machines hands around in place of data.
type Ref struct {
	Object string `json:"object"` // its name
	SHA256 string `json:"sha256"` // of its content, in hexadecimal digits
	Size   int64  `json:"size"`   // of it, in bytes
}

// An engine on many machines takes the same steps as Hunt.Window: Freeze, FoldBatch for
// each batch, MergePieces until one is left, Conclude. What they hand on is an object
// below runs/<scope>/<detector>/<day>/<run> in the work store:
//
//	plan.json                    what is read
//	part-<batch>.parquet         the state of a batch
//	merge-<first>-<last>.parquet the state of the batches first to last-1
//	result-<digest>.json         what it came to
//
// Each is created once. Whoever comes second with the same takes the one that is there.

// Frozen refers to a plan that is kept in the work store: exactly what a run on many
// machines reads, cut into batches, each of which is a task for one of them.
type Frozen struct {
	// Run names the run: a digest of the plan, of the settings and of the code. It is
	// the folder of the run below runs/<scope>/<detector>/<day>.
	Run     string `json:"run"`
	Plan    Ref    `json:"plan"`
	Window  string `json:"window"` // its label
	Batches int    `json:"batches"`
	Shards  int    `json:"shards"`
	Blobs   int    `json:"blobs"`
	Bytes   int64  `json:"bytes"` // of all blobs, as stored
	// Known says that the profile of the window covers the plan already: there is
	// nothing to fold, Batches is 0, and Conclude takes the zero Piece.
	Known bool `json:"known,omitempty"`
	// Before is the key of the profile that was there before the listing, if it is of
	// other blobs. Conclude takes the place of that one; of one that was kept since only
	// if the export still is as it was planned.
	Before string `json:"before,omitempty"`
}

// Piece refers to the merged state of the batches First to Last-1 of a frozen plan.
type Piece struct {
	Ref
	First int `json:"first"`
	Last  int `json:"last"`
	// What it took, for whoever watches; of pieces that are merged the sum.
	Shards  int   `json:"shards"`
	Bytes   int64 `json:"bytes"`            // of these batches, as stored
	Reused  int   `json:"reused,omitempty"` // of Shards, those that an earlier fold had read
	Read    int64 `json:"read"`             // of Bytes, those that were read for it
	Lines   int64 `json:"lines"`
	Records int64 `json:"records"` // events that the detector was given
}

// Beat is how far a fold of a batch is.
type Beat struct {
	Batch  int   `json:"batch"`
	Shards int   `json:"shards"` // done
	Bytes  int64 `json:"bytes"`  // read, or known from an earlier fold
	Lines  int64 `json:"lines"`
}

// Conclusion refers to what a run on many machines came to.
type Conclusion struct {
	Ref
	// Kind says how it ended, as KindOf of its error does: "" if all went well.
	Kind string `json:"kind,omitempty"`
	// By is who concluded it, as Config.Identity of that process has it.
	By       string `json:"by,omitempty"`
	Findings int    `json:"findings"`
}
