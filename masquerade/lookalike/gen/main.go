// Command gen derives the table of characters that look like ASCII from two data
// files of Unicode, and writes it as Go to standard output:
//
//	go run ./gen -confusables confusables.txt -names UnicodeData.txt > confusables.go
//
// confusables.txt is https://www.unicode.org/Public/security/latest/confusables.txt
// and UnicodeData.txt is https://www.unicode.org/Public/UCD/latest/ucd/UnicodeData.txt,
// of the same version: the second does not say its own.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"go/format"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func main() {
	confusables := flag.String("confusables", "confusables.txt", "path of Unicode's confusables.txt")
	names := flag.String("names", "UnicodeData.txt", "path of Unicode's UnicodeData.txt")
	flag.Parse()
	if err := run(*confusables, *names, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(confusablesPath, namesPath string, out io.Writer) error {
	confusables, err := os.ReadFile(confusablesPath)
	if err != nil {
		return err
	}
	names, err := os.ReadFile(namesPath)
	if err != nil {
		return err
	}
	prototypes, err := readConfusables(confusables)
	if err != nil {
		return err
	}
	letters, err := readLetters(names)
	if err != nil {
		return err
	}
	source, err := render(resolve(prototypes, letters), version(confusables), date(confusables))
	if err != nil {
		return err
	}
	_, err = out.Write(source)
	return err
}

// ours are look-alikes that confusables.txt leads to no ASCII character for: it
// takes them for another letter of their own, or has them not at all.
var ours = map[rune]string{
	'\u00DF': "b", // sharp s, which beta leads to
	'\u025B': "e", // open e, and epsilon
	'\u03B5': "e",
	'\u03BC': "u", // mu, and the micro sign
	'\u0138': "k", // kra, which Cyrillic ka leads to
	'\u028D': "m", // turned w, which Cyrillic em leads to
	'\u2800': " ", // blank Braille pattern
	'\u3002': ".", // ideographic full stop
}

// readConfusables returns what each single character is drawn like.
func readConfusables(data []byte) (map[rune]string, error) {
	prototypes := map[rune]string{}
	lines := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Split(line, ";")
		if len(fields) < 3 {
			continue
		}
		source, err := codePoints(fields[0])
		if err != nil {
			return nil, err
		}
		target, err := codePoints(fields[1])
		if err != nil {
			return nil, err
		}
		if r, size := utf8.DecodeRuneInString(source); size == len(source) {
			prototypes[r] = target
		}
	}
	if len(prototypes) == 0 {
		return nil, errors.New("the confusables file holds no line that can be read")
	}
	return prototypes, lines.Err()
}

func codePoints(field string) (string, error) {
	var text strings.Builder
	for _, hex := range strings.Fields(field) {
		n, err := strconv.ParseUint(hex, 16, 21)
		if err != nil {
			return "", fmt.Errorf("code point %q: %w", hex, err)
		}
		text.WriteRune(rune(n))
	}
	return text.String(), nil
}

// latin matches the names of letters that are an ASCII letter in another shape:
// small capitals, and letters with a hook, a stroke or a tail.
var latin = regexp.MustCompile(`^LATIN (?:(?:SMALL|CAPITAL) LETTER ([A-Z])(?: WITH .*)|LETTER SMALL CAPITAL ([A-Z])(?: WITH .*)?|(?:SMALL|CAPITAL) LETTER (?:SCRIPT|DOTLESS) ([A-Z])(?: WITH .*)?)$`)

// readLetters returns the ASCII letter that a Latin letter is a form of, by name.
func readLetters(data []byte) (map[rune]string, error) {
	letters := map[rune]string{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		fields := strings.SplitN(lines.Text(), ";", 3)
		if len(fields) < 3 {
			continue
		}
		m := latin.FindStringSubmatch(fields[1])
		if m == nil {
			continue
		}
		r, err := codePoints(fields[0])
		if err != nil {
			return nil, err
		}
		first, _ := utf8.DecodeRuneInString(r)
		letters[first] = strings.ToLower(m[1] + m[2] + m[3])
	}
	return letters, lines.Err()
}

// resolve follows every character to ASCII, and keeps those that get there, but for
// those whose compatibility decomposition gets there as well.
func resolve(prototypes, letters map[rune]string) map[rune]string {
	table := map[rune]string{}
	sources := slices.Concat(slices.Collect(maps.Keys(prototypes)), slices.Collect(maps.Keys(letters)), slices.Collect(maps.Keys(ours)))
	for _, r := range sources {
		if r < utf8.RuneSelf {
			continue
		}
		if parts := bare(string(r)); parts != string(r) {
			if _, ok := ascii(parts, prototypes, letters); ok {
				continue
			}
		}
		to, _ := step(r, prototypes, letters)
		if text, ok := ascii(to, prototypes, letters); ok && text != "" {
			table[r] = strings.ToLower(text)
		}
	}
	return table
}

// bare is the compatibility decomposition without marks.
func bare(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Mn, unicode.Me) {
			return -1
		}
		return r
	}, norm.NFKD.String(text))
}

// ascii follows a text through the sources. The data has chains of a few links at most.
func ascii(text string, prototypes, letters map[rune]string) (string, bool) {
	for range 8 {
		var next strings.Builder
		done := true
		for _, c := range bare(text) {
			if c < utf8.RuneSelf {
				next.WriteRune(c)
				continue
			}
			done = false
			to, ok := step(c, prototypes, letters)
			if !ok {
				return "", false
			}
			next.WriteString(to)
		}
		text = next.String()
		if done {
			return text, true
		}
	}
	return "", false
}

func step(r rune, prototypes, letters map[rune]string) (string, bool) {
	for _, source := range []map[rune]string{ours, letters, prototypes} {
		if to, ok := source[r]; ok {
			return to, true
		}
	}
	return "", false
}

func version(data []byte) string { return header(data, "# Version: ") }
func date(data []byte) string    { return header(data, "# Date: ") }

func header(data []byte, label string) string {
	_, rest, _ := strings.Cut(string(data), label)
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(line)
}

const head = `// Code generated by gen; DO NOT EDIT.

// Characters that look like ASCII. Derived from data of Unicode:
//
//	https://www.unicode.org/Public/security/latest/confusables.txt, version %s of %s
//	https://www.unicode.org/Public/UCD/latest/ucd/UnicodeData.txt, of the same version: names of Latin letters
//
// UNICODE LICENSE V3, https://www.unicode.org/license.txt
//
// COPYRIGHT AND PERMISSION NOTICE
//
// Copyright (c) 1991-2025 Unicode, Inc.
//
// NOTICE TO USER: Carefully read the following legal agreement. BY DOWNLOADING,
// INSTALLING, COPYING OR OTHERWISE USING DATA FILES, AND/OR SOFTWARE, YOU
// UNEQUIVOCALLY ACCEPT, AND AGREE TO BE BOUND BY, ALL OF THE TERMS AND CONDITIONS OF
// THIS AGREEMENT. IF YOU DO NOT AGREE, DO NOT DOWNLOAD, INSTALL, COPY, DISTRIBUTE OR
// USE THE DATA FILES OR SOFTWARE.
//
// Permission is hereby granted, free of charge, to any person obtaining a copy of
// data files and any associated documentation
// (the "Data Files") or software and any associated documentation (the "Software")
// to deal in the Data Files or Software without restriction, including without
// limitation the rights to use, copy, modify, merge, publish, distribute, and/or
// sell copies of the Data Files or Software, and to permit persons to whom the Data
// Files or Software are furnished to do so, provided that either (a) this copyright
// and permission notice appear with all copies of the Data Files or Software, or
// (b) this copyright and permission notice appear in associated Documentation.
//
// THE DATA FILES AND SOFTWARE ARE PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND,
// EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
// MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT OF THIRD
// PARTY RIGHTS. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR HOLDERS INCLUDED IN THIS
// NOTICE BE LIABLE FOR ANY CLAIM, OR ANY SPECIAL INDIRECT OR CONSEQUENTIAL DAMAGES,
// OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN
// AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN
// CONNECTION WITH THE USE OR PERFORMANCE OF THE DATA FILES OR SOFTWARE.
//
// Except as contained in this notice, the name of a copyright holder shall not be used in
// advertising or otherwise to promote the sale, use or other dealings in these Data
// Files or Software without prior written authorization of the copyright holder.

package lookalike

// confusablesVersion is the version of Unicode's security data in the table.
const confusablesVersion = %q

// confusables is sorted by character. The text is ASCII, in lower case.
var confusables = [...]confusable{
`

// perLine is how many characters share a line of the table.
const perLine = 6

func render(table map[rune]string, version, date string) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, head, version, date, version)
	for i, r := range slices.Sorted(maps.Keys(table)) {
		if i > 0 && i%perLine == 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "{0x%04X, %q}, ", r, table[r])
	}
	b.WriteString("\n}\n")
	return format.Source(b.Bytes())
}
