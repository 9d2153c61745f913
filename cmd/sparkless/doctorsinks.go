package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sparkless/cmd/sparkless/doctor"
	"sparkless/publish"
	"sparkless/publish/datacollector"
	"sparkless/publish/logsingestion"
	"sparkless/storage/event"
	"sparkless/storage/printable"
)

func (x *exam) dataCollector(ctx context.Context) doctor.Finding {
	if !x.v.usesDataCollector() {
		return doctor.Skip("no datacollector setting is set")
	}
	return x.tables(ctx, dataCollector, keyAdvice())
}

// outlets are those of the chosen hunts: one for each table.
func (x *exam) outlets() (all []outlet) {
	all = slices.Clone(x.draft.outlets)
	if p := x.draft.pursuits; len(p) > 0 && len(all) < 2 {
		all = append(all, ofAnomalies(p[0].name(), !x.draft.masquerades))
	}
	return all
}

// tables asks a destination for the table of each outlet, up to one that it would not
// take records for.
func (x *exam) tables(ctx context.Context, open func(*values, outlet) (publish.Sink, error), keys []string) doctor.Finding {
	var seen []string
	var last doctor.Finding
	for _, o := range x.outlets() {
		s, err := open(x.v, o)
		if err != nil {
			return doctor.Fail(usageError{err})
		}
		if last = x.sink(ctx, s, keys); last.State != doctor.Passed {
			return last
		}
		seen = append(seen, last.Text)
	}
	return doctor.Pass("%s", strings.Join(slices.Compact(seen), "; "))
}

// keyAdvice is what to do about a workspace's key that is refused.
func keyAdvice() []string {
	return []string{
		"az monitor log-analytics workspace get-shared-keys --resource-group <group> --workspace-name <workspace>   # datacollector.shared-key has to be one of them",
		"az monitor log-analytics workspace show --resource-group <group> --workspace-name <workspace> --query customerId   # datacollector.workspace-id has to be this",
	}
}

// health asks where the records of runs go, as the destinations of findings are.
func (x *exam) health(ctx context.Context) doctor.Finding {
	sinks, err := healthSinks(x.v)
	if err != nil {
		return doctor.Fail(usageError{err})
	}
	if len(sinks) == 0 {
		return doctor.Skip("neither datacollector.health-log-type nor logsingestion.health-stream is set: no record of runs is sent")
	}
	var last doctor.Finding
	for _, s := range sinks {
		var keys []string
		if _, ok := s.(*datacollector.Sink); ok {
			keys = keyAdvice()
		}
		if last = x.sink(ctx, s, keys); last.State != doctor.Passed {
			break
		}
	}
	return last
}

func (x *exam) logsIngestion(ctx context.Context) doctor.Finding {
	if !x.v.usesLogsIngestion() {
		return doctor.Skip("no logsingestion setting is set")
	}
	return x.tables(ctx, logsIngestion, nil)
}

// sink asks a destination whether it would take records. Keys is what to do about
// credentials that are refused; nil stands for an identity's.
func (x *exam) sink(ctx context.Context, s publish.Sink, keys []string) doctor.Finding {
	checker, ok := s.(publish.Checker)
	if !ok {
		return doctor.Skip("it cannot be asked without publishing")
	}
	seen, err := checker.Check(ctx)
	switch {
	case err == nil:
		return doctor.Pass("%s", seen)
	case errors.Is(err, publish.ErrUntold):
		return doctor.Skip(err.Error(), "a run shows it: sparkless run says in its log what was delivered")
	case errors.Is(err, publish.ErrDenied) && keys != nil:
		return doctor.Fail(denied{err}, keys...)
	case errors.Is(err, publish.ErrDenied):
		return doctor.Fail(denied{err}, x.ruleAdvice(ctx, err)...)
	case errors.Is(err, publish.ErrSettings):
		return doctor.Fail(usageError{err})
	}
	return doctor.Fail(err, "check the endpoint, the firewall and the proxy; findings are kept in the work store, and sent when the destination is back")
}

// ruleAdvice says how to give the role on the rule, which the service may have
// named.
func (x *exam) ruleAdvice(ctx context.Context, err error) []string {
	role, ok := errors.AsType[*logsingestion.RoleError](err)
	if !ok {
		return signInAdvice()
	}
	x.meet(ctx, logsingestion.DefaultAudience)
	if role.ObjectID != "" && x.who.ObjectID != role.ObjectID {
		x.who.ObjectID, x.who.User = role.ObjectID, false
	}
	scope := shellWord(role.Rule)
	if role.Rule == "" {
		scope = fmt.Sprintf(`"$(az monitor data-collection rule list --query "[?immutableId=='%s'].id" --output tsv)"`, x.v.text("logsingestion.rule-id"))
	}
	return []string{x.grant("Monitoring Metrics Publisher", scope)}
}

// columns of a rule are a matter of the management API, for which the token is not.
func (x *exam) columns(context.Context) doctor.Finding {
	if !x.v.usesLogsIngestion() {
		return doctor.Skip("no logsingestion setting is set")
	}
	var ask []string
	for _, o := range x.outlets() {
		ask = append(ask, fmt.Sprintf(`az monitor data-collection rule list --query "[?immutableId=='%s'].streamDeclarations.\"%s\".columns[].name"   # compare with deploy/logs-ingestion/rule.json`,
			x.v.text("logsingestion.rule-id"), x.v.text("logsingestion."+o.stream)))
	}
	return doctor.Skip("a token for sending cannot read which columns the rule declares; what it does not declare is dropped without a word", ask...)
}

// outputs puts an empty file beside each file that a run writes, and takes it away.
func (x *exam) outputs(context.Context) doctor.Finding {
	var files []string
	for _, o := range x.outlets() {
		files = append(files, outputFiles(x.v, event.Day(x.a.now()), o)...)
	}
	for _, key := range []string{"output.report", "output.summary"} {
		if name := x.v.text(key); name != "" {
			files = append(files, name)
		}
	}
	if len(files) == 0 {
		return doctor.Skip("no output file is set")
	}
	var folders []string
	for _, name := range files {
		if name == "-" {
			continue // stdout
		}
		folder, missing, err := existing(filepath.Dir(name))
		if err == nil {
			err = writable(folder)
		}
		if err != nil {
			return doctor.Fail(fmt.Errorf("%s: %w", address(name), err), "give this user the right to write to "+address(folder)+", or choose another path")
		}
		if missing {
			folder += " (where folders are made)"
		}
		if folder = address(folder); !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
	}
	return doctor.Pass("files can be made in %s", printable.Whole(strings.Join(folders, ", ")))
}

func writable(folder string) error {
	f, err := os.CreateTemp(folder, ".sparkless-doctor-*.tmp")
	if err != nil {
		return withoutPath(err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
