package sample

import "fmt"

// logon is a kind of logon with the program that asks for it ("" over the network).
type logon struct{ number, name, program string }

func logons() []logon {
	network := logon{"3", "3 - Network", ""}
	return []logon{
		network, network, network, network, network, network,
		{"5", "5 - Service", "services.exe"}, {"5", "5 - Service", "services.exe"},
		{"4", "4 - Batch", "svchost.exe"},
		{"2", "2 - Interactive", "winlogon.exe"},
		{"7", "7 - Unlock", "lsass.exe"},
		{"11", "11 - CachedInteractive", "svchost.exe"},
		{"10", "10 - RemoteInteractive", "svchost.exe"},
	}
}

// eventKind is one event ID with its columns.
type eventKind struct {
	id, task int
	title    string
	weight   int // share among the events other than 4688
	on       roles
	account  string // which of subject and target fills the column Account; "" leaves Account out
	program  string // program it tells of: a name, "any", "logon" or ""
	columns  string
}

const processCreated = 4688

const (
	subjectColumns = `"SubjectAccount":"{subject.account}","SubjectUserName":"{subject.name}","SubjectDomainName":"{subject.domain}","SubjectLogonId":"{subject.logonid}","SubjectUserSid":"{subject.sid}",`
	targetColumns  = `"TargetAccount":"{target.account}","TargetUserName":"{target.name}","TargetDomainName":"{target.domain}","TargetLogonId":"{target.logonid}","TargetUserSid":"{target.sid}",`
	callerColumns  = `"Process":"{base}","ProcessId":"{pid}","ProcessName":"{path}",`
	eventData      = `"EventData":"<EventData xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\">`
	privileges     = `SeSecurityPrivilege\n\t\t\tSeBackupPrivilege\n\t\t\tSeRestorePrivilege\n\t\t\tSeTakeOwnershipPrivilege\n\t\t\tSeDebugPrivilege\n\t\t\tSeSystemEnvironmentPrivilege\n\t\t\tSeLoadDriverPrivilege\n\t\t\tSeImpersonatePrivilege\n\t\t\tSeDelegateSessionUserImpersonatePrivilege`

	// processColumns are those of 4688 from CommandLine to TokenElevationType,
	// in the order of the table's own records.
	processColumns = `"CommandLine":"{command}","MandatoryLabel":"{label}","NewProcessId":"{pid}","NewProcessName":"{path}","ParentProcessName":"{parent}","Process":"{base}","ProcessId":"{pid}",` +
		subjectColumns + targetColumns + `"TokenElevationType":"{elevation}",`
	logonColumns = `"LmPackageName":"-","LogonGuid":"{logonguid}","LogonProcessName":"Advapi  ","LogonType":{logon},"LogonTypeName":"{logonname}",`
)

// otherKinds lists the events beside 4688. The columns are those that the
// SecurityEvent table has for them; what has no column of its own stays in the
// XML of EventData.
func otherKinds() []eventKind {
	return []eventKind{
		{4624, 12544, "An account was successfully logged on.", 16, all, "target", "",
			`"AuthenticationPackageName":"Kerberos","ElevatedToken":"%%1842","IpAddress":"{ip}","IpPort":"{port}","KeyLength":0,"LmPackageName":"-","LogonGuid":"{logonguid}","LogonProcessName":"Kerberos","LogonType":3,"LogonTypeName":"3 - Network","ProcessId":"0x0","ProcessName":"-","RestrictedAdminMode":"-","SubjectAccount":"-\\-","SubjectUserName":"-","SubjectDomainName":"-","SubjectLogonId":"0x0","SubjectUserSid":"S-1-0-0",` +
				targetColumns + `"TargetLinkedLogonId":"0x0","TargetOutboundDomainName":"-","TargetOutboundUserName":"-","TransmittedServices":"-","VirtualAccount":"%%1843","WorkstationName":"-",`},
		{4624, 12544, "An account was successfully logged on.", 10, all, "target", "logon",
			`"AuthenticationPackageName":"Negotiate","ElevatedToken":"%%1842","IpAddress":"127.0.0.1","IpPort":"0","KeyLength":0,` + logonColumns + callerColumns + `"RestrictedAdminMode":"-",` + subjectColumns +
				targetColumns + `"TargetLinkedLogonId":"0x0","TargetOutboundDomainName":"-","TargetOutboundUserName":"-","TransmittedServices":"-","VirtualAccount":"%%1843","WorkstationName":"{host}",`},
		{4634, 12545, "An account was logged off.", 20, all, "target", "", `"LogonType":{logon},"LogonTypeName":"{logonname}",` + targetColumns},
		{4672, 12548, "Special privileges assigned to new logon.", 13, all, "subject", "", `"PrivilegeList":"` + privileges + `",` + subjectColumns},
		{4689, 13313, "A process has exited.", 18, all, "subject", "any", callerColumns + `"Status":"0x0",` + subjectColumns},
		{5156, 12810, "The Windows Filtering Platform has permitted a connection.", 12, ws, "", "any",
			eventData + `<Data Name=\"ProcessID\">{n}</Data><Data Name=\"Application\">{devicepath}</Data><Data Name=\"Direction\">%%14593</Data><Data Name=\"SourceAddress\">{ip}</Data><Data Name=\"SourcePort\">{port}</Data><Data Name=\"DestAddress\">{ip}</Data><Data Name=\"DestPort\">443</Data><Data Name=\"Protocol\">6</Data><Data Name=\"FilterRTID\">7{n}</Data><Data Name=\"LayerName\">%%14611</Data><Data Name=\"LayerRTID\">48</Data></EventData>",`},
		{4625, 12544, "An account failed to log on.", 2, all, "target", "logon",
			`"AuthenticationPackageName":"Negotiate","FailureReason":"%%2313","IpAddress":"{ip}","IpPort":"{port}","KeyLength":0,` + logonColumns + callerColumns + `"Status":"0xc000006d","SubStatus":"0xc000006a",` + subjectColumns +
				`"TargetAccount":"{target.account}","TargetUserName":"{target.name}","TargetDomainName":"{target.domain}","TargetUserSid":"S-1-0-0","TransmittedServices":"-","WorkstationName":"{host}",`},
		{4648, 12544, "A logon was attempted using explicit credentials.", 3, all, "subject", "logon",
			`"IpAddress":"-","IpPort":"-","LogonGuid":"{logonguid}",` + callerColumns + subjectColumns + `"TargetAccount":"{target.account}","TargetUserName":"{target.name}","TargetDomainName":"{target.domain}","TargetInfo":"{host}","TargetLogonGuid":"{logonguid}","TargetServerName":"{host}",`},
		{4768, 14339, "A Kerberos authentication ticket (TGT) was requested.", 2, dcs, "target", "",
			eventData + `<Data Name=\"TicketOptions\">0x40810010</Data><Data Name=\"TicketEncryptionType\">0x12</Data><Data Name=\"PreAuthType\">2</Data></EventData>","IpAddress":"::ffff:{ip}","IpPort":"{port}","ServiceName":"krbtgt","Status":"0x0","TargetAccount":"{target.account}","TargetUserName":"{target.name}","TargetDomainName":"{target.domain}",`},
		{4769, 14337, "A Kerberos service ticket was requested.", 8, dcs, "target", "",
			eventData + `<Data Name=\"TicketOptions\">0x40810000</Data><Data Name=\"TicketEncryptionType\">0x12</Data></EventData>","IpAddress":"::ffff:{ip}","IpPort":"{port}","LogonGuid":"{logonguid}","ServiceName":"{service}","Status":"0x0","TargetAccount":"{target.account}","TargetUserName":"{target.name}@CORP.BRACKWATER.EXAMPLE","TargetDomainName":"CORP.BRACKWATER.EXAMPLE","TransmittedServices":"-",`},
		{4776, 14336, "The domain controller attempted to validate the credentials for an account.", 2, dcs, "target", "",
			`"PackageName":"MICROSOFT_AUTHENTICATION_PACKAGE_V1_0","Status":"0x0","TargetAccount":"{target.account}","TargetUserName":"{target.name}","Workstation":"{host}",`},
		{4799, 13826, "A security-enabled local group membership was enumerated.", 2, all, "subject", "svchost.exe",
			`"CallerProcessId":"{pid}","CallerProcessName":"{path}",` + subjectColumns + `"TargetAccount":"Builtin\\Administrators","TargetDomainName":"Builtin","TargetSid":"S-1-5-32-544","TargetUserName":"Administrators",`},
		{5140, 12808, "A network share object was accessed.", 2, sd, "subject", "",
			`"AccessMask":"0x1","IpAddress":"{ip}","IpPort":"{port}","ObjectType":"File","ShareLocalPath":"\\??\\D:\\Shares\\{doc}","ShareName":"\\\\*\\{doc}",` + subjectColumns},
	}
}

// otherEvent is an eventKind made ready.
type otherEvent struct {
	eventKind
	record  template
	program *program // nil when eventKind.program names none
}

// recordTemplate puts the columns of a kind between those that all records share.
func (g *generator) recordTemplate(k eventKind) template {
	level, id, account := "8", fmt.Sprint(k.id), `"Account":"{account}","AccountType":"{accounttype}",`
	if k.id == 4625 { // a failure audit
		level = "16"
	}
	if g.cfg.Layout.StringID {
		id = `"` + id + `"`
	}
	if k.account == "" {
		account = ""
	}
	text := fmt.Sprintf(`"TenantId":"%s","TimeGenerated":"{time}","SourceSystem":"OpsManager",%s"Computer":"{computer}",`+
		`"EventSourceName":"Microsoft-Windows-Security-Auditing","Channel":"Security","Task":%d,"Level":"%s","EventID":%s,"Activity":"%d - %s",`+
		`%s"SourceComputerId":"{computerid}","EventOriginId":"{guid}","TimeCollected":"{collected}","ManagementGroupName":"AOI-%s","Type":"SecurityEvent","_ResourceId":"{resource}"`,
		g.tenant, account, k.task, level, id, k.id, k.title, k.columns, g.tenant)
	return compile(text, func(s string) string { return s })
}

// appendOther writes one record of another event than 4688.
func (g *generator) appendOther(dst []byte, s *scene) []byte {
	e := g.others[s.rng.IntN(len(g.others))]
	s.on = g.estate.machine(s.rng, e.on)
	s.logon = pick(s.rng, g.logons)
	if e.eventKind.program == "logon" {
		for s.logon.program == "" {
			s.logon = pick(s.rng, g.logons)
		}
	}
	g.castOther(s, e)
	return g.appendRecord(dst, e.record, s)
}

// castOther sets who and what an event other than 4688 tells of.
func (g *generator) castOther(s *scene, e *otherEvent) {
	s.person = g.estate.worker(s.rng, s.on)
	s.subject, s.target = s.on.localSystem, s.person
	switch p := s.rng.IntN(10); {
	case s.logon.program == "services.exe" || p < 2:
		s.target = pick(s.rng, g.estate.service)
	case p < 5:
		s.target = s.on.account
	}
	if s.logon.program == "" && s.rng.IntN(2) == 0 {
		s.subject = s.target
	}
	s.account = s.target
	if e.account == "subject" {
		s.account = s.subject
	}
	p := e.program
	switch e.eventKind.program {
	case "":
		return
	case "any":
		p = g.drawCommon(s.rng)
	case "logon":
		p = g.known[s.logon.program]
	}
	s.base = p.base
	s.path = append(g.expand(s.path[:0], p.shape.dirs[0], s), p.base...)
}
