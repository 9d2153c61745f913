package simjoin

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// fleet makes n distinct names as they occur in a large company, and splits them
// by count: the fifth that is most frequent (left) and those seen once (right,
// about 65 %). Products with many versions, installers and temporary files with
// random names, a few GUIDs; names have 18 characters on average. The same seed
// gives the same fleet.
func fleet(n int, seed uint64) (left, right []string) {
	g := &fleetGenerator{Rand: rand.New(rand.NewPCG(seed, 18))}
	g.words(60 + int(math.Sqrt(float64(n))))
	seen := make(map[string]bool, n)
	for len(seen) < n {
		name, once := g.name()
		if seen[name] {
			continue
		}
		seen[name] = true
		switch p := g.Float64(); {
		case p < once:
			right = append(right, name)
		case p < once+(1-once)*4/7:
			left = append(left, name)
		}
	}
	return left, right
}

type fleetGenerator struct {
	*rand.Rand
	vocabulary []string
}

func (g *fleetGenerator) words(n int) {
	syllables := strings.Fields("ac ad al am ant ar as au bar be bit bo cal cam cat cent chro co com con cor cry data de des " +
		"dev di do dri dy ed el en er es ex fac fi fire flow for frame ga gen gra ha help hi host in inter io is ja jo key la le " +
		"lib lo lu ma man me mi mo mon na net ni no o of on op or pa per pho pi plus po port pro qu ra re ri ro run sa scan se " +
		"ser si so sol sta ster su sync sys ta team tech ter ti to tor tra tri tu ty un up va ver vi vo wa web wi win work x yo za")
	for range n {
		var b strings.Builder
		for range 1 + g.IntN(3) {
			b.WriteString(syllables[g.IntN(len(syllables))])
		}
		g.vocabulary = append(g.vocabulary, b.String())
	}
}

// word prefers the first words, so that some products have many names.
func (g *fleetGenerator) word() string {
	p := g.Float64()
	return g.vocabulary[int(p*p*float64(len(g.vocabulary)))]
}

func (g *fleetGenerator) pick(choices string) string {
	fields := strings.Split(choices, "|")
	return fields[g.IntN(len(fields))]
}

func (g *fleetGenerator) from(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[g.IntN(len(alphabet))]
	}
	return string(b)
}

func (g *fleetGenerator) hex(n int) string { return g.from("0123456789abcdef", n) }

func (g *fleetGenerator) version() string {
	switch g.IntN(3) {
	case 0:
		return fmt.Sprintf("%d.%d", 1+g.IntN(20), g.IntN(30))
	case 1:
		return fmt.Sprintf("%d.%d.%d", 1+g.IntN(20), g.IntN(30), g.IntN(100))
	}
	return fmt.Sprintf("%d.%d.%d.%d", 1+g.IntN(20), g.IntN(10), g.IntN(100), g.IntN(3000))
}

// name returns a name and how likely it is to be seen once only.
func (g *fleetGenerator) name() (string, float64) {
	const base36 = "0123456789abcdefghijklmnopqrstuvwxyz"
	switch p := g.Float64(); {
	case p < 0.30:
		return g.word() + g.pick("||_|-|.") + g.word() + g.pick("|||svc|service|helper|host|agent|64|32") + g.pick(".exe|.exe|.exe|.exe|.exe|.com|.scr"), 0.40
	case p < 0.62:
		return g.word() + g.pick("|_|-|_setup_|-setup-|setup|update_|_v") + g.version() + g.pick("|||-x64|_x86|_amd64") + ".exe", 0.65
	case p < 0.76:
		return g.pick("setup_|update-|installer_|patch_|"+g.word()+"_|"+g.word()+"-setup-") + g.hex(6+2*g.IntN(2)) + ".exe", 0.90
	case p < 0.78:
		return fmt.Sprintf("{%s-%s-%s-%s-%s}.exe", g.hex(8), g.hex(4), g.hex(4), g.hex(4), g.hex(12)), 0.95
	case p < 0.92:
		return g.pick("is-|ns|_iu|dotnetfx_|"+g.word()+"_") + g.from(base36, 5+g.IntN(4)) + g.pick(".tmp|.tmp|.tmp|.exe"), 0.93
	}
	return g.word() + g.version() + g.pick(".bin|.dat|.msi|.exe|.part"), 0.60
}

// family makes n distinct names that differ in some hexadecimal digits only, and
// splits them like a fleet.
func family(n, digits int, prefix string, seed uint64) (left, right []string) {
	g := &fleetGenerator{Rand: rand.New(rand.NewPCG(seed, 6))}
	seen := make(map[string]bool, n)
	for len(seen) < n {
		name := prefix + g.hex(digits) + ".exe"
		if seen[name] {
			continue
		}
		seen[name] = true
		switch p := g.Float64(); {
		case p < 0.20:
			left = append(left, name)
		case p > 0.35:
			right = append(right, name)
		}
	}
	return left, right
}
