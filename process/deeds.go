package process

// deed is something that a command line does and that few but attackers, and those who
// administer machines, do.
type deed uint8

const (
	destroys   deed = iota // what a restore or an investigation needs
	secrets                // takes passwords, keys or the files that hold them
	remote                 // starts something on another machine
	persists               // leaves something that starts again, or an account
	disarms                // turns defences off
	proxies                // has a program of Windows run what others wrote
	enumerates             // asks for the accounts, groups or trusts of a domain
	deeds
)

// deedLists are command lines by what they do, each as the words that it has, in any
// order; the first is the one that is rarest elsewhere. (MITRE ATT&CK, the procedures of
// the techniques that features.go names; the LOLBAS project for proxies.)
var deedLists = [deeds][]string{
	destroys: {
		"vssadmin delete shadows", "vssadmin resize shadowstorage", "shadowcopy delete", "win32_shadowcopy delete", "win32_shadowcopy remove-wmiobject",
		"wbadmin delete catalog", "wbadmin delete systemstatebackup", "wbadmin delete backup", "bcdedit recoveryenabled no", "bcdedit bootstatuspolicy ignoreallfailures",
		"diskshadow delete shadows", "wevtutil cl", "wevtutil clear-log", "clear-eventlog", "remove-eventlog", "usn deletejournal", "sdelete", "sdelete64",
	},
	secrets: {
		"mimikatz", "invoke-mimikatz", "sekurlsa", "lsadump", "kerberoast", "invoke-kerberoast", "rubeus", "lazagne", "out-minidump", "procdump lsass", "procdump64 lsass",
		"minidump lsass", "minidump comsvcs.dll", "lsass.dmp", "reg save sam", "reg save security", "ntds.dit", "ntdsutil ifm", "ntdsutil ntds", "listcreds",
		"vaultcmd list", "get-gpppassword", "dcsync", "gsecdump", "pwdump", "invoke-ninjacopy", "esentutl ntds.dit",
	},
	remote: {
		"wmic node call create", "psexesvc", "psexec accepteula", "psexec64 accepteula", "winrs", "invoke-wmimethod -computername", "invoke-command -computername",
		"new-pssession -computername", "enter-pssession -computername", "wmiexec", "smbexec", "atexec", "paexec", "invoke-psexec", "invoke-wmiexec",
	},
	persists: {
		"schtasks create", "schtasks change", "sc create binpath", "sc config binpath", "reg add currentversion run", "reg add runonce", "reg add debugger", "reg add userinit",
		"net user add", "net1 user add", "localgroup add", "new-localuser", "add-localgroupmember", "new-service", "register-scheduledtask",
		"new-scheduledtaskaction", "commandlineeventconsumer", "activescripteventconsumer", "set-wmiinstance __eventfilter",
	},
	disarms: {
		"set-mppreference", "add-mppreference", "disablerealtimemonitoring", "-removedefinitions", "netsh advfirewall off", "netsh firewall disable", "sc stop windefend",
		"sc config windefend disabled", "net stop windefend", "amsiinitfailed", "amsiutils", "amsiscanbuffer", "fltmc unload", "reg add disableantispyware",
		"reg add disablerealtimemonitoring", "uninstall-windowsfeature windows-defender", "wdigest uselogoncredential", "auditpol clear", "auditpol remove",
	},
	proxies: {
		"mshta http", "mshta https", "mshta javascript", "mshta vbscript", "scrobj.dll", "regsvr32 http", "regsvr32 https", "rundll32 javascript", "rundll32 http", "rundll32 https",
		"rundll32 zipfldr.dll", "rundll32 url.dll", "rundll32 shellexec_rundll", "launchinfsection", "launchinfsectionex", "msiexec http", "msiexec https",
		"cmstp", "wmic format http", "wmic format https", "odbcconf regsvr", "msxsl", "pcalua", "mavinject", "hh http", "hh https", "installutil logfile",
		"certutil -decode", "certutil -decodehex", "certutil decode", "certutil decodehex", "setnotifycmdline", "desktopimgdownldr", "syncappvpublishingserver",
		"presentationhost", "regasm u", "regsvcs",
	},
	enumerates: {
		"net group domain", "net1 group domain", "nltest domain_trusts", "nltest dclist",
		"adfind", "sharphound", "invoke-bloodhound", "invoke-userhunter", "setspn q", "setspn t", "get-adgroupmember", "get-netgroupmember",
		"net user domain", "net1 user domain", "net view domain", "net accounts domain",
	},
}
