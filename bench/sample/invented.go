package sample

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// family is a way of naming programs of which there is no end: installers of
// every version, temporary copies, tools that the company wrote for itself.
type family struct {
	weight int
	entry  entry // base is unused
	name   func(rng *rand.Rand) string
	shape  *shape
}

func (g *generator) newFamilies(list []family) []family {
	for i := range list {
		list[i].shape = newShape(list[i].entry)
		list[i].shape.parents = g.parentsOf(list[i].entry.parents)
	}
	return list
}

// invent makes a program with a name that no other has.
func (g *generator) invent(rng *rand.Rand, families []family) *program {
	sum := 0
	for _, f := range families {
		sum += f.weight
	}
	x, f := rng.IntN(sum), 0
	for ; x >= families[f].weight; f++ {
		x -= families[f].weight
	}
	p := &program{shape: families[f].shape}
	for try := 0; ; try++ {
		p.base = families[f].name(rng)
		if try > 3 { // the words have run out: number the names
			stem, ext, _ := cutExtension(p.base)
			p.base = stem + strconv.Itoa(try+rng.IntN(100*try)) + ext
		}
		if g.claim(p.key()) {
			return p
		}
	}
}

// claim notes key as taken, and says whether it was free.
func (g *generator) claim(key string) bool {
	_, known := g.known[key]
	_, used := g.used[key]
	g.used[key] = struct{}{}
	return !known && !used
}

// cutExtension cuts name before its last dot.
func cutExtension(name string) (stem, ext string, ok bool) {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return name, "", false
	}
	return name[:i], name[i:], true
}

// words are what invented names are made of.
type words struct {
	products, things, doers, modules, vendors []string
}

func newWords() words {
	return words{
		products: strings.Fields(`7z AdobeAIR Anaconda3 Audacity AutoHotkey Bitwarden Blender CCleaner Camtasia CitrixWorkspaceApp
			Cyberduck DBeaver DbVisualizer Docker-Desktop Draw.io Dropbox Eclipse-JEE Evernote FileZilla FoxitReader Gephi GIMP
			GitHubDesktop GitKraken Git Gpg4win Grafana HandBrake IrfanView Inkscape Insomnia IntelliJ-IDEA JabRef KNIME KeePassXC
			KiCad LibreOffice Logitech-Options Miro MobaXterm Mendeley MongoDB-Compass Nextcloud NodeJS Notion Npcap Obsidian
			OpenVPN PDF24 PDFsam Paint.NET Postman PowerBI ProjectLibre PyCharm QGIS R-base RStudio Rambox RapidMiner SQLyog
			ShareX Signal SketchUp SoapUI SumatraPDF TortoiseSVN TortoiseGit Thunderbird TreeSize UltraVNC VMware-Player Ventoy
			VirtualBox Vivaldi VSCodeUser WebStorm WinMerge WinRAR Wireshark XnView Xming Zotero calibre cmake dotnet-sdk ffmpeg
			gh helm jdk jre mRemoteNG npp nvm-setup nxclient pgAdmin4 putty python rufus rustup scrcpy sqldeveloper strawberry-perl
			syncthing vlc windirstat wkhtmltox yarn zulu`),
		things: strings.Fields(`Absence Address Archive Asset Audit Badge Barcode Batch Bill Booking Budget Cargo Catalogue Claim
			Contract Cost Courier Crane Customer Customs Delivery Device Dispatch Document Dock Door Energy Expense Fax Fleet
			Forecast Freight Gate Gauge Goods Holiday Inventory Invoice Item Journal Kiosk Label Lab Ledger Licence Loan Locker
			Machine Mail Maintenance Manifest Material Meter Month Notice Offer Order Packing Pallet Parcel Part Payment Payroll
			Permit Phone Picking Plant Port Price Product Project Purchase Quality Quote Rack Receipt Report Return Roster Route
			Safety Sample Scale Schedule Scrap Sensor Serial Shift Shipment Shop Site Spare Stock Supplier Tariff Tax Ticket
			Timecard Toll Tool Track Trailer Training Transport Travel Truck User Vehicle Vendor Visitor Voucher Warehouse Waste
			Weigh Yard Zone`),
		doers: strings.Fields(`Adapter Agent Archiver Batch Board Bridge Browser Builder Calculator Capture Checker Cleaner Client
			Collector Connector Console Converter Copy Counter Dashboard Desk Editor Entry Exchange Export Feeder Finder Fixer
			Gateway Import Index Launcher Link Loader Logger Lookup Mailer Manager Mapper Match Merge Monitor Mover Notifier
			Parser Planner Poller Post Printer Proxy Publisher Pump Purge Query Reader Reconcile Recorder Relay Reminder Replay
			Router Runner Scan Scheduler Search Sender Server Service Sign Sorter Split Stamp Station Sync Tagger Terminal Tracker
			Transfer Tray Updater Upload Validator Verify View Watch Wizard Writer`),
		modules: strings.Fields(`api auth billing cache catalog checkout config crypto diff encoding events export forecast geo
			graph http import index jobs ledger lexer logging mail metrics notify orders parser payments planner pricing proxy
			queue render reports retry router sched search session shipping stock storage sync tax trace tree users vault webhooks`),
		vendors: strings.Fields(`Alsteria Bluefern Caldera Delphin Everhalt Fennmark Gildane Hexalon Ironvale Jutland Kestrix
			Lumora Merrow Nordlys Ostrava Pelagia Quillon Ravenna Sundahl Tamarin Umbriel Velora Wexford Yarrow`),
	}
}

func (w words) version(rng *rand.Rand) string {
	v := fmt.Sprintf("%d.%d.%d", 1+rng.IntN(26), rng.IntN(20), rng.IntN(30))
	if rng.IntN(4) == 0 {
		v += fmt.Sprintf(".%d", rng.IntN(9000))
	}
	return v
}

func (w words) installer(rng *rand.Rand) string {
	p, v := pick(rng, w.products), w.version(rng)
	switch rng.IntN(7) {
	case 0:
		return p + "-" + v + "-x64.exe"
	case 1:
		return p + "_" + strings.ReplaceAll(v, ".", "_") + "_setup.exe"
	case 2:
		return p + "-Setup-" + v + ".exe"
	case 3:
		return p + "-" + v + "-win64-installer.exe"
	case 4:
		return p + "." + v + ".Installer.x64.exe"
	case 5:
		return p + "-" + v + ".tmp"
	default:
		return p + "Setup (" + strconv.Itoa(1+rng.IntN(4)) + ").exe"
	}
}

func (w words) inhouse(rng *rand.Rand) string {
	a, b := pick(rng, w.things), pick(rng, w.doers)
	switch rng.IntN(6) {
	case 0:
		return "Bw" + a + b + ".exe"
	case 1:
		return "bw-" + strings.ToLower(a) + "-" + strings.ToLower(b) + ".exe"
	case 2:
		return "Brackwater." + a + "." + b + ".exe"
	case 3:
		return pick(rng, w.vendors) + a + b + ".exe"
	case 4:
		return pick(rng, w.vendors) + "." + a + b + ".exe"
	default:
		return a + b + ".exe"
	}
}

func hexName(rng *rand.Rand, before string, digits int, after string) string {
	return before + string(appendHex(nil, rng.Uint64(), digits)) + after
}

// lastingFamilies name programs that are installed somewhere and stay.
func (w words) lastingFamilies() []family {
	return []family{
		{6, entry{"", inhouse + `{doc}\|C:\Apps\{doc}\`, "explorer.exe|BwPortal.exe", usr, wks, `"{path}" /profile {doc} || "{path}" || "{path}" "C:\Users\{user}\Documents\{doc}.xml"`}, w.inhouse, nil},
		{4, entry{"", inhouse + `Services\|D:\Services\{doc}\`, "services.exe|BwJobRunner.exe|svchost.exe", svc, srv, `"{path}" --service || "{path}" -job {doc} -batch {n}`}, w.inhouse, nil},
	}
}

// passingFamilies name programs that come, run once or twice, and go.
func (w words) passingFamilies() []family {
	downloads := `C:\Users\{user}\Downloads\|` + local + `Temp\|C:\Windows\ccmcache\{n}\`
	return []family{
		{30, entry{"", downloads, "explorer.exe|chrome.exe|msedge.exe|CcmExec.exe", usr, wks, `"{path}" || "{path}" /S || "{path}" /VERYSILENT /NORESTART /SP-`}, w.installer, nil},
		{16, entry{"", inhouse + `{doc}\|\\srv-file-01\apps$\{doc}\`, "explorer.exe|cmd.exe", usr, ws, `"{path}" || "{path}" /env prod`}, w.inhouse, nil},
		{8, entry{"", local + `Temp\|C:\Windows\Temp\`, "msiexec.exe|explorer.exe|services.exe", sys, ws, `"{path}" /q /norestart || "{path}" -burn.clean.room || {path}`},
			func(rng *rand.Rand) string { return hexName(rng, "", 8+4*rng.IntN(3), ".exe") }, nil},
		{7, entry{"", `C:\Windows\Installer\`, "msiexec.exe", sys, all, `"{path}"`},
			func(rng *rand.Rand) string {
				return "MSI" + strings.ToUpper(hexName(rng, "", 3+rng.IntN(3), "")) + ".tmp"
			}, nil},
		{6, entry{"", local + `Temp\{clsid}\.cr\|C:\ProgramData\Package Cache\{clsid}\`, "explorer.exe|msiexec.exe|svchost.exe", sys, ws, `"{path}" -burn.filehandle.attached={n} -burn.filehandle.self={n} /quiet /norestart`},
			func(rng *rand.Rand) string {
				return strings.ToUpper(string(appendGUID(nil, rng))) + pick(rng, []string{".exe", "-setup.exe", ".tmp"})
			}, nil},
		{5, entry{"", local + `Temp\go-build{n}{n}\b001\|C:\src\{doc}\build\`, "go.exe|Code.exe|devenv.exe|cmd.exe", usr, wks, `{path} -test.timeout=10m0s -test.run={doc} || "{path}" --filter {doc}`}, w.devOutput, nil},
		{5, entry{"", `C:\Windows\Temp\CR_{hex}.tmp\|` + pf86 + `Microsoft\EdgeUpdate\Install\{clsid}\`, "MicrosoftEdgeUpdate.exe|GoogleUpdate.exe|updater.exe", sys, wks, `"{path}" --msedge --verbose-logging --do-not-launch-msedge --system-level || "{path}" --system-level`}, w.browserInstaller, nil},
		{4, entry{"", `C:\Windows\Temp\|` + windr + `SoftwareDistribution\Download\{hex}\`, "wuauclt.exe|TiWorker.exe|svchost.exe", sys, all, `"{path}" /q || "{path}" -s`}, w.systemUpdate, nil},
		{4, entry{"", pdata + `Dell\Drivers\|C:\SWSetup\{doc}\`, "dcu-cli.exe|explorer.exe|CcmExec.exe", sys, wks, `"{path}" /s /l=C:\ProgramData\Dell\{n}.log || "{path}" /s`}, w.driverPack, nil},
	}
}

func (w words) devOutput(rng *rand.Rand) string {
	m := pick(rng, w.modules)
	switch rng.IntN(5) {
	case 0:
		return m + ".test.exe"
	case 1:
		return fmt.Sprintf("__debug_bin%d.exe", rng.Uint32())
	case 2:
		return hexName(rng, m+"_", 7, "") + hexName(rng, "", 9, ".exe")
	case 3:
		return "cmTC_" + hexName(rng, "", 5, ".exe")
	default:
		return pick(rng, w.things) + "." + pick(rng, w.doers) + ".Tests.exe"
	}
}

func (w words) browserInstaller(rng *rand.Rand) string {
	v := fmt.Sprintf("%d.0.%d.%d", 138+rng.IntN(6), 3000+rng.IntN(4500), rng.IntN(200))
	switch rng.IntN(3) {
	case 0:
		return v + "_chrome_installer.exe"
	case 1:
		return "MicrosoftEdge_X64_" + v + ".exe"
	default:
		return fmt.Sprintf("MicrosoftEdge_X64_%s_%d.0.%d.%d.exe", v, 136+rng.IntN(4), 3000+rng.IntN(500), rng.IntN(200))
	}
}

func (w words) systemUpdate(rng *rand.Rand) string {
	switch rng.IntN(4) {
	case 0:
		return fmt.Sprintf("windows11.0-kb50%05d-x64_%s.exe", rng.IntN(100_000), hexName(rng, "", 8, ""))
	case 1:
		return hexName(rng, "mpam-", 8, ".exe")
	case 2:
		return fmt.Sprintf("Windows-KB890830-x64-V5.%d.exe", 100+rng.IntN(40))
	default:
		return fmt.Sprintf("%s%d-kb%d-fullfile-x64-glb.exe", pick(rng, strings.Fields("word excel outlook mso visio proof")), 2013+3*rng.IntN(2), 4_000_000+rng.IntN(1_600_000))
	}
}

func (w words) driverPack(rng *rand.Rand) string {
	switch rng.IntN(3) {
	case 0:
		return fmt.Sprintf("sp%d.exe", 90_000+rng.IntN(70_000))
	case 1:
		kind := pick(rng, strings.Fields("Intel-Chipset-Device-Software Realtek-High-Definition-Audio-Driver Intel-Wi-Fi-Driver Dell-Dock-Firmware-Update Intel-Management-Engine-Driver"))
		return fmt.Sprintf("%s_%s_WIN64_%s_A%02d.EXE", kind, strings.ToUpper(hexName(rng, "", 5, "")), w.version(rng), rng.IntN(20))
	default:
		return fmt.Sprintf("n%c%cu%d%dw.exe", 'a'+rng.IntN(26), 'a'+rng.IntN(26), rng.IntN(10), rng.IntN(10))
	}
}
