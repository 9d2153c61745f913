package lookalike

import "testing"

func TestAddition(t *testing.T) {
	for _, c := range []struct{ name, target, want string }{
		{"svchost32.exe", "svchost.exe", "digits: svchost with 32 added at the end"},
		{"winlogon11.exe", "winlogon.exe", "digits: winlogon with 11 added at the end"},
		{"2svchost.exe", "svchost.exe", "digits: svchost with 2 added at the start"},
		{"svchost_2.exe", "svchost.exe", "digits: svchost with _2 added at the end"},
		{"svchost (1).exe", "svchost.exe", "digits: svchost with  (1) added at the end"},
		{"lsass_.exe", "lsass.exe", "digits: lsass with _ added at the end"},
		{"cmd1.exe", "cmd.exe", "digits: cmd with 1 added at the end"},
		{"_svchost_.exe", "svchost.exe", "digits: svchost with _ added at the start and _ at the end"},
		{"my-svchost.exe", "svchost.exe", "word: svchost with my- added at the start"},
		{"svchost32-update.exe", "svchost.exe", "word: svchost with 32-update added at the end"},
		{"svchost.exe.exe", "svchost.exe", "word: svchost with .exe added at the end"},
		{"a-svchost-b.exe", "svchost.exe", "word: svchost with a- added at the start and -b at the end"},
		{"svchostx.exe", "svchost.exe", "letters: svchost with x added at the end"},
		{"igfxtraysx.exe", "igfxtray.exe", "letters: igfxtray with sx added at the end"},
		{"xsvchost.exe", "svchost.exe", "letters: svchost with x added at the start"},
		{"svchost32", "svchost.exe", "digits: svchost with 32 added at the end"},
		{"svchost\u043E.exe", "svchost.exe", "letters: svchost with <U+043E> added at the end"},
		{"svchost.exe", "svchost.exe", ""},
		{"svchost.scr", "svchost.exe", ""},
		{"svchosttool.exe", "svchost.exe", ""},
		{"toolsvchost.exe", "svchost.exe", ""},
		{"vendor.taskengine.exe", "taskeng.exe", ""},
		{"xsvchostx.exe", "svchost.exe", "letters: svchost with x added at the start and x at the end"},
		{"svchost\u043E\u043E\u043E.exe", "svchost.exe", "letters: svchost with <U+043E><U+043E><U+043E> added at the end"},
		{"kinit.exe", "init.exe", ""},
		{"cfn-init.exe", "init.exe", ""},
		{"xcacls.exe", "cacls.exe", ""},
		{"psping.exe", "ping.exe", ""},
		{"cmdx.exe", "cmd.exe", ""},
		{"cat.exe", "at.exe", ""},
		{"", "", ""},
		{".exe", ".exe", ""},
	} {
		got := ""
		if a, ok := Addition(c.name, c.target); ok {
			got = string(a.Kind) + ": " + a.String()
		}
		if got != c.want {
			t.Errorf("%q and %q: %q, want %q", c.name, c.target, got, c.want)
		}
	}
}

func TestTheLongestTargetIsFound(t *testing.T) {
	s := NewStems([]string{"task.exe", "taskhost.exe", "taskhostw.exe", "host.exe"})
	if a, ok := s.Addition("taskhostw2.exe"); !ok || a.Target != "taskhostw" {
		t.Errorf("%+v, %v", a, ok)
	}
	if a, ok := s.Addition("taskhostw.exe"); ok {
		t.Errorf("a target itself: %+v", a)
	}
}

func FuzzAddition(f *testing.F) {
	f.Add("my-svchost32.exe", "svchost.exe", "host")
	f.Fuzz(func(t *testing.T, name, one, other string) {
		s := NewStems([]string{one, other})
		a, ok := s.Addition(name)
		if ok && (a.Before+a.Target+a.After != stemOf(name) || a.Before+a.After == "" || !s.Has(a.Target+".x")) {
			t.Errorf("%q: %+v", name, a)
		}
		_, first := Addition(name, one)
		_, second := Addition(name, other)
		if (first || second) != ok && !s.Has(name) {
			t.Errorf("%q: %q %v, %q %v, both %v", name, one, first, other, second, ok)
		}
	})
}

func BenchmarkAddition(b *testing.B) {
	s := NewStems([]string{"svchost", "lsass", "csrss", "smss", "wininit", "winlogon", "services", "explorer", "rundll32", "taskhostw"})
	for _, name := range []string{"googleupdatesetup.exe", "svchost32.exe", "vendor_app-1.2.3_x64-setup.exe"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Addition(name)
			}
		})
	}
}
