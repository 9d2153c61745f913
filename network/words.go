package network

import (
	"slices"
	"strings"
	"unicode"
)

// shells are the names, without extension, of what runs commands or scripts.
func shells() []string {
	return []string{"cmd", "powershell", "pwsh", "powershell_ise", "wscript", "cscript", "mshta", "bash", "zsh", "wsl"}
}

// carriers are programs of Windows that load or fetch what others wrote, and seldom
// connect to the internet by themselves, with their techniques. (MITRE ATT&CK; the
// LOLBAS project, which lists such programs.)
func carriers() map[string]string {
	return map[string]string{
		"certutil": "T1105", "bitsadmin": "T1197", "curl": "T1105", "wget": "T1105", "certreq": "T1105", "desktopimgdownldr": "T1105",
		"esentutl": "T1105", "expand": "T1105", "extrac32": "T1105", "finger": "T1105", "ftp": "T1105", "hh": "T1218.001",
		"mshta": "T1218.005", "regsvr32": "T1218.010", "rundll32": "T1218.011", "msiexec": "T1218.007", "odbcconf": "T1218.008",
		"cmstp": "T1218.003", "control": "T1218.002", "installutil": "T1218.004", "regasm": "T1218.009", "regsvcs": "T1218.009",
		"mavinject": "T1218.013", "msbuild": "T1127.001", "wmic": "T1047", "xwizard": "T1218", "ieexec": "T1218", "presentationhost": "T1218",
		"dllhost": "T1218", "msxsl": "T1220", "forfiles": "T1202", "notepad": "T1055", "calc": "T1055", "schtasks": "T1053.005",
	}
}

// documents are programs that show what others sent, and seldom have a reason to start
// a shell.
func documents() []string {
	return []string{"winword", "excel", "powerpnt", "outlook", "onenote", "msaccess", "mspub", "visio", "eqnedt32", "acrord32", "acrobat",
		"foxitreader", "chrome", "msedge", "firefox", "iexplore", "teams", "hh", "w3wp", "httpd", "nginx", "tomcat9", "sqlservr", "spoolsv"}
}

// stem is a file name without its extension.
func stem(name string) string {
	for _, ext := range []string{".exe", ".com", ".scr"} {
		if s, ok := strings.CutSuffix(name, ext); ok {
			return s
		}
	}
	return name
}

// terms are the words of a text as the operator has of KQL takes it apart: runs of
// letters and digits, in lower case. (Microsoft Learn, "String operators", "Understanding
// string terms".)
func terms(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// shellOn returns the first shell among the words of a command line that is not the
// program itself.
func shellOn(command, program string) string {
	for _, t := range terms(command) {
		if t != program && slices.Contains(shells(), t) {
			return t
		}
	}
	return ""
}

// hiding returns the first word of a command line that hides or fetches what runs.
func hiding(command string) string {
	words := []string{"encodedcommand", "enc", "hidden", "downloadstring", "downloadfile", "downloaddata", "frombase64string",
		"iex", "webclient", "urlcache", "transfer", "scrobj", "javascript", "vbscript", "invokewebrequest"}
	for _, t := range terms(command) {
		if slices.Contains(words, t) {
			return t
		}
	}
	return ""
}

// suspicious is what a command line has that hides or fetches what runs, for people; "" if it has
// nothing. A web address is odd of a tool that seldom connects.
func suspicious(command string, tool bool) string {
	if word := hiding(command); word != "" {
		return "the word " + word
	}
	if tool && hasAddress(command) {
		return "an address to fetch from"
	}
	return ""
}

// hasAddress reports whether a command line has a web address.
func hasAddress(command string) bool {
	c := strings.ToLower(command)
	return strings.Contains(c, "http://") || strings.Contains(c, "https://") || strings.Contains(c, "ftp://")
}

// usualPorts are those on which programs of all kinds reach the internet: web, names,
// time, mail, push, calls, games and updates.
func usualPorts() []string {
	return []string{"443", "80", "53", "123", "853", "8080", "8443", "993", "995", "587", "465", "25", "143", "110", "22",
		"3478", "3479", "3480", "3481", "5223", "5228", "1863", "7680", "500", "4500", "0"}
}
