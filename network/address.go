package network

import "net/netip"

// special are the IPv4 ranges that no host on the internet has, by the IANA IPv4
// Special-Purpose Address Registry (RFC 6890 and what updates it), multicast (RFC 5771),
// and the address at which Azure's platform answers its virtual machines
// (168.63.129.16; Microsoft Learn, "What is IP address 168.63.129.16?").
func special() []netip.Prefix {
	return prefixes("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
		"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32")
}

// special6 are those within 2000::/3, the only block of IPv6 that addresses of the
// internet are given out of: protocol assignments, documentation (RFC 3849, RFC 9637).
func special6() []netip.Prefix { return prefixes("2001::/23", "2001:db8::/32", "3fff::/20") }

// reachable are the ranges within those that the registries call globally reachable.
func reachable() []netip.Prefix {
	return prefixes("192.0.0.9/32", "192.0.0.10/32", "2001:1::1/128", "2001:1::2/128", "2001:1::3/128",
		"2001:3::/32", "2001:4:112::/48", "2001:20::/28", "2001:30::/28")
}

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, t := range texts {
		list = append(list, netip.MustParsePrefix(t))
	}
	return list
}

// ranges tells addresses of the internet from others.
type ranges struct {
	special, reachable                    []netip.Prefix
	global, translated, sixToFour, teredo netip.Prefix
}

func newRanges() ranges {
	return ranges{
		special: append(special(), special6()...), reachable: reachable(),
		global:     netip.MustParsePrefix("2000::/3"),
		translated: netip.MustParsePrefix("64:ff9b::/96"), // RFC 6052
		sixToFour:  netip.MustParsePrefix("2002::/16"),    // RFC 3056
		teredo:     netip.MustParsePrefix("2001::/32"),    // RFC 4380
	}
}

// public returns the address that text spells, without a zone, and whether a host on
// the internet has it. An IPv6 address that carries one of IPv4 is judged by that, and
// an IPv4-mapped one is that.
func (r *ranges) public(text string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}, false
	}
	a = a.WithZone("").Unmap()
	if a.Is4() {
		return a, r.isPublic(a)
	}
	b := a.As16()
	switch {
	case r.translated.Contains(a):
		return a, r.isPublic(netip.AddrFrom4([4]byte(b[12:16])))
	case r.sixToFour.Contains(a):
		return a, r.isPublic(netip.AddrFrom4([4]byte(b[2:6])))
	case r.teredo.Contains(a):
		return a, r.isPublic(netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]}))
	}
	return a, r.global.Contains(a) && r.isPublic(a)
}

func (r *ranges) isPublic(a netip.Addr) bool { return within(r.reachable, a) || !within(r.special, a) }

func within(list []netip.Prefix, a netip.Addr) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
