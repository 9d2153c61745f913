package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"sparkless/bench/sample"
	"sparkless/masquerade"
	"sparkless/network"
	"sparkless/storage/local"
)

func (a *app) sampleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sample",
		Short: "Write a realistic sample day of exports into a folder",
		Long: `Sample writes a day of SecurityEvent exports of an invented company, with planted
impostors: OUT/am-securityevent holds the blobs, OUT/truth-DAY.json says what is
in them. The same seed gives the same bytes. --days adds days before it, on which some
of the impostors were there. --cases adds what the other hunts look for: people with
habits of logging on, attacks among logons and processes, and OUT/am-devicenetworkevents.
Read it with

  sparkless run --folder OUT --day DAY`,
		Example: `  sparkless sample --out sample
  sparkless sample --out big --events 5000000 --names 50000 --hosts 3000 --seed 7`,
	}
	cfg := sample.Default()
	flags := cmd.Flags()
	out := flags.String("out", "sample", "folder to write to")
	day := flags.String("day", "", "the UTC day, like 2026-11-20; yesterday if empty")
	days := flags.Int("days", 1, "how many days of the same company, up to the day")
	flags.Uint64Var(&cfg.Seed, "seed", cfg.Seed, "what to draw everything from")
	flags.IntVar(&cfg.Events, "events", cfg.Events, "how many events, of all IDs; about 1.4 kB each")
	flags.IntVar(&cfg.Hosts, "hosts", cfg.Hosts, "how many hosts")
	flags.IntVar(&cfg.Names, "names", cfg.Names, "about how many distinct process names")
	flags.IntVar(&cfg.Impostors, "impostors", cfg.Impostors, "how many impostors to plant")
	flags.BoolVar(&cfg.Cases, "cases", cfg.Cases, "plant what the hunts process, logon and network are to find, too")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg.Day = midnight(a.now()).AddDate(0, 0, -1)
		if *day != "" {
			var err error
			if cfg.Day, err = parseDay("--day", *day); err != nil {
				return err
			}
		}
		if *days < 1 || *days > 366 {
			return usageError{fmt.Errorf("--days: %d: give 1 to 366", *days)}
		}
		last := cfg
		for earlier := range *days {
			cfg.Earlier, cfg.Day = earlier, last.Day.AddDate(0, 0, -earlier)
			if err := cfg.Validate(); err != nil {
				return usageError{err}
			}
			if err := a.writeSample(cmd, cfg, *out); err != nil {
				return err
			}
		}
		return nil
	}
	return cmd
}

func (a *app) writeSample(cmd *cobra.Command, cfg sample.Config, out string) error {
	ctx := cmd.Context()
	container := filepath.Join(out, masquerade.Container)
	put, err := putting(ctx, container)
	if err != nil {
		return err
	}
	truth, err := sample.Generate(cfg, put)
	if err != nil {
		return err
	}
	if cfg.Cases {
		if put, err = putting(ctx, filepath.Join(out, network.Container)); err != nil {
			return err
		}
		traffic, cases, err := sample.GenerateNetwork(cfg, put)
		if err != nil {
			return err
		}
		truth.Network, truth.Cases = &traffic, append(truth.Cases, cases...)
	}
	text, err := truth.Encode()
	if err != nil {
		return err
	}
	truthFile := filepath.Join(out, "truth-"+cfg.Day.Format(time.DateOnly)+".json")
	if err := os.WriteFile(truthFile, text, 0o644); err != nil {
		return fmt.Errorf("writing the truth file: %w", err)
	}
	findable := len(slices.DeleteFunc(slices.Clone(truth.Impostors), func(i sample.Impostor) bool { return !i.Passes }))
	a.log.Info("sample day written", "day", truth.Day, "folder", container, "blobs", truth.Blobs, "bytes", truth.Bytes, "events", truth.Lines,
		"process creations", truth.ProcessEvents, "names", len(truth.Processes), "impostors", len(truth.Impostors), "above the default similarity", findable, "truth", truthFile)
	return nil
}

// putting makes a folder and returns what puts blobs there.
func putting(ctx context.Context, folder string) (func(name string, data []byte) error, error) {
	store, err := local.New(local.Config{Folder: folder, Create: true})
	if err != nil {
		return nil, err
	}
	return func(name string, data []byte) error { return store.Put(ctx, name, data) }, nil
}
