package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sparkless/publish/report/browser"
)

// The program's own report of a whole sample day, in a real browser. Its picture is
// the README's: `make screenshot`.
func TestReportOfTheSampleDay(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{
		{"sample", "--out", "export", "--day", "2026-11-20"},
		{"run", "--folder", "export", "--work-folder", "work", "--day", "2026-11-20", "--out", "findings.jsonl", "--report", "day.html"},
	} {
		cmd := exec.Command("sparkless", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	lines, err := os.ReadFile(filepath.Join(dir, "findings.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	findings := strings.Count(string(lines), "\n")
	b := browser.Start(t)
	view := browser.View{Width: 1280, Height: 1500}
	p := b.Open(t, filepath.Join(dir, "day.html"), view)
	if head := p.Texts("h1")[0]; !strings.HasPrefix(head, fmt.Sprint(findings)+" process names masquerade: ") {
		t.Errorf("of %d findings it says %q", findings, head)
	}
	if rows, hours := p.Count(".row"), p.Count("#hours rect.bar"); rows != findings || hours != 24 || p.Count("#curve path.line") != 1 {
		t.Errorf("%d findings, %d hours", rows, hours)
	}
	p.Eval(`document.querySelectorAll(".opener")[4].click()`, nil)
	for _, size := range []browser.View{{Width: 360, Height: 740, Phone: true}, view} {
		p.Look(size)
		p.Screenshot(fmt.Sprintf("../../out/screenshots/sample-%d.png", size.Width), false)
		for _, wrong := range append(p.Overflowing(), p.LowContrast(4.5)...) {
			t.Errorf("at %d: %s", size.Width, wrong)
		}
	}
	for _, m := range append(p.Messages(), b.Asked()...) {
		t.Error(m)
	}
}
