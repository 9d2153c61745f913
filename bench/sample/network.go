package sample

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Network is what GenerateNetwork wrote.
type Network struct {
	Blobs int
	Bytes int64
	Lines int64
}

// GenerateNetwork hands the blobs of the same company's DeviceNetworkEvents to emit, as
// Generate does: what its machines connect to on the day, and on the last day the cases
// that the hunt network is to find. All addresses are of blocks that the registries call
// globally reachable and that no company has (AS112, RFC 7534 and RFC 7535; automatic
// multicast tunnelling, RFC 7450), apart from private ones.
func GenerateNetwork(cfg Config, emit func(name string, data []byte) error) (Network, []Case, error) {
	if err := cfg.Validate(); err != nil {
		return Network{}, nil, fmt.Errorf("sample: %w", err)
	}
	cfg.Cases = false // those of the other table
	g := newGenerator(cfg)
	n := &traffic{generator: g, lines: make([][]flow, windowCount), rng: rand.New(rand.NewPCG(cfg.Seed, networkStream+uint64(cfg.Earlier)))}
	n.day()
	var cases []Case
	if cfg.Earlier == 0 {
		cases = n.cases()
	}
	err := n.emit(emit)
	return Network{Blobs: g.blobs, Bytes: g.bytes, Lines: n.count}, cases, err
}

// traffic is a day of connections.
type traffic struct {
	*generator
	rng   *rand.Rand
	lines [][]flow
	count int64
}

// flow is one connection.
type flow struct {
	at                            int64
	on                            *machine
	who                           *account
	app                           *app
	path, parent, command, action string
	ip, url                       string
	port, local                   int
}

// app is a program that connects.
type app struct {
	name, path, parent, command string
	who                         who
	on                          roles
	share                       int // of the machines, in percent
	flows                       int // a day, about
	site                        string
	port                        int
	direct                      bool // connects to addresses without a name
}

func apps() []app {
	return []app{
		{"chrome.exe", pf + `Google\Chrome\Application\chrome.exe`, "explorer.exe", `"{path}" --type=utility --utility-sub-type=network.mojom.NetworkService`, usr, wks, 80, 14, "", 443, false},
		{"msedge.exe", pf86 + `Microsoft\Edge\Application\msedge.exe`, "explorer.exe", `"{path}" --type=utility`, usr, wks, 95, 8, "", 443, false},
		{"firefox.exe", pf + `Mozilla Firefox\firefox.exe`, "explorer.exe", `"{path}"`, usr, wks, 12, 10, "", 443, false},
		{"msedgewebview2.exe", pf86 + `Microsoft\EdgeWebView\Application\msedgewebview2.exe`, "ms-teams.exe", `"{path}" --embedded-browser-webview=1`, usr, wks, 90, 3, "edge.example", 443, false},
		{"ms-teams.exe", wapps + `MSTeams_25.1_x64\ms-teams.exe`, "explorer.exe", `"{path}"`, usr, wks, 90, 5, "teams.example", 443, false},
		{"OUTLOOK.EXE", pf + `Microsoft Office\root\Office16\OUTLOOK.EXE`, "explorer.exe", `"{path}"`, usr, wks, 90, 6, "mail.example", 443, false},
		{"OneDrive.exe", local + `Microsoft\OneDrive\OneDrive.exe`, "explorer.exe", `"{path}" /background`, usr, wks, 85, 4, "drive.example", 443, false},
		{"svchost.exe", sys32 + "svchost.exe", "services.exe", `svchost.exe -k netsvcs -p`, sys, all, 100, 6, "update.example", 443, false},
		{"MsSense.exe", pf + `Windows Defender Advanced Threat Protection\MsSense.exe`, "services.exe", `"{path}"`, sys, all, 100, 4, "sensor.example", 443, false},
		{"MsMpEng.exe", pdata + `Microsoft\Windows Defender\Platform\4.18\MsMpEng.exe`, "services.exe", `"{path}"`, sys, all, 100, 2, "sensor.example", 443, false},
		{"backgroundTaskHost.exe", sys32 + "backgroundTaskHost.exe", "svchost.exe", `"{path}" -ServerName:App`, usr, wks, 70, 2, "tiles.example", 443, false},
		{"powershell.exe", sys32 + `WindowsPowerShell\v1.0\powershell.exe`, "svchost.exe", `powershell.exe -File C:\Scripts\inventory.ps1`, sys, all, 40, 1, "inventory.example", 443, false},
		{"rundll32.exe", sys32 + "rundll32.exe", "svchost.exe", `rundll32.exe InetCpl.cpl,ClearMyTracksByProcess`, sys, wks, 6, 1, "tiles.example", 443, false},
		{"GoogleUpdate.exe", pf86 + `Google\Update\GoogleUpdate.exe`, "svchost.exe", `"{path}" /ua`, sys, wks, 75, 1, "updates.example", 443, false},
		{"slack.exe", local + `slack\app-4.46.101\slack.exe`, "explorer.exe", `"{path}"`, usr, wks, 25, 5, "chat.example", 443, false},
		{"Zoom.exe", roam + `Zoom\bin\Zoom.exe`, "explorer.exe", `"{path}"`, usr, wks, 30, 3, "calls.example", 443, true},
		{"Code.exe", local + `Programs\Microsoft VS Code\Code.exe`, "explorer.exe", `"{path}"`, usr, wks, 12, 4, "code.example", 443, false},
		{"git-remote-https.exe", pf + `Git\mingw64\libexec\git-core\git-remote-https.exe`, "git.exe", `git-remote-https origin`, usr, wks, 12, 3, "code.example", 443, false},
		{"node.exe", pf + `nodejs\node.exe`, "cmd.exe", `node install.js`, usr, wks, 8, 3, "packages.example", 443, false},
		{"python.exe", local + `Programs\Python\Python312\python.exe`, "Code.exe", `python fetch.py`, usr, wks, 6, 2, "packages.example", 443, false},
		{"curl.exe", sys32 + "curl.exe", "bash.exe", `curl -s https://packages.example/latest`, usr, wks, 3, 1, "packages.example", 443, false},
		{"ssh.exe", sys32 + `OpenSSH\ssh.exe`, "WindowsTerminal.exe", `ssh deploy@build.example`, usr, wks, 5, 2, "build.example", 22, false},
		{"WinSCP.exe", pf86 + `WinSCP\WinSCP.exe`, "explorer.exe", `"{path}"`, usr, wks, 2, 2, "files.example", 22, false},
		{"Spotify.exe", roam + `Spotify\Spotify.exe`, "explorer.exe", `"{path}"`, usr, wks, 20, 6, "music.example", 4070, true},
		{"AdobeARM.exe", pf86 + `Common Files\Adobe\ARM\1.0\AdobeARM.exe`, "armsvc.exe", `"{path}"`, sys, wks, 60, 1, "reader.example", 443, false},
		{"dns.exe", sys32 + "dns.exe", "services.exe", `"{path}"`, sys, dcs, 100, 40, "", 53, true},
		{"VeeamAgent.exe", pf + `Veeam\VeeamAgent.exe`, "services.exe", `"{path}"`, sys, srv, 100, 3, "backup.example", 443, false},
		{"w3wp.exe", sys32 + `inetsrv\w3wp.exe`, "svchost.exe", `w3wp.exe -ap "orders"`, svc, srv, 10, 8, "pay.example", 443, false},
		{"sqlservr.exe", pf + `Microsoft SQL Server\sqlservr.exe`, "services.exe", `sqlservr.exe -s`, svc, srv, 10, 1, "telemetry.example", 443, false},
		{"BwOrderImport.exe", pf + `Brackwater\BwOrderImport.exe`, "BwJobRunner.exe", `"{path}" --partner`, svc, srv, 2, 6, "partner.example", 8443, false},
		{"TeamViewer_Service.exe", pf + `TeamViewer\TeamViewer_Service.exe`, "services.exe", ``, sys, wks, 4, 3, "", 5938, true},
		{"MATLAB.exe", pf + `MATLAB\R2025a\bin\win64\MATLAB.exe`, "explorer.exe", `"{path}"`, usr, wks, 2, 1, "licence.example", 443, false},
		{"acad.exe", pf + `Autodesk\AutoCAD 2025\acad.exe`, "explorer.exe", `"{path}"`, usr, wks, 3, 2, "licence.example", 443, false},
		{"PBIDesktop.exe", pf + `Microsoft Power BI Desktop\bin\PBIDesktop.exe`, "explorer.exe", `"{path}"`, usr, wks, 3, 2, "reports.example", 443, false},
	}
}

// day draws the usual connections. Who has which program is the same on all days.
func (n *traffic) day() {
	list := apps()
	weekday := n.cfg.Day.UTC().Weekday()
	weekend := weekday == 0 || weekday == 6
	for i, m := range n.estate.machines {
		habit := rand.New(rand.NewPCG(n.cfg.Seed, networkStream+1<<32+uint64(i)))
		for k := range list {
			a := &list[k]
			if has := habit.IntN(100) < a.share; !has || m.role&a.on == 0 {
				continue
			}
			flows := max(a.flows/2+n.rng.IntN(a.flows+1), min(a.flows, 1))
			if weekend && m.role == wks {
				flows /= 4
			}
			for range flows {
				n.flow(m, a)
			}
		}
	}
	for range max(len(n.estate.machines)/40, 1) {
		n.installer()
	}
	for range max(len(n.estate.machines)/12, 1) {
		n.updater()
	}
}

// flow adds a usual connection, one in five within the company, some refused.
func (n *traffic) flow(m *machine, a *app) {
	f := flow{on: m, app: a, path: a.path, parent: a.parent, command: a.command, action: "ConnectionSuccess", port: a.port}
	f.at = clock(7, 0) + n.rng.Int64N(clock(11, 0))
	if a.who == sys || a.who == svc {
		f.at = n.rng.Int64N(clock(24, 0))
	}
	site := a.site
	if site == "" {
		site = fmt.Sprintf("www%d.site%d.example", n.rng.IntN(4), n.rng.IntN(900))
	}
	f.url, f.ip = site, address(n.rng, site)
	if n.rng.IntN(12) == 0 {
		f.ip = address6(site)
	}
	switch {
	case n.rng.IntN(5) == 0:
		f.ip, f.url = n.estate.machines[n.rng.IntN(len(n.estate.machines))].ip, ""
	case a.direct:
		f.url = ""
	}
	if n.rng.IntN(25) == 0 {
		f.action = "ConnectionFailed"
	}
	n.add(f)
}

// installer is somebody who installs something that nobody else has, as happens on most
// days: it connects out of a temporary folder once, and is harmless.
func (n *traffic) installer() {
	m := pick(n.rng, n.estate.workstations())
	name := fmt.Sprintf("%s-setup-%d.exe", strings.ToLower(pick(n.rng, n.documents)), 100+n.rng.IntN(900))
	a := &app{name: name, who: usr}
	n.add(flow{at: clock(8, 0) + n.rng.Int64N(clock(9, 0)), on: m, app: a, path: `C:\Users\{user}\Downloads\` + name, parent: "explorer.exe",
		command: `"{path}"`, action: "ConnectionSuccess", ip: address(n.rng, name), url: "download." + name[:5] + ".example", port: 443})
}

// updater is one of those that unpack themselves into a temporary folder, under a name
// drawn anew.
func (n *traffic) updater() {
	m := pick(n.rng, n.estate.workstations())
	name := string(appendGUID(nil, n.rng)) + ".tmp"
	n.add(flow{at: n.rng.Int64N(clock(24, 0)), on: m, app: &app{name: name, who: sys}, path: `C:\Windows\Temp\` + name, parent: "svchost.exe",
		command: `"{path}" /update`, action: "ConnectionSuccess", ip: address(n.rng, "updates.example"), url: "updates.example", port: 443})
}

// address is one of a site's.
func address(rng *rand.Rand, site string) string {
	h := rand.New(rand.NewPCG(uint64(len(site)), textSeed(site)))
	block := []string{"192.31.196", "192.175.48", "192.52.193"}[h.IntN(3)]
	return fmt.Sprintf("%s.%d", block, 1+(h.IntN(250)+rng.IntN(3))%254)
}

func address6(site string) string {
	return fmt.Sprintf("2620:4f:8000::%x", 1+textSeed(site)%0xfff0)
}

func textSeed(text string) (sum uint64) {
	for _, b := range []byte(text) {
		sum = sum*1_099_511_628_211 + uint64(b)
	}
	return sum
}

func (n *traffic) add(f flow) {
	w := f.at / windowTicks
	if f.at < 0 || w >= windowCount {
		return
	}
	f.who, f.local = f.on.localSystem, 49152+n.rng.IntN(16384)
	if f.app.who == usr {
		f.who = f.on.user
	}
	n.lines[w] = append(n.lines[w], f)
	n.count++
}

// emit writes the blobs, one a folder.
func (n *traffic) emit(emit func(name string, data []byte) error) error {
	names := newNamer(n.cfg)
	if n.cfg.Layout.Spark {
		if err := n.put(emit, names.marker(), nil); err != nil {
			return err
		}
	}
	for _, w := range names.order() {
		if len(n.lines[w]) == 0 {
			continue
		}
		slices.SortStableFunc(n.lines[w], func(a, b flow) int { return int(a.at - b.at) })
		data := n.start(nil)
		for _, f := range n.lines[w] {
			data = append(n.appendFlow(data, f), n.lineEnd...)
		}
		if err := n.put(emit, names.blob(w, 0), n.finish(data)); err != nil {
			return err
		}
	}
	return nil
}

// appendFlow writes a line without its end, with the columns of DeviceNetworkEvents in
// their order. (Microsoft Learn, "DeviceNetworkEvents".)
func (n *traffic) appendFlow(dst []byte, f flow) []byte {
	path := strings.ReplaceAll(f.path, "{user}", f.who.folder)
	command := strings.ReplaceAll(strings.ReplaceAll(f.command, "{user}", f.who.folder), "{path}", path)
	dst = fmt.Appendf(dst, `{"TenantId":"%s","TimeGenerated":"`, n.tenant)
	dst = n.appendTime(dst, f.at)
	dst = fmt.Appendf(dst, `","ActionType":"%s","DeviceId":"%s","DeviceName":"%s","InitiatingProcessAccountDomain":"%s","InitiatingProcessAccountName":"%s"`,
		f.action, strings.ReplaceAll(f.on.id, "-", ""), strings.ToLower(f.on.fqdn), strings.ToLower(f.who.domain), f.who.name)
	dst = fmt.Appendf(dst, `,"InitiatingProcessCommandLine":"%s","InitiatingProcessFileName":"%s","InitiatingProcessFolderPath":"%s"`,
		quote(command), strings.ToLower(f.app.name), quote(strings.ToLower(path)))
	dst = fmt.Appendf(dst, `,"InitiatingProcessParentFileName":"%s","LocalIP":"%s","LocalIPType":"Private","LocalPort":%d,"Protocol":"Tcp","RemoteIP":"%s","RemotePort":%d,"RemoteUrl":"%s","Type":"DeviceNetworkEvents"`,
		f.parent, f.on.ip, f.local, f.ip, f.port, f.url)
	return dst
}
