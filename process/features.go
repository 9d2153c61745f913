package process

import (
	"fmt"
	"math"
	"slices"
)

// facts are what is known of an execution, or of some that are alike.
type facts struct {
	parent string
	vector vector
	hour   int
	rare   rarity
	path   string // of the program
}

// feature is a column of the models.
type feature struct {
	name string
	// value is the number that the models see.
	value func(*facts) float64
	// field is where the vector has it, if it does, and unit its words with a value.
	field *field
	show  func(int) string
	why   string
	// sign is how strongly each value of the field speaks of an attack by itself, from
	// 0 on, each a chance between 0 and 1; the last counts for all above.
	sign                []float64
	tactics, techniques []string
	// notebook features are those that the notebook has; ours are those that it lacks.
	notebook, ours bool
}

// features are the columns, one by one.
//
//	CommandLength         log2 of the command line's bytes, in steps of a half, up to 8 KB
//	SpecialCharacters     share of characters that are neither letters, digits, spaces nor \ : " _ - .
//	UpperCase             share of capitals among the letters
//	Digits                share of digits
//	Entropy               Shannon's entropy of the bytes, in bits
//	Encodings             how many of: a run of 40 or more characters of base64 with capitals, small letters
//	                      and digits; -EncodedCommand or any short form of it, in a line that names
//	                      PowerShell; a function that decodes; four or more of ^ and `, which break up words
//	Destruction, Secrets, OtherMachine, Persistence, DefencesOff, ProxyExecution, AccountDiscovery
//	                      what the line does (deeds.go)
//	DiscoveryWords        words that ask who and what there is, up to 3
//	NetworkWords          words of programs and arguments that reach out, up to 3 (words.go)
//	FileWords             words that copy, pack, delete or give away files, up to 3
//	PrivilegeWords        words of accounts, rights, services and secrets, up to 3
//	HiddenWindow          -WindowStyle Hidden, or a short form of it
//	Download              a function that downloads, or runs what was; or an address given to a program that
//	                      runs what is there, such as mshta
//	ShellOf               a browser, an archive or WMI (1), or a program that opens documents or serves others (2),
//	                      started a shell
//	SystemInUserFolder    SYSTEM, or the machine's account, runs a program out of a user's folder, for the
//	                      scheduler or an installer (1), or not (2)
//	SystemOnUserProgram   SYSTEM, or the machine's account, runs a program that people use
//	UserWritablePath      the program lies where users may write (1), or where nothing stays (2)
//	TemporaryArgument     a shell, or another program that runs what it is told, is given a file in a folder
//	                      where nothing stays
//	HourSin, HourCos      the hour of the day, UTC, on a circle: 23 and 0 are neighbours
//	Weekend               Saturday or Sunday, UTC
//	ParentRarity          how rare this parent is for the program, or the program for this parent
//	HostRarity            on how few hosts the program runs
//	ProgramRarity         how rarely it runs
//
// The notebook has HourOfDay, a number, in place of the circle, UnusualParent, a list of
// parents, in place of what is learned, and looks for words in any place.
func features() []feature {
	return slices.Concat(lineFeatures(), deedFeatures(), placeFeatures())
}

// deedFeatures are what a command line does (deeds.go).
func deedFeatures() (all []feature) {
	fields := deedFields()
	for d, f := range [deeds]feature{
		destroys: {name: "Destruction", why: "it deletes what a restore or an investigation needs", sign: []float64{0, 0.75}, tactics: []string{"Impact"}, techniques: []string{"T1490"}},
		secrets:  {name: "Secrets", why: "it takes passwords or the files that hold them", sign: []float64{0, 0.75}, tactics: []string{"CredentialAccess"}, techniques: []string{"T1003"}},
		remote:   {name: "OtherMachine", why: "it starts something on another machine", sign: []float64{0, 0.55}, tactics: []string{"LateralMovement"}, techniques: []string{"T1021"}},
		persists: {name: "Persistence", why: "it leaves an account, or something that starts again", sign: []float64{0, 0.35}, tactics: []string{"Persistence"}, techniques: []string{"T1053.005"}},
		disarms:  {name: "DefencesOff", why: "it turns defences off", sign: []float64{0, 0.65}, tactics: []string{"DefenseEvasion"}, techniques: []string{"T1562.001"}},
		proxies:  {name: "ProxyExecution", why: "a program of Windows runs what others wrote", sign: []float64{0, 0.6}, tactics: []string{"DefenseEvasion"}, techniques: []string{"T1218"}},
		enumerates: {name: "AccountDiscovery", why: "it asks for accounts, groups or trusts of the domain", sign: []float64{0, 0.5}, tactics: []string{"Discovery"},
			techniques: []string{"T1069.002"}},
	} {
		f.field, f.show, f.ours = &fields[d], showYes, true
		all = append(all, f)
	}
	return all
}

// lineFeatures are what a command line looks like.
func lineFeatures() []feature {
	return []feature{
		{name: "CommandLength", field: &fieldLength, show: showLength, why: "the length of the command line", notebook: true, ours: true},
		{name: "SpecialCharacters", field: &fieldSpecial, show: showEighths, why: "the share of special characters", notebook: true, ours: true},
		{name: "UpperCase", field: &fieldUpper, show: showEighths, why: "the share of capitals among letters", ours: true},
		{name: "Digits", field: &fieldDigits, show: showEighths, why: "the share of digits", ours: true},
		{name: "Entropy", field: &fieldEntropy, show: func(v int) string { return fmt.Sprintf("%.1f bits a byte", float64(v)/2) }, why: "how mixed the characters are", ours: true},
		{name: "Encodings", field: &fieldEncodings, show: showCount, why: "text in an encoding, or an argument that takes it", sign: []float64{0, 0.35, 0.7, 0.85}, ours: true,
			tactics: []string{"DefenseEvasion"}, techniques: []string{"T1027"}},
		{name: "EncodedCommand", field: &fieldNbEncoded, show: showYes, why: "the line has -e, -enc or base64", notebook: true,
			tactics: []string{"DefenseEvasion"}, techniques: []string{"T1027"}},
		{name: "NetworkWords", field: &fieldNetwork, show: showCount, why: "words that reach out over the network", sign: []float64{0, 0.03, 0.08, 0.12}, notebook: true, ours: true},
		{name: "FileWords", field: &fieldFiles, show: showCount, why: "words that copy, pack or delete files", sign: []float64{0, 0.02, 0.05, 0.1}, notebook: true, ours: true},
		{name: "PrivilegeWords", field: &fieldPrivilege, show: showCount, why: "words of accounts, rights, services or secrets", sign: []float64{0, 0.05, 0.1, 0.15}, ours: true},
		{name: "DiscoveryWords", field: &fieldDiscovery, show: showCount, why: "words that ask who and what there is", sign: []float64{0, 0.15, 0.3, 0.4}, ours: true,
			tactics: []string{"Discovery"}, techniques: []string{"T1033"}},
		{name: "PrivilegeKeywords", field: &fieldNbPriv, show: showYes, why: "the line has words of rights", notebook: true},
		{name: "HiddenWindow", field: &fieldHidden, show: showYes, why: "the window is hidden", sign: []float64{0, 0.4}, notebook: true, ours: true,
			tactics: []string{"DefenseEvasion"}, techniques: []string{"T1564.003"}},
		{name: "Download", field: &fieldDownload, show: showYes, why: "it downloads, or runs what was downloaded", sign: []float64{0, 0.6}, ours: true,
			tactics: []string{"CommandAndControl"}, techniques: []string{"T1105"}},
	}
}

// placeFeatures are those of parent, place, time and rarity.
func placeFeatures() []feature {
	return []feature{
		{name: "UnusualParent", value: func(f *facts) float64 { return truth(opensShell(f.parent, f.path) != noShell) }, why: "a program that opens documents or serves others started a shell", notebook: true},
		{name: "ShellOf", value: func(f *facts) float64 { return float64(opensShell(f.parent, f.path)) }, why: "a program that opens documents or serves others started a shell", sign: []float64{0, 0.15, 0.6}, ours: true,
			tactics: []string{"Execution"}, techniques: []string{"T1204.002"}},
		{name: "SystemOnUserProgram", field: &fieldSystem, show: showYes, why: "SYSTEM runs a program that people use", sign: []float64{0, 0.05}, notebook: true, ours: true},
		{name: "SystemInUserFolder", field: &fieldOwn, show: showOwn, why: "SYSTEM runs a program out of a user's folder", sign: []float64{0, 0.2, 0.5}, ours: true,
			tactics: []string{"PrivilegeEscalation"}, techniques: []string{"T1543.003"}},
		{name: "UserWritablePath", field: &fieldPlace, show: showPlace, why: "where the program lies", sign: []float64{0, 0.02, 0.1}, ours: true,
			tactics: []string{"Execution"}, techniques: []string{"T1204.002"}},
		{name: "TemporaryArgument", field: &fieldTemporary, show: showYes, why: "a program that runs what it is told is given a file that does not stay", sign: []float64{0, 0.15}, ours: true,
			tactics: []string{"Execution"}, techniques: []string{"T1204.002"}},
		{name: "HourSin", value: func(f *facts) float64 { return math.Sin(angle(f.hour)) }, why: "the hour of the day", ours: true},
		{name: "HourCos", value: func(f *facts) float64 { return math.Cos(angle(f.hour)) }, why: "the hour of the day", ours: true},
		{name: "HourOfDay", value: func(f *facts) float64 { return float64(f.hour) }, why: "the hour of the day", notebook: true},
		{name: "Weekend", field: &fieldWeekend, show: showYes, why: "the day of the week", notebook: true, ours: true},
		{name: "ParentRarity", value: func(f *facts) float64 { return f.rare.parent }, why: "how rarely this parent starts it", ours: true},
		{name: "HostRarity", value: func(f *facts) float64 { return f.rare.host }, why: "on how few hosts it runs", ours: true},
		{name: "ProgramRarity", value: func(f *facts) float64 { return f.rare.program }, why: "how rarely it runs", ours: true},
	}
}

// angle is that of an hour on the clock's circle of 24.
func angle(hour int) float64 { return 2 * math.Pi * float64(hour) / 24 }

func truth(on bool) float64 {
	if on {
		return 1
	}
	return 0
}

// columnsOf are the features of a mode.
func columnsOf(notebook bool) (columns []feature) {
	for _, f := range features() {
		if notebook && f.notebook || !notebook && f.ours {
			columns = append(columns, f)
		}
	}
	return columns
}

func namesOf(columns []feature) (names []string) {
	for _, f := range columns {
		names = append(names, f.name)
	}
	return names
}

// of is the feature's value of an execution.
func (f *feature) of(x *facts) float64 {
	if f.value != nil {
		return f.value(x)
	}
	v := float64(x.vector.get(*f.field))
	switch f.field {
	case &fieldLength, &fieldEntropy:
		return v / 2
	case &fieldSpecial, &fieldUpper, &fieldDigits:
		return v / eighths
	}
	return v
}

// unlike reports whether a value of the field stands out beside what is usual: of a
// measure any other does, and of all else what there is more of.
func (f *feature) unlike(v, usual int) bool {
	switch f.field {
	case &fieldLength, &fieldEntropy, &fieldSpecial, &fieldUpper, &fieldDigits:
		return f.show(v) != f.show(usual)
	}
	return v > usual
}

// speaks is how strongly the feature speaks of an attack by itself, 0 to 1.
func (f *feature) speaks(x *facts) float64 {
	if f.sign == nil {
		return 0
	}
	v := 0
	if f.field != nil {
		v = x.vector.get(*f.field)
	} else {
		v = int(f.value(x))
	}
	return f.sign[min(v, len(f.sign)-1)]
}

func showLength(v int) string {
	return fmt.Sprintf("about %.0f bytes", math.Max(0, math.Exp2((float64(v)+0.5)/2)-1))
}

func showEighths(v int) string { return fmt.Sprintf("about %d %%", v*100/eighths) }

func showCount(v int) string {
	if v == mostWords {
		return "3 or more"
	}
	return fmt.Sprint(v)
}

func showYes(v int) string { return [...]string{"no", "yes"}[min(v, 1)] }

func showPlace(v int) string {
	return [...]string{"a folder of the system or of programs", "a folder that users write to", "a folder for what does not stay"}[min(v, temporary)]
}

func showOwn(v int) string {
	return [...]string{"no", "yes, for the scheduler or an installer", "yes"}[min(v, ownFolder)]
}
