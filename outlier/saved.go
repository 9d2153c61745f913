package outlier

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

const (
	savedFormat = "sparkless outlier model"
	// savedVersion 1: the first.
	savedVersion = 1
	// maxSaved is the most bytes of a saved model: one read takes a few times as much memory.
	maxSaved = 256 << 20
)

// ErrSaved is the kind of every error of a saved model that cannot be used:
// damaged, of another version, or with parts that do not belong together.
var ErrSaved = errors.New("unusable model file")

// Saved is what is kept of a training: the columns, what is done to them, and the
// models over them. Parts that were not trained are nil.
type Saved struct {
	Columns    []string              `json:"columns"`              // names, in the order of the models' columns
	Texts      map[string]Categories `json:"texts,omitempty"`      // of columns that were texts, by their names
	Scaler     *Scaler               `json:"scaler,omitempty"`     // of all columns
	Forest     *Forest               `json:"forest,omitempty"`     // isolation forest
	Classifier *Classifier           `json:"classifier,omitempty"` // random forest
	SVM        *OneClassSVM          `json:"svm,omitempty"`
	DoSE       *DoSE                 `json:"dose,omitempty"`
	Envelope   *Envelope             `json:"envelope,omitempty"`
}

// envelope of a file: the model as JSON, and the digest of those bytes.
type savedFile struct {
	Format  string          `json:"format"`
	Version int             `json:"version"`
	SHA256  string          `json:"sha256"`
	Model   json.RawMessage `json:"model"`
}

// Write writes s as JSON. Equal models give equal bytes. It fails for what Read
// would refuse.
func (s *Saved) Write(w io.Writer) error {
	if err := s.check(); err != nil {
		return err
	}
	model, err := json.Marshal(s)
	if err != nil {
		return err
	}
	file, err := json.Marshal(savedFile{savedFormat, savedVersion, digest(model), model})
	if err != nil {
		return err
	}
	if len(file) > maxSaved {
		return fmt.Errorf("%w: it would have %d bytes, of at most %d; train on fewer rows or trees", ErrSaved, len(file), maxSaved)
	}
	_, err = w.Write(append(file, '\n'))
	return err
}

func digest(model []byte) string {
	sum := sha256.Sum256(model)
	return hex.EncodeToString(sum[:])
}

// Read reads what Write wrote. It refuses, as ErrSaved, everything else, and takes
// memory in proportion to what it reads.
func Read(r io.Reader) (*Saved, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSaved+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxSaved {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrSaved, maxSaved)
	}
	var file savedFile
	if err := Strict(data, &file); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSaved, err)
	}
	switch {
	case file.Format != savedFormat:
		return nil, fmt.Errorf("%w: it is none", ErrSaved)
	case file.Version != savedVersion:
		return nil, fmt.Errorf("%w: of version %d, and this program reads %d; train anew", ErrSaved, file.Version, savedVersion)
	case file.SHA256 != digest(file.Model):
		return nil, fmt.Errorf("%w: damaged or changed since it was written", ErrSaved)
	}
	s := new(Saved)
	if err := Strict(file.Model, s); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSaved, err)
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	return s, nil
}

// Strict decodes data, one JSON value that was saved by this program, into what to points
// to. It refuses names that are not known, and anything behind the value.
func Strict(data []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the model")
	}
	return nil
}

// check says whether the parts are whole and belong together.
func (s *Saved) check() error {
	cols := len(s.Columns)
	seen := make(map[string]bool, cols)
	for _, name := range s.Columns {
		if seen[name] {
			return fmt.Errorf("%w: column %.100q comes twice", ErrSaved, name)
		}
		seen[name] = true
	}
	for name, c := range s.Texts {
		if err := c.check(); err != nil {
			return fmt.Errorf("%w: column %.100q: %w", ErrSaved, name, err)
		}
	}
	if cols == 0 {
		return fmt.Errorf("%w: it names no columns", ErrSaved)
	}
	for _, err := range []error{
		checkPart(s.Scaler, cols), checkPart(s.Forest, cols), checkPart(s.Classifier, cols),
		checkPart(s.SVM, cols), checkPart(s.DoSE, cols), checkPart(s.Envelope, cols),
	} {
		if err != nil {
			return fmt.Errorf("%w: %w", ErrSaved, err)
		}
	}
	return nil
}

// checkPart checks a part that is there.
func checkPart[T any, P interface {
	*T
	check(cols int) error
}](part P, cols int) error {
	if part == nil {
		return nil
	}
	return part.check(cols)
}
