package process

// The kinds of words that a command line is searched for.
type wordKind uint16

const (
	networkWord wordKind = 1 << iota
	fileWord
	privilegeWord
	downloadWord
	encodingWord
	powerShell
	// A fetcher takes an address in place of a file, and runs what is there.
	fetcher
	// An address starts with one of these words.
	address
	// A library is loaded by this program, named before a comma.
	loader
	// Discovery asks who and what there is.
	discoveryWord
)

// folderWord is the kind of the names of folders for what does not stay. It is not
// counted.
const folderWord wordKind = 1 << 10

// longestWord bounds the words of the lists.
const longestWord = 30

// lists are words by what they speak of: names of programs, of their arguments and of
// functions. A word of a command line is a run of letters, digits, '_', '-' and '.',
// without dots around it and without .exe: "net" is no part of "dotnet".
var lists = map[wordKind][]string{
	networkWord: {
		"http", "https", "ftp", "tftp", "curl", "wget", "ssh", "scp", "sftp", "nc", "ncat", "netcat", "plink", "telnet", "nslookup", "ping",
		"tracert", "arp", "ipconfig", "netstat", "route", "portproxy", "bitsadmin", "winrm", "winrs", "enter-pssession", "new-pssession",
		"invoke-command", "test-netconnection", "resolve-dnsname", "net.sockets.tcpclient", "system.net.sockets.tcpclient", "ngrok", "rclone", "mstsc",
	},
	fileWord: {
		"copy", "xcopy", "robocopy", "move", "del", "erase", "rmdir", "attrib", "icacls", "cacls", "takeown", "rar", "winrar", "7z", "7za",
		"compress-archive", "expand-archive", "expand", "makecab", "esentutl", "fsutil", "cipher", "copy-item", "move-item", "remove-item", "out-file",
		"set-content", "writeallbytes", "vssadmin", "wbadmin", "diskshadow", "sdelete",
	},
	privilegeWord: {
		"net", "net1", "runas", "whoami", "psexec", "psexec64", "psexesvc", "schtasks", "sc", "reg", "wmic", "secedit", "nltest", "dsquery",
		"ntdsutil", "bcdedit", "localgroup", "administrators", "sedebugprivilege", "mimikatz", "invoke-mimikatz", "sekurlsa", "lsadump", "lsass",
		"procdump", "procdump64", "comsvcs.dll", "minidump", "bypass", "unrestricted", "set-executionpolicy", "add-localgroupmember", "new-service",
		"new-localuser", "set-mppreference", "add-mppreference", "disablerealtimemonitoring", "quser", "klist", "setspn", "ntds", "sam", "shadows", "shadowcopy", "vssadmin", "wbadmin",
	},
	downloadWord: {
		"downloadstring", "downloadfile", "downloaddata", "net.webclient", "system.net.webclient", "invoke-webrequest", "iwr", "invoke-restmethod",
		"irm", "start-bitstransfer", "urlcache", "-urlcache", "iex", "invoke-expression", "msxml2.xmlhttp", "winhttp.winhttprequest.5.1",
	},
	encodingWord: {"frombase64string", "tobase64string", "convert.frombase64string", "system.convert", "-decode", "-decodehex", "bxor", "-bxor"},
	powerShell:   {"powershell", "pwsh", "powershell_ise"},
	fetcher:      {"mshta", "bitsadmin", "regsvr32", "rundll32", "msiexec", "certutil", "wmic", "cmstp", "msbuild", "hh"},
	address:      {"http", "https", "ftp"},
	loader:       {"rundll32"},
	discoveryWord: {
		"whoami", "nltest", "dsquery", "quser", "klist", "setspn", "systeminfo", "adfind", "get-aduser", "get-adgroupmember", "get-adcomputer",
		"get-netuser", "get-netgroupmember", "invoke-userhunter", "sharphound", "bloodhound", "domain_trusts", "dclist", "get-domaincontroller",
	},
	folderWord: {"temp", "tmp", "public"},
}
