package network

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"sparkless/storage/event"
	"sparkless/storage/table"
)

func day(n int) event.Window { return event.Day(time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC)) }

// connection is an event with what tests say of it.
type connection struct {
	at                                                time.Time
	action, device, address, port, url, protocol      string
	file, path, command, parent, account, accountHome string
}

func (c connection) record() *event.Record {
	var texts []*string
	for _, t := range []*string{&c.action, &c.device, &c.address, &c.port, &c.url, &c.protocol, &c.file, &c.path, &c.command, &c.parent, &c.account, &c.accountHome} {
		if *t == "" {
			t = nil
		}
		texts = append(texts, t)
	}
	return event.NewRecord(c.at.UnixNano(), texts...)
}

// browsing is what a fleet does all day.
func browsing(rng *rand.Rand, w event.Window, hosts, events int) (list []connection) {
	programs := []connection{
		{file: "chrome.exe", path: `C:\Program Files\Google\Chrome\Application\chrome.exe`, parent: "explorer.exe"},
		{file: "msedge.exe", path: `C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe`, parent: "explorer.exe"},
		{file: "svchost.exe", path: `C:\Windows\System32\svchost.exe`, parent: "services.exe"},
		{file: "OneDrive.exe", path: `C:\Users\x\AppData\Local\Microsoft\OneDrive\OneDrive.exe`, parent: "explorer.exe"},
		{file: "powershell.exe", path: `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, parent: "svchost.exe", command: "powershell.exe -File C:\\Scripts\\inventory.ps1"},
	}
	for i := range events {
		c := programs[(i/hosts)%len(programs)]
		c.at = w.From.Add(time.Duration(rng.Int64N(int64(24 * time.Hour))))
		c.action, c.device, c.port, c.protocol = "ConnectionSuccess", fmt.Sprintf("host%d.corp.example", i%hosts), "443", "Tcp"
		c.address = fmt.Sprintf("192.31.196.%d", 1+rng.IntN(200))
		c.url = "https://" + c.file + ".example/"
		if i%hosts%7 == 0 {
			c.url = ""
		}
		c.account, c.accountHome = fmt.Sprintf("user%d", i%hosts), "CORP"
		list = append(list, c)
	}
	return list
}

func added(list ...connection) *Connections {
	c := NewConnections()
	for _, x := range list {
		c.Add(x.record())
	}
	return c
}

func encoded(t testing.TB, c *Connections) []byte {
	t.Helper()
	file, err := c.Encode("a note")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// sound checks what is accounted for.
func (c *Connections) sound(t testing.TB) {
	t.Helper()
	held, bytes := cap(c.hosts.values)*keptSize, 0
	refs := map[*interned]int{}
	for _, v := range c.hosts.values {
		refs[v.text]++
	}
	for _, e := range c.entries {
		held += e.size()
		for kind := range e.samples {
			for _, v := range e.samples[kind].values {
				refs[v.text]++
			}
		}
	}
	for x, n := range refs {
		if x.refs != n || c.texts.known[x.text] != x {
			t.Errorf("a text that %d samples hold counts %d", n, x.refs)
		}
		bytes += len(x.text) + internedSize
	}
	if held != c.held || bytes != c.texts.bytes || len(refs) != len(c.texts.known) {
		t.Errorf("accounts for %d and %d bytes, holds %d and %d", c.held, c.texts.bytes, held, bytes)
	}
}

// wild are events of all kinds, with many values of each.
func wild(rng *rand.Rand, n int) (list []connection) {
	pick := func(prefix string, n int) string {
		if k := rng.IntN(n + 1); k > 0 {
			return fmt.Sprint(prefix, k)
		}
		return ""
	}
	for range n {
		c := connection{
			at: day(20).From.Add(time.Duration(rng.Int64N(int64(24 * time.Hour)))), action: "ConnectionSuccess",
			device: pick("host", 200), address: fmt.Sprintf("192.31.%d.%d", 190+rng.IntN(8), rng.IntN(256)), port: pick("4", 30),
			url: pick("site", 30), protocol: pick("Tcp", 2), file: pick("p", 6), parent: pick("parent", 3),
			path: pick(`C:\Windows\Temp\x`, 20), command: pick("cmd /c ", 40), account: pick("user", 30), accountHome: pick("D", 3),
		}
		switch rng.IntN(12) {
		case 0:
			c.address = "10.0.0.1"
		case 1:
			c.action = "ConnectionFailed"
		case 2:
			c.address = fmt.Sprintf("2620:4f:8000::%x", rng.IntN(500))
		case 3:
			c.path = `c:\users\x\downloads\y.exe`
		}
		list = append(list, c)
	}
	return list
}

func TestOrderAndCutsDoNotMatter(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 4 {
		list := wild(rng, 4000)
		whole := added(list...)
		whole.sound(t)
		want := encoded(t, whole)
		rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		merged := NewConnections()
		for len(list) > 0 {
			n := min(len(list), 1+rng.IntN(2000))
			part := added(list[:n]...)
			if rng.IntN(2) == 0 {
				file := encoded(t, part)
				part = NewConnections()
				if _, err := part.Decode(file); err != nil {
					t.Fatal(err)
				}
			}
			part.sound(t)
			before := encoded(t, part)
			merged.Merge(part)
			if !bytes.Equal(before, encoded(t, part)) {
				t.Fatal("merging changed what was merged")
			}
			list = list[n:]
		}
		merged.sound(t)
		if !bytes.Equal(want, encoded(t, merged)) {
			t.Fatal("another order gives other bytes")
		}
	}
}

func TestMoreProcessesThanAreKept(t *testing.T) {
	const n = 2*mostEntries + 3000
	one := func(i int) connection {
		return connection{action: "ConnectionSuccess", address: "192.31.196.1", device: fmt.Sprint("host", i%9000), file: fmt.Sprintf("p%d.exe", i)}
	}
	up, down := NewConnections(), NewConnections()
	for i := range n {
		up.Add(one(i).record())
	}
	half := NewConnections()
	for i := n - 1; i >= 0; i-- {
		c := down
		if i%3 == 0 {
			c = half
		}
		c.Add(one(i).record())
	}
	down.Merge(half)
	down.sound(t)
	if up.Processes() != mostEntries || up.totals.Kept != n {
		t.Errorf("keeps %d processes of %d connections", up.Processes(), up.totals.Kept)
	}
	file := encoded(t, up)
	if !bytes.Equal(file, encoded(t, down)) {
		t.Error("what is left out depends on the order")
	}
	if hosts := up.hosts.number(mostHosts); hosts < 8500 || hosts > 9500 {
		t.Errorf("about %d hosts of 9000", hosts)
	}
	back := NewConnections()
	if _, err := back.Decode(file); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(file, encoded(t, back)) {
		t.Error("what was decoded is encoded otherwise")
	}
}

func TestHostileTexts(t *testing.T) {
	long := strings.Repeat("é", 16<<10)
	c := added(
		connection{action: "ConnectionSuccess", address: "192.31.196.1", device: long, port: long, url: long, protocol: long, file: long, path: long, command: long, parent: long, account: long, accountHome: long},
		connection{action: "ConnectionSuccess", address: "192.31.196.1", file: "a\x00\xff\x1b[31m.exe", path: "\\device\\harddiskvolume3", parent: "\xff", command: "\x1b"},
		connection{action: "ConnectionSuccess", address: "192.31.196.1"},
		connection{action: "ConnectionSuccess", address: long},
	)
	for _, e := range c.sorted() {
		texts := []string{e.name, e.parent}
		for kind := range e.samples {
			for _, v := range e.samples[kind].values {
				texts = append(texts, v.text.text)
			}
		}
		for _, text := range texts {
			if len(text) > longestLine || !utf8.ValidString(text) {
				t.Errorf("keeps %d bytes: %.40q", len(text), text)
			}
		}
	}
	if len(c.entries) != 2 {
		t.Errorf("%d processes of two with names", len(c.entries))
	}
	file := encoded(t, c)
	if _, err := NewConnections().Decode(file); err != nil {
		t.Error(err)
	}
	p := DefaultParams()
	p.Score = 0
	for _, r := range finish(t, p, day(20), c, nil) {
		if strings.ContainsAny(r.Description, "\x00\x1b") {
			t.Errorf("shows %q", r.Description)
		}
	}
}

func TestDamagedFiles(t *testing.T) {
	c := added(wild(rand.New(rand.NewPCG(2, 2)), 500)...)
	file := encoded(t, c)
	for i := 0; i < len(file); i += 1 + i%7 {
		bad := bytes.Clone(file)
		bad[i] ^= 0x41
		if _, err := NewConnections().Decode(bad); !errors.Is(err, table.ErrDamaged) && !errors.Is(err, table.ErrFormat) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
	}
	for i := range 200 {
		if _, err := NewConnections().Decode(file[:len(file)*i/200]); err == nil {
			t.Fatal("a file that is cut is taken")
		}
	}
}

// forged writes a file of the rows as they are, whatever they hold.
func forged(t *testing.T, text string, change func(rows []*entry)) []byte {
	rows := added(browsing(rand.New(rand.NewPCG(3, 3)), day(20), 10, 300)...).sorted()
	change(rows)
	w := table.NewWriter(format, columns())
	w.Extra = text
	var v table.Values
	if err := w.Write(len(rows), func(column int) *table.Values { return fill(&v, rows, column) }); err != nil {
		t.Fatal(err)
	}
	file, err := w.Close("")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestForgedFiles(t *testing.T) {
	const text = `{"Totals":{"Events":300,"Kept":300,"Named":9,"Parent":9},"Hosts":""}`
	if _, err := NewConnections().Decode(forged(t, text, func([]*entry) {})); err != nil {
		t.Fatalf("what Encode writes: %v", err)
	}
	for name, change := range map[string]func([]*entry){
		"count":       func(r []*entry) { r[0].count = 0 },
		"ipv4":        func(r []*entry) { r[0].ipv4 = r[0].count + 1 },
		"named":       func(r []*entry) { r[0].named = -1 },
		"times":       func(r []*entry) { r[0].first = r[0].last + 1 },
		"hours":       func(r []*entry) { r[0].hours[3] += 1 << 40 },
		"no hours":    func(r []*entry) { r[0].hours = [24]int64{} },
		"order":       func(r []*entry) { r[0], r[1] = r[1], r[0] },
		"twice":       func(r []*entry) { r[1].key = r[0].key },
		"no name":     func(r []*entry) { r[0].name = "" },
		"long":        func(r []*entry) { r[0].parent = strings.Repeat("x", longest+1) },
		"sample":      func(r []*entry) { r[0].samples[remotes].values[0].count = 1 << 40 },
		"zero":        func(r []*entry) { r[0].samples[remotes].values[0].count = 0 },
		"unordered":   func(r []*entry) { v := r[0].samples[remotes].values; v[0], v[1] = v[1], v[0] },
		"value twice": func(r []*entry) { v := r[0].samples[remotes].values; v[0].count = 1; v[1] = v[0] },
		"too many":    func(r []*entry) { r[0].samples[ports].values = r[0].samples[remotes].values[:9] },
		"long value":  func(r []*entry) { r[0].samples[ports].values[0].text = &interned{text: strings.Repeat("x", longest+1)} },
	} {
		if _, err := NewConnections().Decode(forged(t, text, change)); !errors.Is(err, table.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{"", "{}", `{"Totals":{"Events":1,"Kept":2,"Named":0,"Parent":0},"Hosts":""}`,
		`{"Totals":{"Events":3,"Kept":2,"Named":3,"Parent":0},"Hosts":""}`, `{"Totals":{"Events":3,"Kept":2,"Named":0,"Parent":0},"Hosts":"AAAA"}`,
		`{"Totals":{"Events":3,"Kept":2,"Named":0,"Parent":0},"Hosts":"AAAAAAAAAAIAAAAAAAAAAQ=="}`} {
		if _, err := NewConnections().Decode(forged(t, text, func([]*entry) {})); !errors.Is(err, table.ErrDamaged) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encoded(f, added(wild(rand.New(rand.NewPCG(2, 2)), 200)...)), "chrome.exe", `C:\Windows\Temp\x`)
	f.Add([]byte{}, "", "")
	f.Fuzz(func(t *testing.T, file []byte, name, path string) {
		c := NewConnections()
		if _, err := c.Decode(file); err != nil {
			c = NewConnections()
		}
		c.Add(connection{action: "ConnectionSuccess", address: path, device: name, file: name, path: path, parent: path, command: path}.record())
		c.Add(connection{action: "ConnectionSuccess", address: "2620:4f:8000::1", device: name, file: name, path: path, parent: path, command: path}.record())
		c.sound(t)
		again := NewConnections()
		if _, err := again.Decode(encoded(t, c)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(encoded(t, c), encoded(t, again)) {
			t.Fatal("another state after decoding")
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	list := browsing(rand.New(rand.NewPCG(1, 1)), day(20), 200, 1<<14)
	records := make([]*event.Record, len(list))
	for i, c := range list {
		records[i] = c.record()
	}
	c := NewConnections()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.Add(records[i%len(records)])
	}
}
