package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sparkless/storage/printable"
)

// write writes the summary to its file, if there is to be one.
func (r *recorder) write() error {
	if r.file == "" {
		return nil
	}
	text, err := json.MarshalIndent(r.Summary, "", "  ")
	if err == nil {
		err = replaceFile(r.fileName(), append(printable.JSON(text), '\n'))
	}
	if err != nil {
		return fmt.Errorf("output.summary %s: %w", address(r.file), withoutPath(err))
	}
	return nil
}

// fileName has the window for {day}, of several days the first and the last.
func (r *recorder) fileName() string {
	day := "unknown" // the run failed before it was
	if r.Window != nil {
		day = r.window.Label()
		if days := r.window.Days(); len(days) > 1 && r.window.WholeDays() {
			day = days[0].Label() + "-to-" + days[len(days)-1].Label()
		}
	}
	return strings.ReplaceAll(r.file, "{day}", day)
}

// replaceFile writes a file whole, or leaves what there is as it is.
func replaceFile(name string, data []byte) (err error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return errors.New("is a folder, not a file")
	}
	folder := filepath.Dir(name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, "."+filepath.Base(name)+"-*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	const forOthersToRead = 0o644 // as the files of findings are
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(forOthersToRead), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// oneFileEach keeps the summary from overwriting what else the run writes.
func oneFileEach(v *values) error {
	name := v.text("output.summary")
	if name == "" {
		return nil
	}
	for _, other := range append(v.list("output.files"), v.text("output.report")) {
		if other != "" && filepath.Clean(other) == filepath.Clean(name) {
			return usageError{fmt.Errorf("output.summary (%s) and another output are both %s: name another file", v.origin["output.summary"], address(name))}
		}
	}
	return nil
}
