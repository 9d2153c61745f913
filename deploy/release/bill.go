package main

import (
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
)

// checkBill refuses a bill of materials that lacks a module which the binary says it is
// made of (`go version -m`), and a binary that is for another system.
func checkBill(s system, binary, file string) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	for _, setting := range info.Settings {
		if setting.Key == "GOOS" && setting.Value != s.os || setting.Key == "GOARCH" && setting.Value != s.arch {
			return fmt.Errorf("the binary is for %s=%s", setting.Key, setting.Value)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return missing(info, text)
}

// missing names the modules of a binary that a bill of materials (CycloneDX, JSON)
// lacks, or has in another version.
func missing(info *debug.BuildInfo, bill []byte) error {
	var b struct {
		BOMFormat  string `json:"bomFormat"`
		Components []struct{ Name, Version string }
	}
	if err := json.Unmarshal(bill, &b); err != nil {
		return fmt.Errorf("the bill of materials: %w", err)
	}
	if b.BOMFormat != "CycloneDX" {
		return fmt.Errorf("the bill of materials has the format %q", b.BOMFormat)
	}
	has := map[string]bool{}
	for _, c := range b.Components {
		has[c.Name+"@"+c.Version] = true
	}
	var errs []error
	for _, m := range append(info.Deps, &debug.Module{Path: "std", Version: info.GoVersion}) {
		if m.Replace != nil {
			m = m.Replace
		}
		if !has[m.Path+"@"+m.Version] {
			errs = append(errs, fmt.Errorf("%s@%s is in the binary and not in its bill of materials", m.Path, m.Version))
		}
	}
	return errors.Join(errs...)
}
