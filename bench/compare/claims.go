package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"sparkless/bench/record"
)

// claim is a promise and what was measured of it.
type claim struct {
	text string
	met  bool
}

func (c claim) String() string {
	if c.met {
		return "met      " + c.text
	}
	return "NOT MET  " + c.text
}

// claims measures what is promised of the whole job on a large day, here size
// bytes, and the day of a tenth of that.
func (b *bench) claims(ctx context.Context, size float64) (string, []claim, error) {
	large, err := sampleDay(b.work, dayConfig(size))
	if err != nil {
		return "", nil, err
	}
	small, err := sampleDay(b.work, dayConfig(size/10))
	if err != nil {
		return "", nil, err
	}
	truth, err := truthOf(large)
	if err != nil {
		return "", nil, err
	}
	var out strings.Builder
	reading := counting(b.read("sparkless, reading and counting alone", "context"))
	weighing := b.hunt("sparkless, weighing evidence", "--profile", "balanced")
	weighing.gives = nothing // that the peers give
	whole := section{id: "large", title: fmt.Sprintf("A large day with %d names", len(truth)), day: large, level: "hunt", threads: runtime.NumCPU(), reference: 2,
		contenders: []contender{b.read("read() and count newlines", "lines"), reading, b.hunt(ours), b.hunt("sparkless --strict", "--strict"), weighing}}
	tenth := section{id: "tenth", title: "A tenth of it", day: small, level: "hunt", threads: runtime.NumCPU(), reference: 0, contenders: []contender{b.hunt(ours)}}
	wholeRuns, err := b.run(ctx, whole)
	if err != nil {
		return "", nil, err
	}
	tenthRuns, err := b.run(ctx, tenth)
	if err != nil {
		return "", nil, err
	}
	out.WriteString(text(whole, wholeRuns) + text(tenth, tenthRuns))
	all := []claim{
		ofReading(wholeRuns[2], wholeRuns[1]),
		ofEvidence(wholeRuns[4], wholeRuns[2]),
		linear(large, small, wholeRuns[2], tenthRuns[0]),
	}
	for _, more := range []func(context.Context, day) (claim, error){b.late, b.start, b.binary} {
		c, err := more(ctx, large)
		if err != nil {
			return "", nil, err
		}
		all = append(all, c)
	}
	return out.String(), all, nil
}

func ofReading(whole, reading measured) claim {
	ratio := record.Median(record.Ratios(whole.walls(), reading.walls()))
	peak := float64(record.Median(record.Each(whole.runs, func(c cost) int64 { return c.Peak }))) / 1e6
	return claim{fmt.Sprintf("the whole job takes at most 1.3 times reading and counting alone: %.2f times, peak %.0f MB", ratio, peak), ratio <= 1.3}
}

func ofEvidence(weighing, notebook measured) claim {
	ratio := record.Median(record.Ratios(weighing.walls(), notebook.walls()))
	return claim{fmt.Sprintf("weighing evidence takes at most 1.1 times the job with the notebook's findings: %.2f times", ratio), ratio <= 1.1}
}

func linear(large, small day, many, few measured) claim {
	perByte := (record.Median(many.walls()) / float64(large.bytes)) / (record.Median(few.walls()) / float64(small.bytes))
	return claim{fmt.Sprintf("cost is linear: %.2f s for %s, %.2f s for %s, %.2f times per byte (at most 1.3)",
		record.Median(few.walls()), size(small.bytes), record.Median(many.walls()), size(large.bytes), perByte), perByte <= 1.3}
}

// late adds a blob to a day that is done, and counts what is read again.
func (b *bench) late(ctx context.Context, base day) (claim, error) {
	d := day{folder: filepath.Join(b.work, "late"), ending: base.ending}
	if err := os.RemoveAll(d.folder); err != nil {
		return claim{}, err
	}
	defer func() { _ = os.RemoveAll(d.folder) }() // the next run does otherwise
	middle, err := linked(base, d)
	if err != nil {
		return claim{}, err
	}
	s := section{id: "late", day: d, level: "hunt", threads: runtime.NumCPU(), contenders: []contender{b.hunt(ours)}}
	j, err := b.prepare(s)
	if err != nil {
		return claim{}, err
	}
	argv, env := s.contenders[0].command(j, true)
	first, before, err := b.foldAll(ctx, argv, env, j)
	if err != nil {
		return claim{}, err
	}
	if err := os.Link(middle, strings.TrimSuffix(middle, ".json")+"_99.json"); err != nil {
		return claim{}, err
	}
	second, after, err := b.foldAll(ctx, argv, env, j)
	if err != nil {
		return claim{}, err
	}
	if err := b.sameFromTheStart(ctx, s, j.out); err != nil {
		return claim{}, fmt.Errorf("after a late blob: %w", err)
	}
	fresh := len(slices.DeleteFunc(after, func(name string) bool { return slices.Contains(before, name) }))
	return claim{fmt.Sprintf("a late blob costs one shard, or two where it moves a cut: %d of %d were read, %.2f s after %.2f s for the day",
		fresh, len(before), second.Wall, first.Wall), fresh <= 2}, nil
}

// foldAll runs the hunt and lists the shards that its work store then holds.
func (b *bench) foldAll(ctx context.Context, argv, env []string, j job) (took cost, partials []string, err error) {
	if took, err = measure(ctx, argv, env); err != nil {
		return took, nil, err
	}
	err = filepath.WalkDir(filepath.Join(j.work, "partials"), func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			partials = append(partials, path)
		}
		return err
	})
	return took, partials, err
}

// sameFromTheStart compares a result with that of a run without a past.
func (b *bench) sameFromTheStart(ctx context.Context, s section, out string) error {
	got, err := readResult(out)
	if err != nil {
		return err
	}
	want, err := b.expect(ctx, s)
	if err != nil {
		return err
	}
	if err := compare(want, got); err != nil {
		return fmt.Errorf("%w: %w", errWrong, err)
	}
	return nil
}

// linked makes a day of hard links and returns the path of its middle blob.
func linked(from, to day) (middle string, err error) {
	n := 0
	err = filepath.WalkDir(from.blobs(), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(from.blobs(), path)
		if err != nil {
			return err
		}
		target := filepath.Join(to.blobs(), rel)
		if n++; n == from.files/2 {
			middle = target
		}
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		return os.Link(path, target)
	})
	return middle, err
}

func (b *bench) start(ctx context.Context, _ day) (claim, error) {
	var walls []float64
	for range 21 {
		c, err := measure(ctx, []string{b.sparkless, "--version"}, nil)
		if err != nil {
			return claim{}, err
		}
		walls = append(walls, c.Wall*1000)
	}
	least, most := record.Extremes(walls)
	return claim{fmt.Sprintf("the program starts within 50 ms: %.1f ms (%.1f – %.1f)", record.Median(walls), least, most), record.Median(walls) < 50}, nil
}

func (b *bench) binary(context.Context, day) (claim, error) {
	info, err := os.Stat(b.sparkless)
	if err != nil {
		return claim{}, err
	}
	return claim{fmt.Sprintf("the program is one file of at most 52 MB: %.1f MB", float64(info.Size())/1e6), info.Size() <= 52e6}, nil
}
