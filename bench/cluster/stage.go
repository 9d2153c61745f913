package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"sparkless/bench/sample"
	"sparkless/bench/scene"
	"sparkless/publish/publishtest"
)

// stage is where plays take place: a storage with an export of several days, and a
// server of Temporal.
type stage struct {
	options
	root    string
	storage *scene.Storage
	server  *server
	// Destinations have one address for all plays: what is kept names it.
	sinks  *scene.Destinations
	days   []time.Time
	truths map[string]*result // what the local engine makes of it, by the day or days

	mu      sync.Mutex
	playing *play
}

// address of the storage for processes, each of which has a proxy of its own for it. The
// settings of all are the same, as they have to be of those who work together.
const storageURL = "http://storage.cluster.test/devstoreaccount1"

// newStage starts the storage and uploads the export.
func newStage(ctx context.Context, o options, root string) (*stage, error) {
	s := &stage{options: o, root: root, truths: map[string]*result{}}
	var err error
	if s.storage, err = scene.Open(ctx); err != nil {
		return nil, err
	}
	if s.sinks, err = scene.Start(s.accept); err != nil {
		return nil, errors.Join(err, s.close())
	}
	export, err := s.storage.Container(ctx, scene.Export)
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	last := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	for earlier := o.days - 1; earlier >= 0; earlier-- {
		cfg := sample.Default()
		cfg.Seed, cfg.Events, cfg.Names, cfg.Earlier = o.seed, o.events, o.events/20, earlier
		cfg.Day = last.AddDate(0, 0, -earlier)
		s.days = append(s.days, cfg.Day)
		_, err := sample.Generate(cfg, func(name string, data []byte) error {
			return scene.Append(ctx, export, name, data)
		})
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	return s, nil
}

func (s *stage) close() error {
	s.storage.Close()
	var err error
	if s.sinks != nil {
		err = s.sinks.Close()
	}
	if s.server != nil {
		err = errors.Join(err, s.server.close())
	}
	return err
}

// last is the day of runs, as flags have it.
func (s *stage) last() string { return s.days[len(s.days)-1].Format(time.DateOnly) }

// run and backfill are the command lines of the program.
func (s *stage) run() []string { return []string{"run", "--day", s.last()} }

func (s *stage) backfill() []string {
	return []string{"backfill", "--from", s.days[0].Format(time.DateOnly), "--to", s.days[len(s.days)-1].AddDate(0, 0, 1).Format(time.DateOnly)}
}

// play is one scenario under way: an empty work store, fresh destinations, and
// processes.
type play struct {
	*stage
	name     string
	rng      *rand.Rand
	folder   string
	work     *container.Client
	workName string
	replicas []*replica
	notes    []string

	mu     sync.Mutex // guards what follows
	rows   []string   // that the destinations took, as text
	health int        // records of runs that they took
}

// replica is a process of the program.
type replica struct {
	*process
	door *door
}

// newPlay prepares a play.
func (s *stage) newPlay(ctx context.Context, name string) (*play, error) {
	p := &play{stage: s, name: name, rng: rand.New(rand.NewPCG(s.seed, hash(name))), folder: filepath.Join(s.root, name), workName: "work-" + name}
	if err := os.Mkdir(p.folder, 0o755); err != nil {
		return nil, err
	}
	var err error
	p.work, err = s.storage.Container(ctx, p.workName)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.playing = p
	return p, err
}

// hash makes a number of a name, so that a scenario does not hang on those before it.
func hash(name string) (n uint64) {
	for _, c := range []byte(name) {
		n = n*31 + uint64(c)
	}
	return n
}

// accept notes what came to a destination for the present play.
func (s *stage) accept(collected bool, r publishtest.Row) {
	s.mu.Lock()
	p := s.playing
	s.mu.Unlock()
	p.accept(collected, r)
}

func (p *play) accept(collected bool, r publishtest.Row) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if scene.IsHealth(r) {
		p.health++
		return
	}
	var text strings.Builder
	fmt.Fprint(&text, collected)
	for _, column := range r.Columns {
		fmt.Fprintf(&text, "\x00%s %s", column, r.Values[column])
	}
	p.rows = append(p.rows, text.String())
}

// close ends the play and whatever of it still runs.
func (p *play) close(ctx context.Context) error {
	var err error
	for _, r := range p.replicas {
		select {
		case <-r.ended:
		default:
			err = errors.Join(err, r.kill(ctx))
		}
		err = errors.Join(err, r.door.proxy.Close())
	}
	return err
}

// launch starts a process of the program. Its settings are those of all others; it has
// its own folder and door, as a container has.
func (p *play) launch(ctx context.Context, binary string, args ...string) (*replica, error) {
	d, err := newDoor(p.storage)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("%s-%d", args[0], len(p.replicas)+1)
	folder := filepath.Join(p.folder, name)
	if err := os.Mkdir(folder, 0o755); err != nil {
		return nil, err
	}
	env := slices.Concat(scene.Environ(), p.sinks.Env(), scene.HealthEnv(), []string{
		"HTTP_PROXY=" + d.proxy.Address,
		"SPARKLESS_STORAGE_CONNECTION_STRING=" + scene.ConnectionString(storageURL),
		"SPARKLESS_WORK_CONTAINER=" + p.workName,
	})
	if p.server != nil {
		env = append(env, "SPARKLESS_TEMPORAL_ADDRESS="+p.server.address)
	}
	started, err := start(ctx, command{name: name, argv: append([]string{binary}, args...), env: env, folder: folder, apart: true})
	if err != nil {
		return nil, errors.Join(err, d.proxy.Close())
	}
	r := &replica{process: started, door: d}
	p.replicas = append(p.replicas, r)
	return r, nil
}

// together are the flags of all who work together, beside those that all runs have.
func (s *stage) together() []string {
	return append(s.settings(), "--engine", "temporal", "--batch-size", s.batch)
}

// settings are the flags that all runs of a play have, whatever their engine.
func (s *stage) settings() []string {
	return []string{"--shard-size", s.shard, "--out", "findings-{day}.jsonl", "--log-level", "debug", "--log-format", "json", "--no-progress", "--workers", "4"}
}

// crew starts n equal processes that share the work.
func (p *play) crew(ctx context.Context, binary string, n int, args []string) ([]*replica, error) {
	args = slices.Concat(args, p.together())
	var out []*replica
	for range n {
		r, err := p.launch(ctx, binary, args...)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// finish returns when processes have ended as they should.
func finish(ctx context.Context, all ...*replica) error {
	for _, r := range all {
		if err := r.wait(ctx); err != nil {
			return err
		}
		if err := r.wantCode(0); err != nil {
			return err
		}
	}
	return nil
}

// truth is what the local engine makes of what args say: the same twice, or it would
// tell nothing.
func (s *stage) truth(ctx context.Context, args []string) (*result, error) {
	key := strings.Join(args, "-")
	if t := s.truths[key]; t != nil {
		return t, nil
	}
	first, err := s.local(ctx, "local-"+args[0], args)
	if err != nil {
		return nil, err
	}
	if len(first.rows) == 0 || len(first.files) < 2 || len(first.objects) < 2 {
		return nil, fmt.Errorf("too little for a comparison: %d records, %d files, %d objects", len(first.rows), len(first.files), len(first.objects))
	}
	second, err := s.local(ctx, "local-again-"+args[0], args)
	if err != nil {
		return nil, err
	}
	if err := second.equal(first); err != nil {
		return nil, fmt.Errorf("two runs differ: %w", err)
	}
	s.truths[key] = first
	return first, nil
}

// local runs the program with the local engine.
func (s *stage) local(ctx context.Context, name string, args []string) (t *result, err error) {
	p, err := s.newPlay(ctx, name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close(ctx)) }()
	r, err := p.launch(ctx, s.binary, slices.Concat(args, s.settings())...)
	if err != nil {
		return nil, err
	}
	if err := finish(ctx, r); err != nil {
		return nil, err
	}
	return p.result(ctx, r)
}

// await returns when a request is held, whose process has to be alive.
func (r *replica) await(ctx context.Context, h *hold) error {
	select {
	case <-h.reached:
		return nil
	case <-r.ended:
		return fmt.Errorf("%s has ended before it could be disturbed: with code %d:\n%s", r.name, r.code, r.log.tail())
	case <-ctx.Done():
		return fmt.Errorf("%s was not at work in time: %w:\n%s", r.name, ctx.Err(), r.log.tail())
	}
}

// workflows are those that the logs of all processes name.
func (p *play) workflows() []string {
	var ids []string
	for _, r := range p.replicas {
		ids = append(ids, r.log.workflows()...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// received is how many records the destinations took.
func (p *play) received() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.rows)
}

// doubled is how many of them had come before.
func (p *play) doubled() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := map[string]bool{}
	for _, r := range p.rows {
		seen[r] = true
	}
	return len(p.rows) - len(seen)
}

// healthy is how many records of runs they took.
func (p *play) healthy() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.health
}

// saveLogs leaves the logs of all processes where the options say.
func (p *play) saveLogs() error {
	if p.logs == "" {
		return nil
	}
	folder := filepath.Join(p.logs, p.name)
	err := os.MkdirAll(folder, 0o755)
	for _, r := range p.replicas {
		err = errors.Join(err, os.WriteFile(filepath.Join(folder, r.name+".log"), []byte(r.log.String()), 0o644))
	}
	return err
}
