package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"
)

// packed is a file of an archive.
type packed struct {
	name string // in the archive
	from string
	mode fs.FileMode
}

// write writes a file and says so when its last bytes do not reach the disk.
func write(name string, fill func(*os.File) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(fill(f), f.Close())
}

// packTar writes the files below folder as a compressed tar archive.
func packTar(w *os.File, folder string, files []packed, date time.Time) error {
	z := gzip.NewWriter(w)
	t := tar.NewWriter(z)
	for _, p := range files {
		data, err := os.ReadFile(p.from)
		if err != nil {
			return err
		}
		header := &tar.Header{Name: folder + "/" + p.name, Mode: int64(p.mode), Size: int64(len(data)), ModTime: date, Format: tar.FormatUSTAR}
		if err := t.WriteHeader(header); err != nil {
			return err
		}
		if _, err := t.Write(data); err != nil {
			return err
		}
	}
	return errors.Join(t.Close(), z.Close())
}

// packZip writes them as a zip archive.
func packZip(w *os.File, folder string, files []packed, date time.Time) error {
	z := zip.NewWriter(w)
	for _, p := range files {
		header := &zip.FileHeader{Name: folder + "/" + p.name, Method: zip.Deflate, Modified: date.UTC()}
		header.SetMode(p.mode)
		out, err := z.CreateHeader(header)
		if err != nil {
			return err
		}
		in, err := os.Open(p.from)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, in)
		if err = errors.Join(err, in.Close()); err != nil {
			return err
		}
	}
	return z.Close()
}
