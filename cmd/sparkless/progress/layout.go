package progress

import (
	"fmt"
	"strings"
	"time"

	"github.com/rivo/uniseg"
)

// field is a part of the line. Those of low rank have room first.
type field struct {
	text string
	rank int
}

// What has room first, after the phase.
const (
	rankGraph = 1 + iota
	rankBytes
	rankClock
	rankTo
	rankSpeed
	rankBlobs
	rankDate
	rankPercent
	ranks
)

// Widths of the graph, with its brackets.
const (
	leastGraph = 8
	mostGraph  = 32
)

// layout is one line of no more than width columns. What has no room is left out,
// the least important first.
func layout(s State, speed float64, width int) string {
	fields := fieldsOf(s, speed)
	left := width - columns(fields[0].text)
	if left < 0 {
		return cut(fields[0].text, width)
	}
	graph := 0
	shown := map[int]bool{0: true}
	for rank := range ranks {
		if rank == rankGraph && s.Bytes > 0 && left > leastGraph {
			graph = leastGraph
			left -= graph + 1
		}
		for i, f := range fields {
			if need := columns(f.text) + 2; f.rank == rank && i > 0 && f.text != "" && need <= left {
				shown[i] = true
				left -= need
			}
		}
	}
	if graph > 0 {
		graph = min(graph+left, mostGraph)
	}
	var line strings.Builder
	for i, f := range fields {
		if !shown[i] {
			continue
		}
		if i > 0 {
			line.WriteString("  ")
		}
		line.WriteString(f.text)
		if i == 0 && graph > 0 {
			line.WriteString(" " + graphOf(s, graph))
		}
	}
	return line.String()
}

// fieldsOf are the parts of the line from left to right; the first is always shown.
func fieldsOf(s State, speed float64) []field {
	head, date := s.Phase, ""
	switch {
	case s.Of > 1:
		head, date = fmt.Sprintf("%s day %d of %d", head, s.Number, s.Of), s.What
	case s.What != "":
		head += " " + s.What
	}
	fields := []field{{head, 0}, {date, rankDate}}
	if s.To != "" {
		fields = append(fields, field{"to " + s.To, rankTo})
	}
	if s.Bytes > 0 {
		fields = append(fields, field{percent(s), rankPercent}, field{bytesOf(s), rankBytes})
		fields = append(fields, field{fmt.Sprintf("%4s events/s", short(speed)), rankSpeed})
		if s.Blobs > 0 { // of a run on many machines they are not known
			fields = append(fields, field{fmt.Sprintf("%*d/%d blobs", len(fmt.Sprint(s.Blobs)), s.BlobsDone, s.Blobs), rankBlobs})
		}
	}
	return append(fields, field{clock(s.Elapsed), rankClock})
}

// percent is rounded down: 100 % is all.
func percent(s State) string {
	return fmt.Sprintf("%3d%%", int(float64(s.BytesDone)/float64(s.Bytes)*100))
}

func graphOf(s State, width int) string {
	width -= len("[]")
	full := int(float64(s.BytesDone) / float64(s.Bytes) * float64(width))
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", width-full) + "]"
}

// bytesOf gives both numbers in the unit of the larger.
func bytesOf(s State) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}
	unit, size := 0, 1.0
	for ; unit < len(units)-1 && float64(s.Bytes)/size >= 1000; unit++ {
		size *= 1024
	}
	digits := 1
	if unit == 0 {
		digits = 0
	}
	of := fmt.Sprintf("%.*f", digits, float64(s.Bytes)/size)
	return fmt.Sprintf("%*.*f/%s %s", len(of), digits, float64(s.BytesDone)/size, of, units[unit])
}

// short is a number with two digits or three.
func short(n float64) string {
	units := []string{"", "k", "M", "G"}
	unit := 0
	for ; unit < len(units)-1 && n >= 999.5; unit++ {
		n /= 1000
	}
	if unit > 0 && n < 9.95 {
		return fmt.Sprintf("%.1f%s", n, units[unit])
	}
	return fmt.Sprintf("%.0f%s", n, units[unit])
}

// clock is minutes and seconds, and hours once there are any.
func clock(d time.Duration) string {
	s := int(d / time.Second)
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// columns is how wide a text is on a terminal.
func columns(text string) int { return uniseg.StringWidth(text) }

// cut is as much of a text as fits the width, without halves of characters.
func cut(text string, width int) string {
	var out strings.Builder
	state := -1
	for text != "" {
		var cluster string
		var wide int
		cluster, text, wide, state = uniseg.FirstGraphemeClusterInString(text, state)
		if width -= wide; width < 0 {
			break
		}
		out.WriteString(cluster)
	}
	return out.String()
}
