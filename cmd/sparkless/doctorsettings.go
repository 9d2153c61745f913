package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"sparkless/cmd/sparkless/doctor"
	"sparkless/publish/suppress"
	"sparkless/storage"
	"sparkless/storage/printable"
)

func (x *exam) program(context.Context) doctor.Finding {
	return doctor.Pass("sparkless %s, %s, %s/%s, %d processors", buildVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0))
}

// settingsRead tells where the settings come from.
func (x *exam) settingsRead(context.Context) doctor.Finding {
	if x.unread == nil {
		if err := x.v.checkMisplaced(); err != nil {
			x.unread = usageError{err}
		}
	}
	if x.unread != nil {
		return doctor.Fail(x.unread, "`sparkless config validate` names every problem at once, `sparkless help environment` every variable")
	}
	from := map[string]int{}
	for _, s := range settings() {
		kind, _, _ := strings.Cut(x.v.origin[s.key], " ")
		if x.v.file.name != "" && strings.HasPrefix(x.v.origin[s.key], x.v.file.name) {
			kind = "file"
		}
		from[kind]++
	}
	file := "no settings file (there is no " + defaultConfig + " in the working directory)"
	if x.v.file.name != "" {
		file = fmt.Sprintf("%d from %s", from["file"], x.v.file.name)
	}
	return doctor.Pass("%s, %d from the environment, %d from flags", file, from["environment"], from["flag"])
}

// vault fetches what a run would, and shows no more than names.
func (x *exam) vault(ctx context.Context) doctor.Finding {
	host, wanted := hostOf(x.v.text("key-vault.url")), x.v.fromVault()
	switch {
	case host == "":
		return doctor.Skip("key-vault.url is not set")
	case len(wanted) == 0:
		return doctor.Skip("all that it may hold is set elsewhere: a run does not ask it")
	}
	found, err := fetchVault(ctx, x.v, wanted)
	if err != nil {
		return doctor.Fail(err, x.vaultAdvice(ctx, err)...)
	}
	var has, lacks []string
	for _, s := range wanted {
		if x.v.origin[s.key] == x.v.vaultOrigin() {
			has = append(has, s.name+" for "+s.key)
		} else {
			lacks = append(lacks, s.name+" for "+s.key)
		}
	}
	text := fmt.Sprintf("%s has %d of %d secrets: %s", host, len(found), len(wanted), listed(has))
	if len(lacks) > 0 {
		text += "; it does not have " + strings.Join(lacks, ", ")
	}
	if len(found) == 0 {
		return doctor.Warn(text, "store the secrets under these names, or leave key-vault.url out")
	}
	return doctor.Pass("%s", text)
}

func (x *exam) vaultAdvice(ctx context.Context, err error) []string {
	host := hostOf(x.v.text("key-vault.url"))
	name, _, _ := strings.Cut(host, ".")
	switch text := err.Error(); {
	case strings.Contains(text, "Key Vault Secrets User"):
		x.meet(ctx, "https://vault.azure.net")
		return []string{x.grant("Key Vault Secrets User", fmt.Sprintf(`"$(az keyvault show --name %s --query id --output tsv)"`, shellWord(name)))}
	case strings.Contains(text, "network rules"):
		return []string{fmt.Sprintf("az keyvault network-rule add --name %s --ip-address <the address of this machine, as the Internet sees it>", shellWord(name)),
			privateZone("key vault", "privatelink.vaultcore.azure.net")}
	case errors.Is(err, storage.ErrDenied):
		return signInAdvice()
	}
	return []string{"check key-vault.url, the firewall, and the private DNS zone privatelink.vaultcore.azure.net if the vault has a private endpoint"}
}

// settings are looked at as a run does before it asks anybody.
func (x *exam) settings(context.Context) doctor.Finding {
	var err error
	x.draft, err = x.a.draft(x.v)
	if err = errors.Join(err, x.a.checkWindow(x.v)); err != nil {
		return doctor.Fail(usageError{errors.Join(x.v.placed(problemsIn(err))...)})
	}
	work := x.draft.work.folder
	if work == "" {
		work = "container " + x.draft.work.container
	}
	text := fmt.Sprintf("reads %s, keeps its work in %s, profile %s", address(x.draft.Source), address(work), x.v.text("masquerade.profile"))
	switch {
	case x.v.on("job.dry-run"):
		return doctor.Warn(text+"; a dry run, which publishes nothing", "leave job.dry-run ("+x.v.origin["job.dry-run"]+") out to publish")
	case !x.v.usesDataCollector() && !x.v.usesLogsIngestion() && len(x.v.list("output.files")) == 0:
		return doctor.Warn(text+"; findings go nowhere but to stdout", "set output.files (--out), datacollector.* or logsingestion.* to keep or send them")
	}
	return doctor.Pass("%s", text)
}

// aLot is the memory with which ten gigabytes of exports with 200,000 names have
// gone through with some to spare: 445 MB at most (bench/runs).
const aLot = 512 << 20

func (x *exam) memory(context.Context) doctor.Finding {
	n, err := x.v.memory()
	if err != nil {
		return doctor.Fail(usageError{err})
	}
	source := "nine tenths of the machine's"
	switch _, bad := memlimit.FromCgroup(); {
	case x.v.text("job.memory") != "auto":
		source = "job.memory, " + x.v.origin["job.memory"]
	case debug.SetMemoryLimit(-1) < math.MaxInt64:
		source = "GOMEMLIMIT"
	case bad == nil:
		source = "nine tenths of the container's"
	}
	text := fmt.Sprintf("a run may take %d MiB (%s)", n>>20, source)
	switch {
	case n == 0:
		return doctor.Warn("nothing says how much memory there is: a run takes what it needs", "set job.memory (--memory)")
	case n < aLot:
		return doctor.Warn(text+": that does for a day of a gigabyte, which takes about 70 MB, and not for every large one", fmt.Sprintf("give the container %d MiB or more for a day of ten gigabytes", aLot>>20))
	}
	return doctor.Pass("%s, enough for a day of ten gigabytes with 200,000 names", text)
}

func (x *exam) facts(context.Context) doctor.Finding {
	name := x.v.text("masquerade.facts")
	if name == "" {
		return doctor.Skip("masquerade.facts is not set: the built-in facts are used")
	}
	if _, err := readFacts(name); err != nil {
		return doctor.Fail(usageError{fmt.Errorf("masquerade.facts (%s): %w", x.v.origin["masquerade.facts"], err)})
	}
	return doctor.Pass("%s is read", address(name))
}

func (x *exam) suppressions(context.Context) doctor.Finding {
	name, now := x.v.text("suppress.file"), x.a.now()
	if name == "" {
		return doctor.Skip("suppress.file is not set: nothing is suppressed")
	}
	rules, err := suppress.Load(name)
	if err != nil {
		return doctor.Fail(usageError{fmt.Errorf("suppress.file (%s): %w", x.v.origin["suppress.file"], err)})
	}
	var expired, soon []string
	for _, r := range rules.All {
		where := fmt.Sprintf("line %d on %s", r.Line, r.Expires.Format(time.DateOnly))
		switch {
		case !r.InForce(now):
			expired = append(expired, where)
		case !r.InForce(now.AddDate(0, 0, 7)):
			soon = append(soon, where)
		}
	}
	text := fmt.Sprintf("%s has %d rules", address(name), len(rules.All))
	if len(expired)+len(soon) == 0 {
		return doctor.Pass("%s, none expired", text)
	}
	return doctor.Warn(fmt.Sprintf("%s; expired: %s; within a week: %s", text, listed(expired), listed(soon)),
		"look at these findings again, and take the rules away or give them another day: sparkless suppress list --suppressions "+shellWord(name))
}

func listed(texts []string) string {
	const most = 8
	switch {
	case len(texts) == 0:
		return "none"
	case len(texts) > most:
		return fmt.Sprintf("%s and %d more", listed(texts[:most]), len(texts)-most)
	}
	return printable.Whole(strings.Join(texts, ", "))
}
