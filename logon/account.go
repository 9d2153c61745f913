package logon

import "bytes"

// Nobody's behaviour is told by the logons of some accounts: of computers (their names
// end in $), which log on all the time; of the system itself; of nobody (anonymous logons,
// events without a name); and of what Windows creates for each session, such as DWM-1
// (desktop windows), UMFD-1 (fonts) and those of virtual accounts of services. The
// notebook leaves out the same, of which most never log on over the network.
//
// A failed logon of an account that has such a name is left out as well. Machine accounts
// are left out by their last letter alone, before anything is decoded.

// noPerson reports whether an account is none of a person by its name, in upper letters.
func noPerson(user []byte) bool {
	if len(user) == 0 || user[len(user)-1] == '$' {
		return true
	}
	switch string(user) {
	case "ANONYMOUS LOGON", "SYSTEM", "LOCAL SERVICE", "NETWORK SERVICE":
		return true
	}
	return bytes.HasPrefix(user, []byte("DWM-")) || bytes.HasPrefix(user, []byte("UMFD-")) || bytes.HasPrefix(user, []byte("HEALTHMAILBOX"))
}

// noPeople reports whether no account of a domain, in upper letters, is a person's.
func noPeople(domain []byte) bool {
	switch string(domain) {
	case "WINDOW MANAGER", "FONT DRIVER HOST", "NT AUTHORITY", "NT SERVICE", "VIRTUAL USERS", "IIS APPPOOL", "NT VIRTUAL MACHINE":
		return true
	}
	return false
}

// typeName is the logon type as SecurityEvent's LogonTypeName has it. (Microsoft Learn,
// event 4624, "Logon types and descriptions".)
func typeName(logonType int16) string {
	switch logonType {
	case 0:
		return "0 - System"
	case interactive:
		return "2 - Interactive"
	case network:
		return "3 - Network"
	case 4:
		return "4 - Batch"
	case 5:
		return "5 - Service"
	case 7:
		return "7 - Unlock"
	case 8:
		return "8 - NetworkCleartext"
	case 9:
		return "9 - NewCredentials"
	case remoteInteractive:
		return "10 - RemoteInteractive"
	case 11:
		return "11 - CachedInteractive"
	}
	return "unknown"
}

const (
	interactive       = 2
	network           = 3
	remoteInteractive = 10
)
