package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const confusablesText = "\ufeff# confusables.txt\n# Date: 2001-02-03\n# Version: 4.5.6\n" + `
0430 ;	0061 ;	MA	# Cyrillic a
0432 ;	0299 ;	MA	# Cyrillic ve, to a small capital that only the names explain
043A ;	0138 ;	MA	# Cyrillic ka, to kra
0436 ;	0436 0338 ;	MA	# to nothing in ASCII
006D ;	0072 006E ;	MA	# ASCII itself
1D41A ;	0061 ;	MA	# mathematical, which decomposition handles
017F ;	0066 ;	MA	# long s, which decomposition makes an s
03F2 ;	0063 ;	MA	# lunate sigma, which decomposition leads away from ASCII
`

const namesText = `0299;LATIN LETTER SMALL CAPITAL B;Ll;0;L;;;;;N;;;;;
0110;LATIN CAPITAL LETTER D WITH STROKE;Lu;0;L;;;;;N;;;;0111;
00E9;LATIN SMALL LETTER E WITH ACUTE;Ll;0;L;0065 0301;;;;N;;;00C9;;00C9
0436;CYRILLIC SMALL LETTER ZHE;Ll;0;L;;;;;N;;;0416;;0416
`

func files(t *testing.T, confusables, names string) (string, string) {
	t.Helper()
	folder := t.TempDir()
	one, other := filepath.Join(folder, "confusables.txt"), filepath.Join(folder, "UnicodeData.txt")
	for path, text := range map[string]string{one: confusables, other: names} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return one, other
}

func TestTheTableFollowsItsSources(t *testing.T) {
	confusables, names := files(t, confusablesText, namesText)
	var out bytes.Buffer
	if err := run(confusables, names, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"DO NOT EDIT", "version 4.5.6 of 2001-02-03", "UNICODE LICENSE V3", `confusablesVersion = "4.5.6"`,
		`{0x0430, "a"}`, `{0x0432, "b"}`, `{0x043A, "k"}`, `{0x0110, "d"}`, `{0x03F2, "c"}`, `{0x0299, "b"}`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in\n%s", want, out.String())
		}
	}
	for _, other := range []string{"0x0436", "0x006D", "0x1D41A", "0x017F", "0x00E9"} {
		if strings.Contains(out.String(), other) {
			t.Errorf("%s in\n%s", other, out.String())
		}
	}
}

func TestDamagedSourcesAreErrors(t *testing.T) {
	for _, text := range []string{"", "zzzz ;\t0061 ;\tMA\n", "0430 ;\t-1 ;\tMA\n"} {
		confusables, names := files(t, text, namesText)
		var out bytes.Buffer
		if err := run(confusables, names, &out); err == nil || out.Len() > 0 {
			t.Errorf("%q: %v, %d bytes", text, err, out.Len())
		}
	}
	if err := run(filepath.Join(t.TempDir(), "none"), "none", &bytes.Buffer{}); err == nil {
		t.Error("a file that is not there is no error")
	}
}
