package lookalike

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// glyphs are characters that pass for an ASCII character at a glance.
var glyphs = map[string]string{
	"a": "àáâãäåɑạǎăȧąаαΑАᎪꭺᴀ＠@4ａ𝐚𝗮ⓐªÅ",
	"b": "ʙɓḃḅḇƅᏴВвΒβß8ｂ𝒃",
	"c": "ƈċćçčĉᴄсСϲⅽᏟϹｃ",
	"d": "ɗđďɖḑḋḍḏḓԁⅾᎠꭰᴅ",
	"e": "èéêëēĕěėẹęȩɇḛеЕΕεɛҽᎬᴇ3℮ｅ",
	"f": "ƒḟꜰϝք",
	"g": "ɢɡġğǵģĝǧǥԍցᏀ9q",
	"h": "ĥȟħɦḧḩⱨḣḥḫẖһНнΗᎻʜհ",
	"i": "íìïıɩǐĭỉịɨȋīɪіІΙιİӏⅼⅰ1|!lІꓲᎥŁłɫ",
	"j": "ʝǰɉĵјЈϳᎫᴊ",
	"k": "ḳḵⱪķᴋкКΚκKᏦ",
	"m": "ṁṃᴍɱḿмМΜⅿᎷ",
	"n": "ńṅṇṉñņǹňꞑɴΝո",
	"o": "ȯọỏơóöᴏоОοΟσօ0ｏ",
	"p": "ƿƥṕṗрРρΡᏢᴘ",
	"r": "ʀɼɽŕŗřɍɾȓȑṙṛṟгᎡ",
	"s": "ʂśṣṡșŝšꜱѕЅ5$ſᏚｓ",
	"t": "ţŧṫṭțƫтТΤτᎢᴛ7",
	"u": "ᴜǔŭüùúûũūųưůűȕȗụυսμµ",
	"v": "ṿⱱᶌṽⱴᴠνѵᏙⅴ",
	"w": "ŵẁẃẅⱳẇẉẘᴡԝѡᎳ",
	"x": "хХχΧⅹ×ẋ",
	"y": "ʏýÿŷƴȳɏỿẏỵуУγΥү",
	"z": "ʐżźᴢƶẓẕⱬ2ΖᏃ",
	".": "．。․",
	"-": "‐‑‒–—―−－﹘",
	"_": "＿﹍",
	"":  "\u00AD\u200B\u200C\u200D\u2060\uFEFF\u202A\u202E\u2066\u2069\u061C\u180E\u3164\u115F\uFE0F\U000E0100\U000E0041\u0301\u20E0\x00\x7F\u0085",
}

func TestGlyphsHaveTheSkeletonOfWhatTheyLookLike(t *testing.T) {
	for want, list := range glyphs {
		for _, r := range list {
			got := Skeleton("e" + string(r) + "x")
			if got != Skeleton("e"+want+"x") {
				t.Errorf("U+%04X %c: %q", r, r, got)
			}
		}
	}
	for _, r := range "\u00A0\u2002\u2009\u200A\u202F\u3000\u2800\u1680" {
		if got := Skeleton("a" + string(r) + "b"); got != "a b" {
			t.Errorf("U+%04X: %q", r, got)
		}
	}
}

func TestSkeletonsOfNames(t *testing.T) {
	for _, c := range []struct{ name, like string }{
		{"Isass.exe", "lsass.exe"},
		{"isass.exe", "LSASS.EXE"},
		{"\u0455v\u0441h\u043Est.\u0435\u0445\u0435", "svchost.exe"},
		{"rnsinfo32.exe", "msinfo32.exe"},
		{"vvininit.exe", "wininit.exe"},
		{"c1wm.exe", "dwm.exe"},
		{"ｓｖｃｈｏｓｔ．ｅｘｅ", "svchost.exe"},
		{"svc\u200Bhost.exe", "svchost.exe"},
		{"r\u200Bn\u00ADsinfo32.exe", "msinfo32.exe"},
		{"\u202Esvchost.exe\u202C", "svchost.exe"},
		{"5\u03BDch0$7.3x3", "svchost.exe"},
		{"\uFB01nd.exe", "find.exe"},
		{"svchost .exe", "svchost.exe"},
		{"svchost.exe .", "svchost.exe"},
		{"svchost\u2026exe", "svchost.exe"},
		{"TAS\u212AMGR.EXE", "taskmgr.exe"},
	} {
		if got, want := Skeleton(c.name), Skeleton(c.like); got != want {
			t.Errorf("%+q: %q, and %s: %q", c.name, got, c.like, want)
		}
	}
	if got := string(AppendSkeleton([]byte("r"), "n. ")); got != "rn" {
		t.Errorf("appended: %q", got)
	}
	for _, c := range [][2]string{{"svchost.exe", "scvhost.exe"}, {"a b.exe", "ab.exe"}, {"a-b", "a_b"}, {"wininst-6.0.exe", "wininst-8.0.exe"}, {"\u4E2D.exe", "\u6587.exe"}} {
		if Skeleton(c[0]) == Skeleton(c[1]) {
			t.Errorf("%q and %q have the same skeleton", c[0], c[1])
		}
	}
}

func TestTableOfConfusables(t *testing.T) {
	if !slices.IsSortedFunc(confusables[:], func(a, b confusable) int { return int(a.char - b.char) }) {
		t.Error("not sorted")
	}
	capitals, lost := 0, 0
	for _, c := range confusables {
		if c.char < utf8.RuneSelf || c.text == "" || !isASCII(c.text) || c.text != strings.ToLower(c.text) {
			t.Errorf("U+%04X: %q", c.char, c.text)
		}
		if lower := unicode.ToLower(c.char); lower != c.char {
			capitals++
			if Skeleton(string(lower)) != Skeleton(string(c.char)) {
				lost++
				t.Logf("U+%04X %c: %q, in lower case %q", c.char, c.char, Skeleton(string(c.char)), Skeleton(string(lower)))
			}
		}
	}
	t.Logf("version %s, %d characters; %d of %d capitals have another skeleton in lower case", confusablesVersion, len(confusables), lost, capitals)
}
