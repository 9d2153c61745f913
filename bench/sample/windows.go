package sample

import "slices"

// Folders that many entries share.
const (
	sys32  = `C:\Windows\System32\`
	wow64  = `C:\Windows\SysWOW64\`
	windr  = `C:\Windows\`
	pf     = `C:\Program Files\`
	pf86   = `C:\Program Files (x86)\`
	local  = `C:\Users\{user}\AppData\Local\`
	roam   = `C:\Users\{user}\AppData\Roaming\`
	pdata  = `C:\ProgramData\`
	sapps  = `C:\Windows\SystemApps\`
	wapps  = `C:\Program Files\WindowsApps\`
	both   = sys32 + "|" + wow64
	shell  = "cmd.exe|powershell.exe|explorer.exe"
	svcs   = "services.exe"
	hosted = "svchost.exe"
	expl   = "explorer.exe"
)

// windowsCatalogue lists programs of the operating system, the commonest first:
// the place in the list decides how often a program is started. Several
// folders and parents are separated by "|", the first being the usual one,
// command lines by " || "; none means the quoted path alone.
func windowsCatalogue() []entry {
	return slices.Concat(windowsCore(), windowsDesktop(), windowsTools())
}

// windowsCore are what a machine starts by itself, and the shells.
func windowsCore() []entry {
	return []entry{
		{"conhost.exe", sys32, "cmd.exe|powershell.exe|git.exe|python.exe|MpCmdRun.exe", usr, all, `\??\C:\Windows\system32\conhost.exe 0xffffffff -ForceV1 || \??\C:\Windows\system32\conhost.exe 0x4`},
		{"svchost.exe", sys32, svcs, sys, all, `C:\Windows\system32\svchost.exe -k {svc}`},
		{"backgroundTaskHost.exe", sys32, hosted, own, wks, `"C:\Windows\system32\backgroundTaskHost.exe" -ServerName:App.AppX{hex}{hex}.mca || "C:\Windows\system32\backgroundTaskHost.exe" -ServerName:BackgroundTaskHost.WebAccountProvider`},
		{"cmd.exe", both, "explorer.exe|powershell.exe|svchost.exe|CcmExec.exe|node.exe|java.exe", usr, all, `C:\Windows\system32\cmd.exe /c "ver" || C:\Windows\system32\cmd.exe /d /s /c "git status --porcelain" || cmd /c C:\Scripts\daily-{n}.cmd || "C:\Windows\system32\cmd.exe"`},
		{"taskhostw.exe", sys32, hosted, own, all, `taskhostw.exe KEYROAMING || taskhostw.exe SYSTEM || taskhostw.exe`},
		{"RuntimeBroker.exe", sys32, hosted, own, wks, `C:\Windows\System32\RuntimeBroker.exe -Embedding`},
		{"dllhost.exe", both, hosted, own, all, `C:\Windows\system32\DllHost.exe /Processid:{clsid}`},
		{"powershell.exe", sys32 + `WindowsPowerShell\v1.0\|` + wow64 + `WindowsPowerShell\v1.0\`, "svchost.exe|cmd.exe|explorer.exe|CcmExec.exe|AgentExecutor.exe|MonitoringHost.exe", usr, all, `powershell.exe -NoProfile -ExecutionPolicy Bypass -File "C:\Scripts\Inventory\Get-{doc}.ps1" || "C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe" -NoLogo -NonInteractive -NoProfile -File C:\ProgramData\Maintenance\step{n}.ps1 || powershell.exe -NoProfile -Command "Get-Service -Name Spooler | Select-Object Status" || "C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"`},
		{"WmiPrvSE.exe", sys32 + `wbem\|` + wow64 + `wbem\`, hosted, net, all, `C:\Windows\system32\wbem\wmiprvse.exe -secured -Embedding || C:\Windows\system32\wbem\wmiprvse.exe -Embedding`},
		{"SearchProtocolHost.exe", sys32, "SearchIndexer.exe", sys, wks, `"C:\Windows\system32\SearchProtocolHost.exe" Global\UsGthrFltPipeMssGthrPipe{n}_ Global\UsGthrCtrlFltPipeMssGthrPipe{n} 1 -2147483646 "Software\Microsoft\Windows Search" "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT; MS Search 4.0 Robot)" "C:\ProgramData\Microsoft\Search\Data\Temp\usgthrsvc" "DownLevelDaemon"`},
		{"SearchFilterHost.exe", sys32, "SearchIndexer.exe", sys, wks, `"C:\Windows\system32\SearchFilterHost.exe" 0 {n} {n} {n} 8192 {n} {n}`},
		{"rundll32.exe", both, "svchost.exe|explorer.exe|powershell.exe", usr, all, `C:\Windows\system32\rundll32.exe C:\Windows\System32\shell32.dll,SHCreateLocalServerRunDll {clsid} -Embedding || "C:\Windows\system32\rundll32.exe" dfshim.dll,ShOpenVerbShortcut {doc}.appref-ms || rundll32.exe AppXDeploymentExtensions.OneCore.dll,ShellRefresh || C:\Windows\system32\rundll32.exe /d acproxy.dll,PerformAutochkOperations`},
		{"MpCmdRun.exe", pdata + `Microsoft\Windows Defender\Platform\4.18.26090.9-0\|` + pf + `Windows Defender\`, "svchost.exe|MsMpEng.exe", sys, all, `"{path}" Scan -ScheduleJob -ScanTrigger 55 || "{path}" SignatureUpdate -ScheduleJob -RestrictPrivileges || "{path}" GetDeviceTicket -AccessKey {guid}`},
		{"explorer.exe", windr, "userinit.exe|winlogon.exe|svchost.exe", usr, ws, `C:\Windows\Explorer.EXE || C:\Windows\explorer.exe /factory,{clsid} -Embedding`},
		{"smartscreen.exe", sys32, hosted, own, wks, `C:\Windows\System32\smartscreen.exe -Embedding`},
		{"services.exe", sys32, "wininit.exe", sys, all, `C:\Windows\system32\services.exe`},
		{"lsass.exe", sys32, "wininit.exe", sys, all, `C:\Windows\system32\lsass.exe`},
		{"csrss.exe", sys32, "smss.exe", sys, all, `%SystemRoot%\system32\csrss.exe ObjectDirectory=\Windows SharedSection=1024,20480,768 Windows=On SubSystemType=Windows ServerDll=basesrv,1 ServerDll=winsrv:UserServerDllInitialization,3 ServerDll=sxssrv,4 ProfileControl=Off MaxRequestThreads=16`},
		{"winlogon.exe", sys32, "smss.exe", sys, all, `winlogon.exe`},
		{"wininit.exe", sys32, "smss.exe", sys, all, `wininit.exe`},
		{"smss.exe", sys32, "smss.exe", sys, all, `\SystemRoot\System32\smss.exe 000000{n} 00000084`},
		{"dwm.exe", sys32, "winlogon.exe", sys, all, `"dwm.exe"`},
		{"fontdrvhost.exe", sys32, "winlogon.exe|wininit.exe", sys, all, `"fontdrvhost.exe"`},
		{"LogonUI.exe", sys32, "winlogon.exe", sys, all, `"LogonUI.exe" /flags:0x0 /state0:0xa3f{n} /state1:0x41c64e6d`},
		{"userinit.exe", sys32, "winlogon.exe", own, ws, `C:\Windows\system32\userinit.exe`},
		{"sihost.exe", sys32, hosted, own, wks, `sihost.exe`},
		{"ctfmon.exe", sys32, hosted, own, wks, `"ctfmon.exe"`},
		{"spoolsv.exe", sys32, svcs, sys, ws, `C:\Windows\System32\spoolsv.exe`},
		{"SearchIndexer.exe", sys32, svcs, sys, wks, `C:\Windows\system32\SearchIndexer.exe /Embedding`},
		{"msiexec.exe", both, "services.exe|explorer.exe|CcmExec.exe", sys, all, `C:\Windows\system32\msiexec.exe /V || C:\Windows\syswow64\MsiExec.exe -Embedding {hex}{hex}{hex}{hex} || "C:\Windows\System32\msiexec.exe" /i "C:\Windows\ccmcache\{n}\{doc}.msi" /qn REBOOT=ReallySuppress`},
		{"wscript.exe", both, "explorer.exe|svchost.exe|userinit.exe", usr, ws, `"C:\Windows\System32\WScript.exe" "\\corp.brackwater.example\NETLOGON\map-drives.vbs" || wscript.exe //B //NoLogo C:\Scripts\printers.vbs`},
		{"cscript.exe", both, "cmd.exe|MonitoringHost.exe|CcmExec.exe", sys, all, `cscript.exe //nologo C:\Windows\System32\slmgr.vbs /dli || "C:\Windows\system32\cscript.exe" /nologo "MonitorKnowledgeDiscovery.vbs" {n}`},
		{"reg.exe", sys32, "cmd.exe|powershell.exe", usr, all, `reg query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion" /v CurrentBuild || reg.exe add "HKCU\Software\Brackwater\{doc}" /v Version /t REG_DWORD /d {n} /f`},
		{"schtasks.exe", sys32, "cmd.exe|powershell.exe|OfficeClickToRun.exe", sys, all, `schtasks.exe /query /fo CSV /nh || "C:\Windows\system32\schtasks.exe" /run /tn "\Microsoft\Office\Office Automatic Updates 2.0"`},
		{"net.exe", sys32, "cmd.exe|powershell.exe", usr, all, `net use H: \\corp.brackwater.example\home\{user} /persistent:no || net time || net localgroup Administrators || net  stop "Print Spooler"`},
		{"net1.exe", sys32, "net.exe", usr, all, `C:\Windows\system32\net1 time || C:\Windows\system32\net1 localgroup Administrators || C:\Windows\system32\net1  stop "Print Spooler"`},
		{"ipconfig.exe", sys32, shell, usr, all, `ipconfig /all || ipconfig /flushdns || "C:\Windows\system32\ipconfig.exe" /registerdns`},
		{"PING.EXE", sys32, "cmd.exe", usr, all, `ping -n 1 dc01.corp.brackwater.example || ping 127.0.0.1 -n {d} `},
		{"whoami.exe", sys32, "cmd.exe|powershell.exe", usr, all, `whoami /groups || whoami /upn || whoami`},
		{"find.exe", sys32, "cmd.exe", usr, all, `find "RUNNING" || find  /i "{doc}"`},
		{"findstr.exe", sys32, "cmd.exe", usr, all, `findstr /R /C:"ESTABLISHED" || findstr  /i "version"`},
		{"tasklist.exe", sys32, "cmd.exe|node.exe", usr, all, `tasklist /fi "imagename eq {doc}.exe" || tasklist /v /fo csv`},
		{"sc.exe", sys32, "cmd.exe|svchost.exe", sys, all, `sc query wuauserv || C:\Windows\system32\sc.exe start wuauserv || sc qc spooler`},
		{"regsvr32.exe", both, "msiexec.exe|explorer.exe|cmd.exe", sys, ws, `"C:\Windows\System32\regsvr32.exe" /s "C:\Program Files\Common Files\Brackwater\{doc}.dll"`},
		{"taskkill.exe", sys32, "cmd.exe|msiexec.exe", usr, all, `taskkill /F /IM {doc}.exe || taskkill /pid {n} /t`},
	}
}

// windowsDesktop are what a session, a service or an update brings along.
func windowsDesktop() []entry {
	return []entry{
		{"ShellExperienceHost.exe", sapps + `ShellExperienceHost_cw5n1h2txyewy\`, hosted, own, wks, `"{path}" -ServerName:App.AppXtk181tbxbce2qsex02s8tw7hfxa9xb3t.mca`},
		{"StartMenuExperienceHost.exe", sapps + `Microsoft.Windows.StartMenuExperienceHost_cw5n1h2txyewy\`, hosted, own, wks, `"{path}" -ServerName:App.AppXywbrabmsek0gm3tkwpr5kwzbs55tkqay.mca`},
		{"SearchApp.exe", sapps + `Microsoft.Windows.Search_cw5n1h2txyewy\`, hosted, own, wks, `"{path}" -ServerName:CortanaUI.AppX8z9r6jm96hw4bsbneegw0kyxx296wr9t.mca`},
		{"SearchHost.exe", sapps + `MicrosoftWindows.Client.CBS_cw5n1h2txyewy\`, hosted, own, wks, `"{path}" -ServerName:CortanaUI.AppXstmwaab17q5s3y22tp6apqz7a45vwv65.mca`},
		{"TextInputHost.exe", sapps + `MicrosoftWindows.Client.CBS_cw5n1h2txyewy\`, hosted, own, wks, `"{path}" -ServerName:InputApp.AppXk0k6mrh4r2q0ct33a9wgbez0x7v9cz5y.mca`},
		{"ApplicationFrameHost.exe", sys32, hosted, own, wks, `C:\Windows\system32\ApplicationFrameHost.exe -Embedding`},
		{"SystemSettings.exe", windr + `ImmersiveControlPanel\`, hosted, own, wks, `"{path}" -ServerName:microsoft.windows.immersivecontrolpanel`},
		{"SecurityHealthSystray.exe", sys32, expl, usr, wks, ``},
		{"SecurityHealthService.exe", sys32, svcs, sys, wks, `C:\Windows\system32\SecurityHealthService.exe`},
		{"SecurityHealthHost.exe", sys32, hosted, own, wks, `C:\Windows\System32\SecurityHealthHost.exe {clsid} -Embedding`},
		{"MsMpEng.exe", pdata + `Microsoft\Windows Defender\Platform\4.18.26090.9-0\`, svcs, sys, all, ``},
		{"NisSrv.exe", pdata + `Microsoft\Windows Defender\Platform\4.18.26090.9-0\`, svcs, loc, all, ``},
		{"audiodg.exe", sys32, hosted, loc, wks, `C:\Windows\system32\AUDIODG.EXE 0x{n} 0x{n}`},
		{"UsoClient.exe", sys32, hosted, sys, all, `C:\Windows\system32\usoclient.exe StartScan || C:\Windows\system32\usoclient.exe ReportPolicies`},
		{"MoUsoCoreWorker.exe", windr + `UUS\amd64\|` + sys32, hosted, sys, all, `C:\Windows\uus\AMD64\MoUsoCoreWorker.exe -Embedding`},
		{"CompatTelRunner.exe", sys32, "svchost.exe|CompatTelRunner.exe", sys, wks, `C:\Windows\system32\compattelrunner.exe -m:appraiser.dll -f:DoScheduledTelemetryRun -cv:{hex}{hex}.1 || C:\Windows\system32\compattelrunner.exe -maintenance`},
		{"DeviceCensus.exe", sys32, hosted, sys, wks, `C:\Windows\system32\devicecensus.exe UserCxt`},
		{"sppsvc.exe", sys32, svcs, net, all, `C:\Windows\system32\sppsvc.exe`},
		{"SppExtComObj.Exe", sys32, hosted, net, all, `C:\Windows\system32\SppExtComObj.exe -Embedding`},
		{"slui.exe", sys32, "SppExtComObj.Exe", net, wks, `"C:\Windows\System32\SLUI.exe" RuleId={guid};Action=AutoActivate;AppId={guid}`},
		{"TrustedInstaller.exe", windr + `servicing\`, svcs, sys, all, `C:\Windows\servicing\TrustedInstaller.exe`},
		{"TiWorker.exe", windr + `WinSxS\amd64_microsoft-windows-servicingstack_31bf3856ad364e35_10.0.26100.1_none_{hex}\`, hosted, sys, all, `{path} -Embedding`},
		{"wermgr.exe", sys32, hosted, sys, all, `C:\Windows\system32\wermgr.exe -upload || C:\Windows\system32\wermgr.exe -queuereporting`},
		{"WerFault.exe", both, "svchost.exe|Teams.exe|OUTLOOK.EXE", sys, all, `C:\Windows\system32\WerFault.exe -u -p {n} -s {n} || C:\Windows\system32\WerFault.exe -pss -s {n} -p {n} -ip {n}`},
		{"wsqmcons.exe", sys32, hosted, sys, wks, `C:\Windows\System32\wsqmcons.exe`},
		{"gpupdate.exe", sys32, "svchost.exe|cmd.exe", sys, all, `gpupdate.exe /target:computer || C:\Windows\system32\gpupdate.exe /target:user || gpupdate /force`},
		{"wsmprovhost.exe", sys32, hosted, svc, sd, `C:\Windows\system32\wsmprovhost.exe -Embedding`},
		{"netsh.exe", both, "cmd.exe|powershell.exe|vpnagent.exe", sys, all, `netsh interface ipv4 show config || netsh advfirewall show allprofiles state || netsh wlan show interfaces`},
		{"nslookup.exe", sys32, shell, usr, all, `nslookup {host}.corp.brackwater.example || nslookup -type=srv _ldap._tcp.dc._msdcs.corp.brackwater.example`},
		{"nltest.exe", sys32, shell, usr, all, `nltest /dsgetdc:corp.brackwater.example || nltest /sc_verify:BRACKWATER`},
		{"HOSTNAME.EXE", sys32, "cmd.exe", usr, all, `hostname`},
		{"NETSTAT.EXE", sys32, shell, usr, all, `netstat -ano || netstat  -an -p tcp`},
		{"systeminfo.exe", sys32, shell, usr, all, `systeminfo /fo csv /nh || systeminfo`},
		{"w32tm.exe", sys32, shell, sys, all, `w32tm /query /status || w32tm /resync /nowait`},
		{"timeout.exe", sys32, "cmd.exe", usr, all, `timeout /t {d} /nobreak`},
		{"where.exe", sys32, "cmd.exe|node.exe|Code.exe", usr, ws, `where git || C:\Windows\System32\where.exe python`},
		{"chcp.com", sys32, "cmd.exe|node.exe", usr, ws, `chcp 65001 || chcp  437`},
		{"choice.exe", sys32, "cmd.exe", usr, ws, `choice  /C Y /N /D Y /T {d}`},
		{"xcopy.exe", sys32, "cmd.exe", usr, all, `xcopy /y /e /i "C:\Scripts\{doc}" "D:\Archive\{n}"`},
		{"Robocopy.exe", sys32, "cmd.exe|powershell.exe", svc, sd, `robocopy D:\Shares\{doc} \\srv-file-02\replica$\{doc} /MIR /R:1 /W:5 /LOG+:C:\Logs\mirror.log`},
		{"icacls.exe", sys32, "cmd.exe|msiexec.exe", sys, all, `icacls "C:\ProgramData\Brackwater" /grant *S-1-5-32-545:(OI)(CI)RX`},
		{"attrib.exe", sys32, "cmd.exe", usr, all, `attrib -r -s "C:\Scripts\{doc}.txt"`},
		{"notepad.exe", sys32 + "|" + windr, expl, usr, all, `"C:\Windows\system32\NOTEPAD.EXE" C:\Users\{user}\Documents\{doc}.txt`},
		{"mstsc.exe", sys32, expl, usr, wks, `"C:\Windows\system32\mstsc.exe" || "C:\Windows\system32\mstsc.exe" /v:srv-app-0{d}`},
		{"mmc.exe", sys32, expl, usr, all, `"C:\Windows\system32\mmc.exe" "C:\Windows\system32\dsa.msc" || "C:\Windows\system32\mmc.exe" "C:\Windows\system32\eventvwr.msc" /s`},
		{"Taskmgr.exe", sys32, "explorer.exe|winlogon.exe", usr, all, `"C:\Windows\system32\taskmgr.exe" /4 || C:\Windows\System32\Taskmgr.exe`},
		{"rdpclip.exe", sys32, hosted, own, sd, `rdpclip`},
		{"TSTheme.exe", sys32, hosted, own, sd, `C:\Windows\system32\TSTheme.exe -Embedding`},
		{"w3wp.exe", sys32 + `inetsrv\`, hosted, svc, srv, `c:\windows\system32\inetsrv\w3wp.exe -ap "{doc}Pool" -v "v4.0" -l "webengine4.dll" -a \\.\pipe\iisipm{guid} -h "C:\inetpub\temp\apppools\{doc}Pool\{doc}Pool.config" -w "" -m 0`},
		{"dns.exe", sys32, svcs, sys, dcs, `C:\Windows\system32\dns.exe`},
		{"dfsrs.exe", sys32, svcs, sys, sd, `C:\Windows\system32\DFSRs.exe`},
		{"ismserv.exe", sys32, svcs, sys, dcs, `C:\Windows\System32\ismserv.exe`},
		{"VSSVC.exe", sys32, svcs, sys, all, `C:\Windows\system32\vssvc.exe`},
		{"WUDFHost.exe", sys32, hosted, loc, wks, `"C:\Windows\System32\WUDFHost.exe" -HostGUID:{clsid} -IoEventPortName:\UMDFCommunicationPorts\WUDF\HostProcess-{guid}`},
		{"dasHost.exe", sys32, hosted, loc, wks, `dashost.exe {clsid}`},
		{"splwow64.exe", windr, "OUTLOOK.EXE|WINWORD.EXE|AcroRd32.exe", usr, wks, `C:\Windows\splwow64.exe 8192`},
		{"PrintIsolationHost.exe", sys32, hosted, sys, ws, `C:\Windows\system32\PrintIsolationHost.exe -Embedding`},
		{"unsecapp.exe", sys32 + `wbem\`, hosted, sys, all, `C:\Windows\system32\wbem\unsecapp.exe -Embedding`},
		{"mobsync.exe", sys32, hosted, own, wks, `C:\Windows\System32\mobsync.exe -Embedding`},
		{"consent.exe", sys32, hosted, sys, ws, `consent.exe {n} {n} 00000{hex}`},
		{"LockApp.exe", sapps + `Microsoft.LockApp_cw5n1h2txyewy\`, hosted, own, wks, `"{path}" -ServerName:WindowsDefaultLockScreen.AppX7y4nbzq37zn4ks9k7amqjywdat7d3j2z.mca`},
		{"CalculatorApp.exe", wapps + `Microsoft.WindowsCalculator_11.2508.1.0_x64__8wekyb3d8bbwe\`, hosted, own, wks, ``},
		{"SnippingTool.exe", wapps + `Microsoft.ScreenSketch_11.2507.14.0_x64__8wekyb3d8bbwe\SnippingTool\`, "svchost.exe|explorer.exe", usr, wks, ``},
		{"mspaint.exe", sys32, expl, usr, wks, `"C:\Windows\system32\mspaint.exe" "C:\Users\{user}\Pictures\{doc}.png"`},
		{"taskhostex.exe", sys32, hosted, own, srv, `taskhostex.exe`},
		{"wuauclt.exe", sys32, hosted, sys, all, `"C:\Windows\system32\wuauclt.exe" /UpdateDeploymentProvider UpdateDeploymentProvider.dll /ClassId {guid} /RunHandlerComServer`},
	}
}

// windowsTools are what people and scripts call.
func windowsTools() []entry {
	return []entry{
		{"wlrmdr.exe", sys32, "winlogon.exe", own, wks, `-c -s 0 -f 0 -t Empty -m Empty -a 0 -u Empty`},
		{"dllhst3g.exe", sys32, hosted, sys, srv, ``},
		{"certutil.exe", sys32, "cmd.exe|powershell.exe", usr, all, `certutil -pulse || certutil -hashfile "C:\Scripts\{doc}.zip" SHA256`},
		{"wevtutil.exe", sys32, "cmd.exe|powershell.exe", svc, sd, `wevtutil qe System /c:50 /f:text || wevtutil el`},
		{"auditpol.exe", sys32, "powershell.exe|svchost.exe", sys, all, `auditpol /get /category:* /r`},
		{"secedit.exe", sys32, "powershell.exe", sys, sd, `secedit /export /cfg C:\Windows\Temp\policy-{n}.inf`},
		{"gpresult.exe", sys32, shell, usr, all, `gpresult /r /scope computer || gpresult /h C:\Users\{user}\Desktop\gp-{n}.html`},
		{"klist.exe", sys32, shell, usr, all, `klist purge || klist tickets`},
		{"quser.exe", sys32, shell, usr, sd, `"C:\Windows\system32\quser.exe"`},
		{"setspn.exe", sys32, shell, usr, sd, `setspn -L svc-sql`},
		{"repadmin.exe", sys32, "cmd.exe|powershell.exe", svc, dcs, `repadmin /replsummary || repadmin /showrepl * /csv`},
		{"dcdiag.exe", sys32, "cmd.exe|powershell.exe", svc, dcs, `dcdiag /test:replications /q`},
		{"dsquery.exe", sys32, shell, usr, sd, `dsquery computer -inactive 12 -limit 500`},
		{"powercfg.exe", sys32, "cmd.exe|svchost.exe", sys, wks, `powercfg /batteryreport /output C:\ProgramData\Maintenance\battery.html`},
		{"Defrag.exe", sys32, hosted, sys, all, `C:\Windows\system32\defrag.exe -c -h -k -g -$`},
		{"cleanmgr.exe", sys32, hosted, sys, wks, `C:\Windows\system32\cleanmgr.exe /autoclean /d C:`},
		{"Dism.exe", sys32, "cmd.exe|powershell.exe|CcmExec.exe", sys, all, `dism /online /get-packages /format:table`},
		{"DismHost.exe", windr + `Temp\{guid}\`, "Dism.exe|CompatTelRunner.exe", sys, all, `{path} {clsid}`},
		{"fsutil.exe", sys32, shell, usr, all, `fsutil volume diskfree c:`},
		{"vssadmin.exe", sys32, "cmd.exe|powershell.exe", svc, srv, `vssadmin list shadows || vssadmin list writers`},
		{"wbadmin.exe", sys32, "cmd.exe|svchost.exe", svc, srv, `wbadmin get versions`},
		{"diskpart.exe", sys32, shell, usr, srv, `diskpart /s C:\Scripts\list-volumes.txt`},
		{"typeperf.exe", sys32, shell, svc, srv, `typeperf "\Processor(_Total)\% Processor Time" -sc 10`},
		{"logman.exe", sys32, shell, svc, srv, `logman query -ets`},
		{"shutdown.exe", sys32, "cmd.exe|CcmExec.exe|explorer.exe", sys, ws, `shutdown /r /t 600 /c "Planned maintenance"`},
		{"logoff.exe", sys32, shell, usr, sd, `logoff {d}`},
		{"ROUTE.EXE", sys32, "cmd.exe|vpnagent.exe", sys, ws, `route print -4`},
		{"ARP.EXE", sys32, shell, usr, all, `arp -a`},
		{"TRACERT.EXE", sys32, shell, usr, all, `tracert -d -h 12 srv-web-01.corp.brackwater.example`},
		{"getmac.exe", sys32, shell, usr, wks, `getmac /v /fo csv`},
		{"driverquery.exe", sys32, shell, usr, wks, `driverquery /v /fo csv`},
		{"pnputil.exe", sys32, "cmd.exe|svchost.exe", sys, wks, `pnputil /enum-drivers`},
		{"drvinst.exe", sys32, hosted, sys, wks, `DrvInst.exe "1" "211" "USB\VID_0{d}6D&PID_C5{d}2\{n}" "C:\Windows\INF\oem{d}.inf" "oem{d}.inf:{hex}" "4{hex}" "0000000000000{n}"`},
		{"wusa.exe", sys32, "CcmExec.exe|explorer.exe", sys, ws, `wusa.exe "C:\Windows\ccmcache\{n}\windows11.0-kb50{n}-x64.msu" /quiet /norestart`},
		{"expand.exe", sys32, "cmd.exe|powershell.exe", sys, srv, `expand -F:* C:\Windows\Temp\{doc}.cab C:\Windows\Temp\{n}`},
		{"more.com", sys32, "cmd.exe", usr, ws, `more`},
		{"sort.exe", sys32, "cmd.exe", usr, ws, `sort  /R`},
		{"regedit.exe", windr, expl, usr, ws, ``},
		{"perfmon.exe", sys32, expl, usr, ws, `"C:\Windows\system32\perfmon.exe" /res`},
		{"msinfo32.exe", sys32, expl, usr, wks, ``},
		{"control.exe", sys32, expl, usr, wks, `"C:\Windows\System32\control.exe" /name Microsoft.DevicesAndPrinters`},
		{"charmap.exe", sys32, expl, usr, wks, ``},
		{"osk.exe", sys32, expl, usr, wks, ``},
		{"Magnify.exe", sys32, expl, usr, wks, ``},
		{"Narrator.exe", sys32, expl, usr, wks, ``},
		{"odbcad32.exe", both, expl, usr, ws, ``},
		{"cmdkey.exe", sys32, shell, usr, wks, `cmdkey /list`},
		{"bcdedit.exe", sys32, shell, usr, ws, `bcdedit /enum`},
		{"manage-bde.exe", sys32, "powershell.exe|cmd.exe", sys, wks, `manage-bde -status C: -protectionaserrorlevel`},
		{"BitLockerWizard.exe", sys32, expl, usr, wks, ``},
		{"mshta.exe", both, expl, usr, wks, `"C:\Windows\System32\mshta.exe" "\\corp.brackwater.example\apps\phonebook.hta"`},
		{"hh.exe", windr, expl, usr, wks, `"C:\Windows\hh.exe" C:\Program Files\Brackwater\Help\{doc}.chm`},
		{"wab.exe", pf + `Windows Mail\`, expl, usr, wks, ``},
		{"wmplayer.exe", pf + `Windows Media Player\`, expl, usr, wks, ``},
	}
}

// rareNeighbours lists real programs that resemble a common one and are met
// once in a day: the false pairs that every estate has.
func rareNeighbours() []entry {
	return []entry{
		{"taskhost.exe", sys32, svcs, own, srv, `taskhost.exe SYSTEM`},
		{"nbtstat.exe", sys32, shell, usr, all, `nbtstat -n`},
		{"tracerpt.exe", sys32, shell, svc, srv, `tracerpt C:\PerfLogs\{doc}.etl -o C:\PerfLogs\{n}.csv`},
		{"BwTimesheet-3.4.11.exe", local + `Programs\Timesheet\`, expl, usr, wks, ``},
		{"BwTimesheet-3.3.12.exe", local + `Programs\Timesheet\`, expl, usr, wks, ``},
		{"AM_Delta_Patch_1.441.1860.0.exe", windr + `SoftwareDistribution\Download\Install\`, "wuauclt.exe", sys, all, `"{path}" WD /q`},
		{"AM_Delta_Patch_1.441.866.0.exe", windr + `SoftwareDistribution\Download\Install\`, "wuauclt.exe", sys, all, `"{path}" WD /q`},
		{"splunk-winprintmon.exe", pf + `SplunkUniversalForwarder\bin\`, "splunkd.exe", sys, srv, ``},
		{"GoogleCrashHandler64.exe", pf86 + `Google\Update\1.3.36.372\`, "GoogleUpdate.exe", sys, wks, ``},
	}
}
