package filename

import "testing"

func TestShapes(t *testing.T) {
	for name, want := range map[string]string{
		"chrome.exe": "chrome.exe", "7z.exe": "#z.exe", "a0538f45.exe": "#.exe", "e551d579-ba01-4143-a121-c51ed439d05f.tmp": "#.tmp",
		"a7519b0e-7273-415d-92da-6273ee0e6782-setup.exe": "#-setup.exe", "offer-setup-879.exe": "offer-setup-#.exe", "am_delta_1.441.1860.0.exe": "am_delta_#.exe",
		"facade.exe": "facade.exe", "": "", ".": ".", "é1": "é#", "decade.exe": "decade.exe", "svchost": "svchost", ".exe": ".exe", "update.12": "update.12",
	} {
		if got := Shape(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestRandom(t *testing.T) {
	for name, want := range map[string]bool{
		"xqzkvw": true, "ab3cd4ef": true, "ab3cd4": false, "bdkrtpla": true, "a3k9x2": true, "k7q2wz9": true, "tollgate": false, "setup": false, "svchost": false, "bcdfg": false, "": false,
		"teams": false, "installer64": false, "msteamsupdate": false, "7zip2301": false, "büxqzkvw": false, "xqz-kvwtt": false, "rhythms": false, "123456": false,
	} {
		if got := Random(name); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}
