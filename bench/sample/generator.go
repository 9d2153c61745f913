package sample

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

const (
	ticksPerSecond = 10_000_000
	windowCount    = 288 // folders of five minutes in a day
	windowTicks    = 300 * ticksPerSecond
	maxBlobs       = 10 // of a folder: PT05M_10 would sort before PT05M_2
)

// generator holds what all windows share. A window depends on nothing that an
// earlier one has drawn, so that their order is free.
type generator struct {
	cfg      Config
	passing  *rand.Rand // of what is of one day alone, if it is an earlier one
	dates    [2]string  // "2006-01-02T" of the day and of the next
	tenant   string
	estate   *estate
	known    map[string]*program // the catalogues, by lower-cased name
	used     map[string]struct{} // invented names and impostors, lower-cased
	plan     *plan
	others   []*otherEvent // as often as their weight says
	created  template      // of 4688
	logons   []logon
	load     [windowCount]int
	events   []int        // per window
	creates  []int        // 4688 per window
	rare     [][]*program // per window
	lineEnd  string
	squeezed bytes.Buffer
	gzip     *gzip.Writer

	documents, serviceGroups, sites []string

	cases   []Case
	extra   [][]happening  // by window, of cases and habits
	planted map[string]int // processes of cases, by name in lower case

	blobs        int
	bytes, lines int64
}

func newGenerator(cfg Config) *generator {
	rng := rand.New(rand.NewPCG(cfg.Seed, 0))
	day := cfg.Day.UTC()
	g := &generator{
		cfg:     cfg,
		dates:   [2]string{day.Format("2006-01-02T"), day.AddDate(0, 0, 1).Format("2006-01-02T")},
		tenant:  string(appendGUID(nil, rng)),
		estate:  newEstate(rng, cfg.Hosts, strings.ToLower(strings.Split(cfg.Workspace, "/")[2])),
		known:   map[string]*program{},
		used:    map[string]struct{}{},
		logons:  logons(),
		lineEnd: "}\n",
	}
	g.gzip, _ = gzip.NewWriterLevel(io.Discard, gzip.BestSpeed) // fails only for unknown levels
	if cfg.Layout.CRLF {
		g.lineEnd = "}\r\n"
	}
	if cfg.Earlier > 0 {
		g.passing = rand.New(rand.NewPCG(cfg.Seed, windowCount+uint64(cfg.Earlier)))
	}
	g.addWords()
	g.plan = g.newPlan(rng)
	g.used = nil
	g.created = g.recordTemplate(eventKind{id: processCreated, task: 13312, title: "A new process has been created.", account: "subject", columns: processColumns})
	for _, k := range otherKinds() {
		e := &otherEvent{eventKind: k, record: g.recordTemplate(k), program: g.known[k.program]}
		g.others = append(g.others, slices.Repeat([]*otherEvent{e}, k.weight)...)
	}
	if g.passing != nil {
		rng = g.passing
	}
	g.load = loadCurve(rng, day.Weekday())
	g.events = share(cfg.Events, g.load[:])
	g.creates = share(cfg.Events/2, g.load[:])
	g.rare = g.plan.spread(rng, g.creates)
	if cfg.Cases {
		g.addCases()
	}
	return g
}

func (g *generator) addWords() {
	g.documents = strings.Fields(`Offer Budget Minutes Roster Invoice Ledger Forecast Inventory Onboarding Audit Contract
		Dispatch Pallets Quality Travel Expenses Backlog Release Newsletter Checklist Handover Tariff Stock Shipping Orders
		Payroll Recipe Layout Drawing Survey Training Claims Returns Suppliers Warehouse`)
	g.serviceGroups = []string{
		"netsvcs -p -s Schedule", "netsvcs -p -s wuauserv", "netsvcs -p -s BITS", "netsvcs -p -s Appinfo", "netsvcs -p -s gpsvc",
		"netsvcs -p -s wlidsvc", "LocalService -p -s LicenseManager", "LocalServiceNetworkRestricted -p -s lmhosts",
		"LocalSystemNetworkRestricted -p -s PcaSvc", "NetworkService -p -s CryptSvc", "wsappx -p -s ClipSVC", "wsappx -p -s AppXSvc",
		"UnistackSvcGroup -s CDPUserSvc", "DcomLaunch -p", "RPCSS -p", "wusvcs -p -s WaaSMedicSvc", "SDRSVC", "swprv",
	}
	g.sites = strings.Fields("cdn.parcel-news.example files.quickshare.example static.weather.invalid updates.toolbar.invalid")
}

// loadCurve gives each window a weight: nights are quiet, working hours are
// busy but for lunch, tasks are scheduled for the full hour; weekends stay low.
func loadCurve(rng *rand.Rand, weekday time.Weekday) (load [windowCount]int) {
	hours := [25]int{30, 28, 27, 27, 28, 34, 52, 86, 112, 120, 118, 110, 92, 108, 116, 112, 100, 78, 56, 44, 38, 35, 33, 31, 30}
	for w := range load {
		h, m := w/12, w%12
		load[w] = 10 * (hours[h]*(12-m) + hours[h+1]*m) / 12
		if weekday == time.Saturday || weekday == time.Sunday {
			load[w] = 300 + load[w]/8
		}
		if m == 0 {
			load[w] += 150
		}
		load[w] += load[w] * (rng.IntN(21) - 10) / 100
	}
	return load
}

// share divides total by the weights, in whole numbers.
func share(total int, weights []int) []int {
	sum, upTo, given := 0, 0, 0
	for _, w := range weights {
		sum += w
	}
	parts := make([]int, len(weights))
	for i, w := range weights {
		upTo += w
		parts[i] = total*upTo/sum - given
		given += parts[i]
	}
	return parts
}

// run emits the day.
func (g *generator) run(emit func(name string, data []byte) error) error {
	names := newNamer(g.cfg)
	if g.cfg.Layout.Spark {
		if err := g.put(emit, names.marker(), nil); err != nil {
			return err
		}
	}
	var buf []byte
	for _, w := range names.order() {
		err := g.window(w, &buf, func(part int, data []byte) error {
			return g.put(emit, names.blob(w, part), data)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// put emits one blob.
func (g *generator) put(emit func(name string, data []byte) error, name string, data []byte) error {
	g.blobs++
	g.bytes += int64(len(data))
	if err := emit(name, data); err != nil {
		return fmt.Errorf("sample: blob %s: %w", name, err)
	}
	return nil
}

// window writes the blobs of one five-minute folder, using buf.
func (g *generator) window(w int, buf *[]byte, put func(part int, data []byte) error) error {
	s := &scene{rng: rand.New(rand.NewPCG(g.cfg.Seed+uint64(g.cfg.Earlier)<<32, uint64(w)+1))}
	rare := slices.Clone(g.rare[w])
	n, creates, perBlob := g.events[w], g.creates[w], g.blobLines()
	part, data := 0, g.start((*buf)[:0])
	for i := range n {
		span := windowTicks / int64(n)
		s.at = int64(w)*windowTicks + min(span*int64(i)+s.rng.Int64N(2*span), windowTicks-1)
		if s.rng.IntN(n-i) < creates { // exactly creates of n
			p := g.drawProcess(s.rng, &rare, creates, g.load[w])
			creates--
			data = g.appendProcess(data, s, p)
		} else {
			data = g.appendOther(data, s)
		}
		if (i+1)%perBlob == 0 && i+1 < n && part+1 < maxBlobs {
			if err := put(part, g.finish(data)); err != nil {
				return err
			}
			part, data = part+1, g.start(data[:0])
		}
	}
	data, extra := g.appendHappenings(data, w)
	g.lines += int64(n + extra)
	*buf = data
	if n+extra == 0 {
		return nil
	}
	return put(part, g.finish(data))
}

func (g *generator) blobLines() int {
	switch {
	case g.cfg.Layout.Spark:
		return g.cfg.Events + 1
	case g.cfg.BlobLines > 0:
		return g.cfg.BlobLines
	}
	return max(g.cfg.Events*3/(windowCount*2), 1)
}

// start begins a blob.
func (g *generator) start(dst []byte) []byte {
	if g.cfg.Layout.BOM {
		dst = append(dst, "\ufeff"...)
	}
	return dst
}

// finish gives the bytes of a blob whose lines are data.
func (g *generator) finish(data []byte) []byte {
	if !g.cfg.Layout.Gzip {
		return data
	}
	g.squeezed.Reset()
	g.gzip.Reset(&g.squeezed)
	// A bytes.Buffer takes everything, so that neither call can fail.
	_, _ = g.gzip.Write(data)
	_ = g.gzip.Close()
	return g.squeezed.Bytes()
}

// drawProcess draws what is started next when left process events of a window
// are still to come: one of rare, so that all of them get their turn, or a
// common one. People start little while the load is low.
func (g *generator) drawProcess(rng *rand.Rand, rare *[]*program, left, load int) *program {
	if r := *rare; rng.IntN(left) < len(r) {
		k := rng.IntN(len(r))
		p := r[k]
		r[k] = r[len(r)-1]
		*rare = r[:len(r)-1]
		return p
	}
	p := g.drawCommon(rng)
	for range 2 {
		if p.shape.who != usr && p.shape.who != own || rng.IntN(900) < load {
			break
		}
		p = g.drawCommon(rng)
	}
	return p
}

// appendProcess writes one record of 4688.
func (g *generator) appendProcess(dst []byte, s *scene, p *program) []byte {
	p.seen++
	s.on = g.estate.machine(s.rng, p.shape.on)
	g.estate.cast(s, p.shape.who)
	s.base = p.base
	dir := p.shape.dirs[0]
	switch k := s.rng.IntN(16); {
	case k == 0 && p.shape.upper != nil:
		dir = p.shape.upper
		s.base = strings.ToLower(s.base)
	case k < 4:
		dir = pick(s.rng, p.shape.dirs)
	}
	s.path = append(g.expand(s.path[:0], dir, s), s.base...)
	parent := p.shape.parents[0]
	if s.rng.IntN(4) == 0 {
		parent = pick(s.rng, p.shape.parents)
	}
	s.parent = append(g.expand(s.parent[:0], parent.shape.dirs[0], s), parent.base...)
	s.command = s.command[:0]
	if !s.on.quiet {
		s.command = g.expand(s.command, pick(s.rng, p.shape.commands), s)
	}
	if p.impostor != nil {
		p.impostor.record(s)
	}
	return g.appendRecord(dst, g.created, s)
}

func (g *generator) appendRecord(dst []byte, record template, s *scene) []byte {
	dst = append(dst, '{')
	dst = g.expand(dst, record, s)
	return append(dst, g.lineEnd...)
}
