package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"sparkless/masquerade"
	"sparkless/masquerade/windows"
)

// huntParams are the settings of the hunt, over those of its profile. It names all
// that is wrong.
func huntParams(v *values) (masquerade.Params, error) {
	profile, err := huntProfile(v)
	if err != nil {
		return masquerade.Params{}, err
	}
	p, err := masquerade.ParamsOf(profile)
	if err != nil {
		err = fmt.Errorf("masquerade.profile (%s): %w", v.origin["masquerade.profile"], err)
	}
	errs := []error{err}
	p.Frequent, p.Rare, p.Similarity = v.number("masquerade.frequent"), v.number("masquerade.rare"), v.number("masquerade.similarity")
	if text := v.text("masquerade.min-score"); text != "auto" {
		if p.MinScore, err = strconv.Atoi(text); err != nil {
			errs = append(errs, fmt.Errorf("masquerade.min-score (%s): %s is neither auto nor a whole number from 0 to 100", v.origin["masquerade.min-score"], address(text)))
		}
	}
	if p.Weights, err = masquerade.ParseWeights(v.list("masquerade.weights")); err != nil {
		errs = append(errs, fmt.Errorf("masquerade.weights (%s): %w", v.origin["masquerade.weights"], err))
	}
	if name := v.text("masquerade.facts"); name != "" {
		if p.Facts, err = readFacts(name); err != nil {
			errs = append(errs, fmt.Errorf("masquerade.facts (%s): %w", v.origin["masquerade.facts"], err))
		}
	}
	return p, errors.Join(append(errs, p.Validate())...)
}

// mostFacts is how large a file of facts may be, in bytes.
const mostFacts = 16 << 20

// readFacts adds those of a file to the built-in ones.
func readFacts(name string) (*windows.Facts, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address(name), withoutPath(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostFacts+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address(name), withoutPath(err))
	}
	if len(text) > mostFacts {
		return nil, fmt.Errorf("%s is larger than %d MiB", address(name), mostFacts>>20)
	}
	facts, err := windows.Builtin().With(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address(name), err)
	}
	return facts, nil
}
