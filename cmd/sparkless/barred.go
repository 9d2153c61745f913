package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"sparkless/job"
	"sparkless/storage"
)

// apart reports whether the pursuit reads a container of its own.
func (c *chase[S]) apart() bool { return containerOf(c.v, c.container()) != mainContainer(c.v) }

// open opens the container of a pursuit that has one of its own. That a folder is not
// there, or not to be read, is for barred to say, as it is of a container in an account.
func (c *chase[S]) open() (err error) {
	container := containerOf(c.v, c.container())
	if c.Input, c.Source, err = c.a.openInput(c.v, container); err == nil {
		return nil
	}
	if !errors.Is(err, storage.ErrNotExist) && !errors.Is(err, storage.ErrDenied) {
		return fmt.Errorf("the hunt %s reads the container %s (%s): %w", c.name(), address(container), containerSetting(c.container()), err)
	}
	c.Input, c.Source, c.bar = nowhere{err}, exportFolder(c.v, container), c.barring(err)
	return nil
}

// follow implements pursuit.
func (c *chase[S]) follow(ctx context.Context, h *hunt) error {
	c.AllFiles = h.AllFiles
	if !c.apart() {
		c.Layout = h.Layout
		return nil
	}
	err := listable(ctx, c.Input)
	if err == nil {
		err = c.a.layOut(ctx, c.v, &c.Config, c.Input)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.bar = c.barring(err)
	return nil
}

func (c *chase[S]) barred() error { return c.bar }

// barring says what to do about a container that cannot be read. One that is not there
// has no blobs: what is found of others is there, and the result is partial.
func (c *chase[S]) barring(err error) error {
	if err == nil {
		return nil
	}
	key := containerSetting(c.container())
	text := fmt.Sprintf("the container %s (%s, %s)", address(containerOf(c.v, c.container())), key, c.v.origin[key])
	leave := fmt.Sprintf("leave %s out of hunts.detect (%s)", c.name(), c.v.origin["hunts.detect"])
	if !errors.Is(err, storage.ErrNotExist) {
		return fmt.Errorf("%s cannot be read; put that right, or %s: %w", text, leave, err)
	}
	return fmt.Errorf("%w for the hunt %s: %s is not there: export the table that it is of, name another container, or %s: %w", job.ErrNoBlobs, c.name(), text, leave, err)
}

// listable asks for a first blob, or that there is none.
func listable(ctx context.Context, r storage.Reader) error {
	for _, err := range r.List(ctx, "") {
		return err
	}
	return nil
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
	var errs []error
	for _, p := range h.pursuits {
		if err := p.barred(); err != nil {
			errs = append(errs, inHunt(p.name(), err))
		}
	}
	return join(errs...)
}
