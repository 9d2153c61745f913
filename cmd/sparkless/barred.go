package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/storage"
)

// Hunts read the containers of one export or of two. Where they read two, one that
// cannot be read keeps only the hunts that read it: the others go on, and the run says
// what is missing. Where they read one, there is nothing to go on with.

// several reports whether the hunts to run read more than one container.
func several(v *values) bool {
	names, err := chosen(v)
	return err == nil && slices.ContainsFunc(names, func(name string) bool { return exportOf(name) != exportOf(names[0]) })
}

// huntsOf are those of the hunts to run that read a container of the export.
func huntsOf(v *values, exported string) (hunts []string) {
	names, _ := chosen(v) // whoever makes them says what is wrong
	for _, name := range names {
		if exportOf(name) == exported {
			hunts = append(hunts, name)
		}
	}
	return hunts
}

// exportOf is the container that a hunt reads, as the export calls it.
func exportOf(hunt string) string {
	for _, k := range pursuitKinds() {
		if k.name == hunt {
			return k.reads
		}
	}
	return masquerade.Container
}

// firstExport is the container that the first of the hunts reads.
func firstExport(v *values) string {
	names, err := chosen(v)
	if err != nil {
		return masquerade.Container
	}
	return exportOf(names[0])
}

// openExport opens a container of the export. Of several one may be a folder that is
// not there, or not to be read: then bar says so, and nothing can be read from it.
func (a *app) openExport(v *values, exported string) (r storage.Reader, source string, bar, err error) {
	r, source, err = a.openInput(v, containerOf(v, exported))
	switch {
	case err == nil:
		return r, source, nil, nil
	case !several(v):
		return nil, source, nil, onlyExport(v, exported, err)
	case exported == firstExport(v) && !errors.Is(err, storage.ErrNotExist) && !errors.Is(err, storage.ErrDenied):
		return nil, source, nil, err // which is about the source of all
	case errors.Is(err, storage.ErrNotExist) || errors.Is(err, storage.ErrDenied):
		return nowhere{err}, source, barring(v, exported, err), nil
	}
	who, text := whoReads(v, exported)
	return nil, source, nil, fmt.Errorf("%s for %s: %w", text, who, err)
}

// onlyExport says what to do about a folder that cannot be read, where no other is read.
func onlyExport(v *values, exported string, err error) error {
	if len(huntsOf(v, exported)) == 0 {
		return err // and that no hunt is named is said elsewhere
	}
	who, container := whoReads(v, exported)
	switch folder := v.text("storage.folder"); {
	case errors.Is(err, storage.ErrDenied):
		return fmt.Errorf("%w; %s for %s cannot be read: put that right, or name another folder", err, container, who)
	case !errors.Is(err, storage.ErrNotExist):
		return err
	case folder != "" && !isFolder(folder):
		return fmt.Errorf("%w; %s for %s is looked for there: name the folder that it is in", err, container, who)
	}
	return fmt.Errorf("%w; %s for %s is not there: export the table that it is of, name another container, or the folder that it is in; storage.layout plain reads all files of the one that is set", err, container, who)
}

// whoReads names the hunts that read a container, and the container.
func whoReads(v *values, exported string) (who, container string) {
	hunts, key := huntsOf(v, exported), containerSetting(exported)
	who = "the hunt " + hunts[0]
	if len(hunts) > 1 {
		who = "the hunts " + strings.Join(hunts, ", ")
	}
	return who, fmt.Sprintf("the container %s (%s, %s)", address(containerOf(v, exported)), key, v.origin[key])
}

// tryExport settles how a container is laid out. Of several one may not be readable:
// then bar says so.
func (a *app) tryExport(ctx context.Context, v *values, exported string, c *job.Config, input storage.Reader) (bar, err error) {
	if several(v) {
		err = listable(ctx, input)
	}
	if err == nil {
		err = a.layOut(ctx, v, c, input)
	}
	if ctx.Err() != nil || !several(v) {
		return nil, err
	}
	if err != nil && c.Layout == storage.LayoutAuto {
		c.Layout = storage.LayoutExport // as it is most often once it is there: the queue of a hunt has a name by it
	}
	return barring(v, exported, err), nil
}

// listable asks for a first blob, or that there is none.
func listable(ctx context.Context, r storage.Reader) error {
	for _, err := range r.List(ctx, "") {
		return err
	}
	return nil
}

// barring says what to do about a container that cannot be read, for all hunts that
// read it. One that is not there has no blobs: what is found of others is there, and the
// result is partial.
func barring(v *values, exported string, err error) error {
	if err == nil {
		return nil
	}
	who, text := whoReads(v, exported)
	them := "these"
	if hunts := huntsOf(v, exported); len(hunts) == 1 {
		them = hunts[0]
	}
	leave := fmt.Sprintf("leave %s out of hunts.detect (%s)", them, v.origin["hunts.detect"])
	if !errors.Is(err, storage.ErrNotExist) {
		return barredError{fmt.Errorf("%s for %s cannot be read; put that right, or %s: %w", text, who, leave, err)}
	}
	return barredError{fmt.Errorf("%w for %s: %s is not there: export the table that it is of, name another container, or %s: %w", job.ErrNoBlobs, who, text, leave, err)}
}

// barredError says that a container cannot be read, and names it.
type barredError struct{ error }

func (e barredError) Unwrap() error { return e.error }

// inContainer names the container in an error that says that it holds nothing, where
// others are read.
func inContainer(v *values, exported string, err error) error {
	var barred barredError
	if !errors.Is(err, job.ErrNoBlobs) || errors.As(err, &barred) || !several(v) {
		return err
	}
	return fmt.Errorf("the container %s: %w", address(containerOf(v, exported)), err)
}

// nowhere stands for a container that could not be opened.
type nowhere struct{ err error }

// List implements storage.Reader.
func (n nowhere) List(context.Context, string) iter.Seq2[storage.Blob, error] {
	return func(yield func(storage.Blob, error) bool) { yield(storage.Blob{}, n.err) }
}

// Open implements storage.Reader.
func (n nowhere) Open(context.Context, storage.Blob, int64, int64) (io.ReadCloser, error) {
	return nil, n.err
}

// barred joins why hunts can read nothing.
func (h *hunt) barred() error {
	errs := []error{h.bar}
	for _, p := range h.pursuits {
		errs = append(errs, p.barred())
	}
	return join(errs...)
}

// stuck is why none of the hunts can read anything, nil if one can. Nothing comes of such
// a run, so that it is not partial.
func (h *hunt) stuck() error {
	if h.bar == nil {
		return nil
	}
	for _, p := range h.pursuits {
		if p.barred() == nil {
			return nil
		}
	}
	var all []error
	for _, err := range steps(h.barred()) {
		if errors.Is(err, job.ErrNoBlobs) {
			err = failure{err}
		}
		all = append(all, err)
	}
	return errors.Join(all...) // one error, of the settings or of the run
}

// plain reports whether plain files are read, by the first container that can be.
func (h *hunt) plain() bool {
	if h.bar == nil {
		return h.Layout == storage.LayoutPlain
	}
	for _, p := range h.pursuits {
		if p.barred() == nil {
			return p.layout() == storage.LayoutPlain
		}
	}
	return false
}
