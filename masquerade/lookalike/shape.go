package lookalike

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// ShapeKind is something about a single name that deceives.
type ShapeKind string

// The kinds of shapes. A kind is also its text in published records.
const (
	Bidi            ShapeKind = "bidi"             // characters that turn the order of reading round
	Hidden          ShapeKind = "hidden"           // other characters that take no room
	MixedScripts    ShapeKind = "mixed-scripts"    // a word of ASCII letters and letters that look like ASCII
	DoubleExtension ShapeKind = "double-extension" // a document's extension before that of a program
	SpaceRun        ShapeKind = "space-run"        // spaces that push the extension out of sight
	SpaceBeforeDot  ShapeKind = "space-before-dot" // a space before the extension
	DoubleDot       ShapeKind = "double-dot"       // two dots before the extension
	LooseEnd        ShapeKind = "loose-end"        // a space or dot at the end, or a space at the start
	WrongExtension  ShapeKind = "wrong-extension"  // executed, and not named like a program
)

// Strength says how much a shape is worth as evidence.
type Strength string

// Strong shapes hardly happen to honest names; weak ones do at times.
const (
	Weak   Strength = "weak"
	Strong Strength = "strong"
)

// Shape is one thing about a name that deceives.
type Shape struct {
	Kind     ShapeKind
	Strength Strength
	Sentence string // a short phrase in printable ASCII
}

// Shapes returns what about the name of an executed file deceives by itself. The
// name is the base name of its path, as written or in lower case. Honest names
// have none: of 2,244 names of real Windows executables two have a weak one. The one
// strong shape among 317 names of real telemetry is an attack's.
func Shapes(name string) []Shape {
	if ordinary(name) {
		return nil
	}
	var found []Shape
	if !isASCII(name) {
		found = characters(found, name)
	}
	var buffer [64]byte
	text := string(appendPlain(buffer[:0], name))
	found = extensions(found, text)
	return spaces(found, text)
}

// ordinary reports whether a name is of letters, digits, hyphens and underscores,
// with one dot, and ends with .exe. Most do.
func ordinary(name string) bool {
	n := len(name) - len(".exe")
	if n <= 0 || lowerASCII(name[n:]) != ".exe" {
		return false
	}
	for i := range n {
		if c := name[i]; !isWord(c) && c != '-' && c != '_' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// spaces looks at a plain name's spaces and dots.
func spaces(found []Shape, text string) []Shape {
	const many = 3 // spaces in a row
	if strings.HasSuffix(text, " ") || strings.HasSuffix(text, ".") {
		found = append(found, Shape{LooseEnd, Strong, "the name ends with a space or a dot"})
	}
	if strings.HasPrefix(text, " ") {
		found = append(found, Shape{LooseEnd, Weak, "the name starts with a space"})
	}
	text = strings.Trim(text, " .")
	if strings.Contains(text, strings.Repeat(" ", many)) {
		found = append(found, Shape{SpaceRun, Strong, "a run of spaces pushes the end of the name out of sight"})
	} else if i := strings.LastIndexByte(text, '.'); i > 0 && text[i-1] == ' ' {
		found = append(found, Shape{SpaceBeforeDot, Weak, "a space stands before the extension"})
	}
	if i := strings.LastIndexByte(text, '.'); i > 0 && text[i-1] == '.' {
		found = append(found, Shape{DoubleDot, Weak, "two dots stand before the extension"})
	}
	return found
}

// extensions looks at a plain name's extensions.
func extensions(found []Shape, text string) []Shape {
	stem, last := cutExtension(text)
	if last == "" {
		return found
	}
	if !programs[last] {
		return wrongExtension(found, last)
	}
	for programs[last] { // x.pdf.exe.exe
		stem, last = cutExtension(stem)
	}
	if documents[last] && strings.Trim(stem, " .") != "" {
		found = append(found, Shape{DoubleExtension, Strong, "the extension of a document, ." + last + ", stands before that of a program"})
	}
	return found
}

// cutExtension cuts a name at its last dot, without spaces and dots around the
// extension. Without a dot, or with nothing before it, there is no extension.
func cutExtension(text string) (stem, extension string) {
	text = strings.TrimRight(text, " .")
	i := strings.LastIndexByte(text, '.')
	if i <= 0 {
		return text, ""
	}
	return text[:i], strings.TrimSpace(text[i+1:])
}

// wrongExtension tells of the extension of an executed file that is none of
// programs. Only what looks like an extension counts: letters, and perhaps digits
// behind, five at most. python3.11 has none.
func wrongExtension(found []Shape, extension string) []Shape {
	const longest = 5
	if documents[extension] {
		return append(found, Shape{WrongExtension, Strong, "executed, and named like a document: ." + extension})
	}
	letters := strings.TrimRight(extension, "0123456789")
	if letters == "" || len(extension) > longest || strings.Trim(letters, "abcdefghijklmnopqrstuvwxyz") != "" {
		return found
	}
	return append(found, Shape{WrongExtension, Weak, "executed, and not named like a program: ." + extension})
}

// programs are the extensions that executed files have by right. Installers unpack
// themselves to .tmp and run that; drivers of installers and games use .bin.
var programs = set("exe com scr pif cpl bat cmd tmp msi msix appx bin run x86 x64 x86_64 amd64 arm64")

// documents are extensions that no program has by right: of documents, pictures,
// sound, films, archives, pages, mail.
var documents = set("doc docx docm dotx dotm rtf odt xls xlsx xlsm xlsb ods csv ppt pptx pptm pps ppsx odp pdf txt " +
	"jpg jpeg jpe png gif bmp tif tiff webp svg ico heic psd mp3 mp4 m4a m4v wav wma wmv avi mkv mov flac flv mpg mpeg " +
	"zip rar 7z gz tgz tar bz2 xz iso img htm html mht xml eml msg epub")

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, word := range strings.Fields(words) {
		m[word] = true
	}
	return m
}

// characters looks at a name's characters outside ASCII.
func characters(found []Shape, name string) []Shape {
	runes := []rune(name)
	if shape, ok := turned(runes); ok {
		found = append(found, shape)
	}
	if shape, ok := hidden(runes); ok {
		found = append(found, shape)
	}
	if shape, ok := mixed(runes); ok {
		found = append(found, shape)
	}
	return found
}

// hidden tells of the first invisible character that does not steer the direction.
// Scripts such as Persian, and emoji, need some of them between their letters:
// beside ASCII they are there to deceive.
func hidden(runes []rune) (Shape, bool) {
	for i, r := range runes {
		if !invisible(r) || unicode.Is(unicode.Bidi_Control, r) {
			continue
		}
		strength := Strong
		if i > 0 && runes[i-1] >= utf8.RuneSelf && (i+1 == len(runes) || runes[i+1] >= utf8.RuneSelf || runes[i+1] == '.') {
			strength = Weak
		}
		return Shape{Hidden, strength, "the name holds the invisible character " + codePoint(r)}, true
	}
	return Shape{}, false
}

// mixed tells of the first word that has ASCII letters and letters of another
// script that look like ASCII. Latin letters with marks or strokes are no other
// script: many languages write so.
func mixed(runes []rune) (Shape, bool) {
	var latin, other rune
	for _, r := range runes {
		switch {
		case unseen(r):
		case !unicode.IsLetter(r):
			latin, other = 0, 0
		case r < utf8.RuneSelf:
			latin = r
		case foreign(r):
			other = r
		}
		if latin != 0 && other != 0 {
			return Shape{MixedScripts, Strong, "one word has ASCII letters and " + script(other) + " " + codePoint(other) + ", which looks like one"}, true
		}
	}
	return Shape{}, false
}

// foreign reports whether r is a letter of another script that looks like ASCII.
// The micro sign is at home among ASCII letters.
func foreign(r rune) bool {
	if r == '\u00B5' || unicode.Is(unicode.Latin, r) {
		return false
	}
	text := appendPlain(nil, string(r))
	return len(text) > 0 && isASCII(string(text))
}
