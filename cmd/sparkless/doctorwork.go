package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sparkless/cmd/sparkless/doctor"
	"sparkless/storage"
	"sparkless/storage/azure"
	"sparkless/storage/local"
)

// workStore puts a probe there, reads it, locks it and takes it away.
func (x *exam) workStore(ctx context.Context) doctor.Finding {
	if x.draft.work.folder != "" {
		return x.workFolder(ctx)
	}
	s, err := azure.New(azureConfig(x.v, x.draft.work.container))
	if err != nil {
		return doctor.Fail(usageError{fmt.Errorf("work.container: %w", err)})
	}
	defer s.Close()
	scope := x.draft.work.container
	sign := x.signIn.Signature
	keeps := sign != nil && sign.Lacks("d") != "" // which a run never does
	text, err := probe(ctx, storage.RetryStore(s, briefly()), probeName(keeps), keeps)
	role := "Storage Blob Data Contributor"
	create := fmt.Sprintf("az storage container create --account-name %s --name %s --auth-mode login", shellWord(x.signIn.Account), x.draft.work.container)
	switch {
	case errors.Is(err, storage.ErrNotExist):
		return doctor.Warn(fmt.Sprintf("the container %s is not there yet, so nothing was written to it: the first run makes it, for which it needs the right to make containers in the account", x.draft.work.container), create)
	case err != nil && sign != nil && !sign.Account:
		return doctor.Fail(err, "the signature is for one container, and the work store is another: "+x.newSignature(), "or keep the work store on this machine: work.folder (--work-folder)")
	case err != nil:
		advice := x.accessAdvice(ctx, err, scope, role, "rlcw")
		return doctor.Fail(fmt.Errorf("work.container: %w", err), append(advice, "or keep the work store on this machine: work.folder (--work-folder)")...)
	}
	return doctor.Pass("%s: %s", s.URL(), text)
}

func (x *exam) workFolder(ctx context.Context) doctor.Finding {
	folder, missing, err := existing(x.draft.work.folder)
	if err != nil {
		return doctor.Fail(fmt.Errorf("work.folder (%s): %w", x.v.origin["work.folder"], err))
	}
	s, err := local.New(local.Config{Folder: folder})
	if err != nil {
		return doctor.Fail(fmt.Errorf("work.folder (%s): %w", x.v.origin["work.folder"], err))
	}
	defer s.Close()
	text, err := probe(ctx, s, probeName(false), false)
	if err != nil {
		return doctor.Fail(fmt.Errorf("work.folder (%s): %w", x.v.origin["work.folder"], err), "give this user the right to write there, or name another folder: work.folder (--work-folder)")
	}
	if missing {
		return doctor.Pass("%s is not there yet, and the first run can make it in %s: %s", address(x.draft.work.folder), address(folder), text)
	}
	return doctor.Pass("%s: %s", address(x.draft.work.folder), text)
}

// existing is the folder, or the one above it that is there.
func existing(folder string) (there string, missing bool, err error) {
	if there, err = filepath.Abs(folder); err != nil {
		return "", false, err
	}
	for {
		_, err := os.Stat(there)
		if !errors.Is(err, os.ErrNotExist) || filepath.Dir(there) == there {
			return there, missing, err
		}
		there, missing = filepath.Dir(there), true
	}
}

// probeName is nobody else's. A probe that has to stay has one name for all time.
func probeName(stays bool) string {
	if stays {
		return "doctor-probe"
	}
	return "doctor-probe-" + strings.ToLower(rand.Text())
}

// probe does with one object all that a run does with many.
func probe(ctx context.Context, s storage.Store, name string, keep bool) (did string, err error) {
	content := []byte("sparkless doctor was here\n")
	err = create(ctx, s, name, content)
	noCreate := errors.Is(err, errors.ErrUnsupported)
	if err != nil && !noCreate && !errors.Is(err, storage.ErrExist) { // one that has to stay is there already
		return "", err
	}
	if err := s.Put(ctx, name, content); err != nil {
		return "", err
	}
	defer func() {
		if keep {
			return
		}
		// Also when ctx has ended: what was put is taken away.
		if remover, ok := s.(storage.Remover); ok {
			err = errors.Join(err, remover.Remove(context.WithoutCancel(ctx), name))
		}
	}()
	got, err := storage.ReadAll(ctx, s, name)
	if err != nil {
		return "", err
	}
	if !bytes.Equal(got, content) {
		return "", fmt.Errorf("%s: what was written is not what is read", name)
	}
	switch err := create(ctx, s, name, nil); {
	case err == nil:
		return "", fmt.Errorf("%s: an object that is there can be created again", name)
	case !noCreate && !errors.Is(err, storage.ErrExist):
		return "", err
	}
	if err := lockOnce(ctx, s, name); err != nil {
		return "", err
	}
	note := ""
	if noCreate {
		note = "; it is no place for the work of many machines, since nothing can be created there that replaces nothing"
	}
	if keep {
		return "a probe was written, read and locked; it stays there (" + name + "), since the signature does not allow to delete" + note, nil
	}
	return "a probe was written, read, locked and deleted" + note, nil
}

// create is storage.Creator's, or errors.ErrUnsupported.
func create(ctx context.Context, s storage.Store, name string, data []byte) error {
	creator, ok := s.(storage.Creator)
	if !ok {
		return errors.ErrUnsupported
	}
	return creator.Create(ctx, name, data)
}

// lockOnce takes the lock of that name and gives it back.
func lockOnce(ctx context.Context, s storage.Store, name string) error {
	locker, ok := s.(storage.Locker)
	if !ok {
		return errors.New("the store has no locks")
	}
	_, unlock, err := locker.Lock(ctx, name)
	if err != nil {
		return err
	}
	return unlock()
}

// little is the free space below which somebody should look: a day's partials and
// its profile are some hundred megabytes at most.
const little = 1 << 30

func (x *exam) disk(context.Context) doctor.Finding {
	if x.draft.work.folder == "" {
		return doctor.Skip("the work store is a container")
	}
	folder, _, err := existing(x.draft.work.folder)
	if err != nil {
		return doctor.Fail(err)
	}
	free, ok := freeSpace(folder)
	switch {
	case !ok:
		return doctor.Skip("this system does not tell how much room there is")
	case free < little:
		return doctor.Warn(fmt.Sprintf("%d MiB are free for the work store in %s", free>>20, address(folder)), "make room, or name another folder: work.folder (--work-folder)")
	}
	return doctor.Pass("%d GiB are free for the work store in %s", free>>30, address(folder))
}
