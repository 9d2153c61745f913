package network

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// webviews are days on which all hosts have a program with a digit in its name.
func webviews(n, hosts int) []connection {
	list := browsing(rand.New(rand.NewPCG(uint64(n), 1)), day(n), 100, 3000)
	for i := range hosts {
		c := odd(connection{file: "msedgewebview2.exe", path: `C:\Program Files (x86)\Microsoft\EdgeWebView\msedgewebview2.exe`,
			parent: "teams.exe", device: fmt.Sprintf("host%d.corp.example", i), url: "a.example"})
		c.at = day(n).From
		list = append(list, c)
	}
	return list
}

// Another digit makes as new a program as another letter does, wherever names are not
// drawn anew.
func TestAnotherDigitIsAnotherProgram(t *testing.T) {
	var before []*Connections
	for n := 13; n < 20; n++ {
		before = append(before, added(webviews(n, 100)...))
	}
	for _, folder := range []string{`C:\Program Files\Common Files\`, `C:\Windows\System32\`, `C:\ProgramData\x\`, `C:\Users\bob\AppData\Roaming\`, `D:\tools\`} {
		score := func(file string) float64 {
			list := append(webviews(20, 100), odd(connection{file: file, path: folder + file, parent: "teams.exe", address: "45.9.9.9", port: "8443"}))
			f := find(finish(t, DefaultParams(), day(20), added(list...), before), file)
			if f == nil || !slices.Contains(reasons(*f), "first-seen") || strings.Contains(f.Description, "named like") {
				t.Errorf("%s%s: %+v", folder, file, f)
				return 0
			}
			return f.Score
		}
		if digit, letter := score("msedgewebview3.exe"), score("msedgewebvieu2.exe"); digit != letter {
			t.Errorf("%s: another digit %v, another letter %v", folder, digit, letter)
		}
	}
}

// A copy in a temporary folder of a program that is installed is one of that program, and
// not of those there whose names are like it.
func TestCopyOfAnInstalledProgram(t *testing.T) {
	for _, file := range []string{"msedgewebview2.exe", "msedgewebview7.exe"} {
		list := append(webviews(20, 100), odd(connection{file: file, path: `C:\Windows\Temp\` + file, parent: "teams.exe", url: "a.example"}))
		found := finish(t, DefaultParams(), day(20), added(list...), nil)
		f := find(found, file)
		if f == nil || len(found) != 1 {
			t.Errorf("%s: %v", file, found)
			continue
		}
		if got := slices.Contains(f.Techniques, "T1036.005"); got != (file == "msedgewebview2.exe") {
			t.Errorf("%s is one of the installed: %v, %s", file, got, f.Description)
		}
	}
}

// A name that has the sign that shapes have is no shape.
func TestNamesLikeShapes(t *testing.T) {
	list := []connection{odd(connection{file: "setup-#.exe", path: `C:\Program Files\setup-#.exe`}), odd(connection{file: "setup-7.exe", path: `C:\Windows\Temp\setup-7.exe`})}
	f := newFleet(added(list...), NewConnections())
	if len(f.kin) != 2 || f.kin[family{"setup-#.exe", true}].now[0].name != "setup-7.exe" || f.kin[family{"setup-#.exe", false}].now[0].name != "setup-#.exe" {
		t.Errorf("%+v", f.kin)
	}
}
