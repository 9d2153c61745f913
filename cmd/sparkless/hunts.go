package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"sparkless/job"
	"sparkless/logon"
	"sparkless/masquerade"
	"sparkless/network"
	"sparkless/process"
	"sparkless/publish/anomaly"
)

// The modes of hunts.
const (
	modeDefault  = "default"
	modeNotebook = "notebook"
)

// huntSettings are the settings of which hunts run, and how.
func huntSettings() []setting {
	return []setting{
		{"hunts.detect", "detect", []string{masquerade.Name}, "hunts to run, like " + strings.Join(huntNames(), ",") + ", or all; those of one container read it once", false},
		{"hunts.mode", "mode", modeDefault, "default, or notebook: each hunt does as the notebook that it comes from", false},
		{"hunts.budget", "budget", anomaly.Budget, "findings a day at most of each hunt but masquerade, suppressed ones not counted, the highest scores first; 0 for no bound", false},
		{namesAsAnomalies, "masquerade-anomalies", false, "publish findings of masquerade a second time among those of the other hunts, in their shape; the budget does not cut them", false},
		{"process.model", "model", "", "model file that sparkless train wrote, with which the hunt process judges in place of a forest over the day", false},
		{"network.container", "network-container", network.Container, "container of the export of DeviceNetworkEvents", false},
	}
}

// huntNames are the hunts that there are, in the order in which they run.
func huntNames() []string {
	names := []string{masquerade.Name}
	for _, k := range pursuitKinds() {
		names = append(names, k.name)
	}
	return names
}

// pursuitKind is one of the hunts whose findings are anomalies.
type pursuitKind struct {
	name  string
	title string // for people
	note  string // what it looks for
	reads string // the container, as the export calls it
	make  func(a *app, v *values, h *hunt) (pursuit, error)
}

// pursuitKinds are all of them, in the order in which they run.
func pursuitKinds() []pursuitKind {
	return []pursuitKind{
		{process.Name, "Executions", "Programs that were run in a way unlike the others of the day: command lines, parents, places and hosts.", process.Container, makeProcess},
		{logon.Name, "Logons", "Accounts whose logons of a day are unlike those of their other days, and attacks on passwords.", logon.Container, makeLogon},
		{network.Name, "Connections", "Programs that connect to public addresses and seldom do.", network.Container, makeNetwork},
	}
}

func makeProcess(a *app, v *values, h *hunt) (pursuit, error) {
	p, err := processParams(v)
	if err != nil {
		return nil, usageError{err}
	}
	c, err := newChase(a, v, h, true, func() pursued[*process.State] { return process.New(p, h.Scope, h.Workers) })
	if err != nil {
		return nil, err
	}
	var last process.Outcome
	c.detector.(*process.Detector).Observe(func(o process.Outcome) { last = o })
	c.notes = func() []string { return notesOf(last) }
	return c, nil
}

// processParams are the settings of the hunt through executions.
func processParams(v *values) (process.Params, error) {
	p := process.DefaultParams()
	p.Notebook = v.text("hunts.mode") == modeNotebook
	if name := v.text("process.model"); name != "" {
		m, err := readModel(name)
		if err != nil {
			return p, fmt.Errorf("process.model (%s): %w", v.origin["process.model"], err)
		}
		p.Model = m
	}
	return p, p.Validate()
}

// readModel reads a model that `sparkless train` has written.
func readModel(name string) (*process.Model, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address(name), withoutPath(err))
	}
	defer func() { _ = f.Close() }() // nothing was written
	m, err := process.ReadModel(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address(name), err)
	}
	return m, nil
}

// notesOf is what a reader of the findings should know beside them.
func notesOf(o process.Outcome) (notes []string) {
	if o.LeftOut > 0 {
		notes = append(notes, fmt.Sprintf("%s of programs for which there was no room were not judged", count(o.LeftOut, "execution")))
	}
	if o.Drift != nil {
		notes = append(notes, o.Drift.Lines()...)
	}
	return notes
}

func makeLogon(a *app, v *values, h *hunt) (pursuit, error) {
	p := logon.DefaultParams()
	p.Notebook = v.text("hunts.mode") == modeNotebook
	if h.Fields != nil {
		return nil, usageError{fmt.Errorf("hunts.detect (%s): logon reads the table SecurityEvent, and fields.preset, fields.map or fields.events say that the source is another one: leave logon out", v.origin["hunts.detect"])}
	}
	return newChase(a, v, h, false, func() pursued[*logon.State] { return logon.New(p, h.Scope, h.Workers) })
}

func makeNetwork(a *app, v *values, h *hunt) (pursuit, error) {
	p := network.DefaultParams()
	p.Notebook = v.text("hunts.mode") == modeNotebook
	c, err := newChase(a, v, h, false, func() pursued[*network.Connections] { return network.New(p, h.Scope, h.Workers) })
	if err != nil {
		return nil, err
	}
	var last network.Outcome
	c.detector.(*network.Detector).Observe(func(o network.Outcome) { last = o })
	c.notes = func() (notes []string) {
		if last.Events > 0 && last.Connections == 0 {
			notes = append(notes, fmt.Sprintf("of %s none is a successful connection to a public address, so there is nothing to judge", count(last.Events, "event")))
		}
		return notes
	}
	return c, nil
}

// containerOf is what the settings call a container of an export.
func containerOf(v *values, exported string) string { return v.text(containerSetting(exported)) }

// containerSetting is the setting that does.
func containerSetting(exported string) string {
	if exported == network.Container {
		return "network.container"
	}
	return "storage.container"
}

// mainContainer is the one that the first of the hunts reads.
func mainContainer(v *values) string { return containerOf(v, firstExport(v)) }

// chosen are the hunts to run, in their order, each once.
func chosen(v *values) ([]string, error) {
	const key = "hunts.detect"
	wanted := map[string]bool{}
	for _, text := range v.list(key) {
		for name := range strings.SplitSeq(text, ",") {
			name = strings.ToLower(strings.TrimSpace(name))
			switch {
			case name == "all":
				for _, one := range huntNames() {
					wanted[one] = true
				}
			case slices.Contains(huntNames(), name):
				wanted[name] = true
			default:
				return nil, fmt.Errorf("%s (%s): %s is no hunt%s", key, v.origin[key], address(name), didYouMean(nearest(name, huntNames()), "there are "+strings.Join(huntNames(), ", ")+", and all"))
			}
		}
	}
	if len(wanted) == 0 {
		return nil, fmt.Errorf("%s (%s): it names no hunt: there are %s, and all", key, v.origin[key], strings.Join(huntNames(), ", "))
	}
	return slices.DeleteFunc(huntNames(), func(name string) bool { return !wanted[name] }), nil
}

// checkHunts finds what is wrong with the settings of hunts of these names.
func checkHunts(v *values, names []string) error {
	var errs []error
	if m := v.text("hunts.mode"); m != modeDefault && m != modeNotebook {
		errs = append(errs, fmt.Errorf("hunts.mode (%s): %s is neither %s nor %s", v.origin["hunts.mode"], address(m), modeDefault, modeNotebook))
	}
	if n := v.whole("hunts.budget"); n < 0 {
		errs = append(errs, fmt.Errorf("hunts.budget (%s): %d is less than none", v.origin["hunts.budget"], n))
	}
	if f := v.text("output.format"); len(names) > 1 && (f == "csv" || f == "parquet") {
		errs = append(errs, fmt.Errorf("output.format (%s): %s has the columns of one hunt, and hunts.detect (%s) names several: write a file for each with --out findings-{hunt}.%s", v.origin["output.format"], f, v.origin["hunts.detect"], f))
	}
	named := slices.Contains(names, masquerade.Name)
	anomalies := named && v.on(namesAsAnomalies) || slices.ContainsFunc(names, func(name string) bool { return name != masquerade.Name })
	if named && anomalies {
		errs = append(errs, tablesApart(v, "datacollector.log-type", "datacollector.anomaly-log-type"), tablesApart(v, "logsingestion.stream", "logsingestion.anomaly-stream"))
	}
	if anomalies {
		errs = append(errs, tablesApart(v, "datacollector.health-log-type", "datacollector.anomaly-log-type"), tablesApart(v, "logsingestion.health-stream", "logsingestion.anomaly-stream"))
	}
	return errors.Join(errs...)
}

// tablesApart refuses one table for records of other columns.
func tablesApart(v *values, others, anomalies string) error {
	if table := v.text(others); table != "" && strings.EqualFold(table, v.text(anomalies)) {
		return fmt.Errorf("%s (%s) and %s (%s) are both %s: findings of the hunts beside masquerade have columns of their own", others, v.origin[others], anomalies, v.origin[anomalies], address(table))
	}
	return nil
}

// huntProfile is the profile of the hunt for masquerading names: in the mode notebook
// that of the notebook, unless another is set.
func huntProfile(v *values) (string, error) {
	profile := v.text("masquerade.profile")
	if v.text("hunts.mode") != modeNotebook || profile == masquerade.Notebook {
		return profile, nil
	}
	if names, err := chosen(v); err == nil && !slices.Contains(names, masquerade.Name) {
		return profile, nil // no profile has a part in it
	}
	if v.origin["masquerade.profile"] != "default" {
		return profile, fmt.Errorf("hunts.mode (%s) is notebook, and masquerade.profile (%s) is %s: leave one out", v.origin["hunts.mode"], v.origin["masquerade.profile"], address(profile))
	}
	return masquerade.Notebook, nil
}

// pursuits makes the hunts that run beside the one for masquerading names. Of those of
// one container each reads for those that come after it.
func (a *app) pursuits(v *values, h *hunt) error {
	names, err := chosen(v)
	if err != nil {
		return err
	}
	h.pursuits = nil
	for _, k := range pursuitKinds() {
		if !slices.Contains(names, k.name) {
			continue
		}
		p, err := k.make(a, v, h)
		if err != nil {
			return err
		}
		h.pursuits = append(h.pursuits, p)
	}
	h.Beside = nil
	if h.masquerades {
		h.Beside = fellowsOf(masquerade.Container, h.pursuits)
	}
	for i, p := range h.pursuits {
		p.beside(fellowsOf(p.container(), h.pursuits[i+1:]))
	}
	return nil
}

// fellowsOf are those of the hunts that read the same container.
func fellowsOf(container string, all []pursuit) (fellows []job.Fellow) {
	for _, p := range all {
		if p.container() == container {
			fellows = append(fellows, p)
		}
	}
	return fellows
}
