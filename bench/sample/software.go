package sample

import "slices"

// Folders of applications that start several programs.
const (
	office  = pf + `Microsoft Office\root\Office16\`
	edge    = pf86 + `Microsoft\Edge\Application\`
	gitdir  = pf + `Git\`
	ccm     = windr + `CCM\`
	sense   = pf + `Windows Defender Advanced Threat Protection\`
	mma     = pf + `Microsoft Monitoring Agent\Agent\`
	ama     = `C:\Packages\Plugins\Microsoft.Azure.Monitor.AzureMonitorWindowsAgent\1.38.0.0\Monitoring\Agent\`
	splunk  = pf + `SplunkUniversalForwarder\bin\`
	vs      = pf + `Microsoft Visual Studio\2022\Professional\`
	sqlbin  = pf + `Microsoft SQL Server\MSSQL16.MSSQLSERVER\MSSQL\Binn\`
	sqltool = pf + `Microsoft SQL Server\160\`
	inhouse = pf + `Brackwater\`
	docker  = pf + `Docker\Docker\resources\`
)

// softwareCatalogue lists common applications and agents, the commonest first.
func softwareCatalogue() []entry {
	return slices.Concat(softwareEverywhere(), softwareMakers(), softwareOthers())
}

// softwareEverywhere is what most machines have: browsers, Office, agents.
func softwareEverywhere() []entry {
	return []entry{
		{"chrome.exe", pf + `Google\Chrome\Application\|` + pf86 + `Google\Chrome\Application\`, "chrome.exe|explorer.exe", usr, wks, `"C:\Program Files\Google\Chrome\Application\chrome.exe" --type=renderer --lang=en-GB --device-scale-factor=1 --num-raster-threads=4 --enable-main-frame-before-activation --renderer-client-id={n} --time-ticks-at-unix-epoch=-{n}{n}{n} --launch-time-ticks={n}{n} --field-trial-handle={n},i,{n}{n}{n},{n}{n}{n},262144 --variations-seed-version --mojo-platform-channel-handle={n} /prefetch:1 || "C:\Program Files\Google\Chrome\Application\chrome.exe" --type=utility --utility-sub-type=network.mojom.NetworkService --lang=en-GB --service-sandbox-type=none --field-trial-handle={n},i,{n}{n}{n},{n}{n}{n},262144 --mojo-platform-channel-handle={n} /prefetch:3 || "C:\Program Files\Google\Chrome\Application\chrome.exe"`},
		{"msedge.exe", edge, "msedge.exe|explorer.exe", usr, wks, `"{path}" --type=renderer --lang=en-GB --device-scale-factor=1.25 --num-raster-threads=4 --renderer-client-id={n} --time-ticks-at-unix-epoch=-{n}{n}{n} --launch-time-ticks={n}{n} --field-trial-handle={n},i,{n}{n}{n},{n}{n}{n},262144 --variations-seed-version --mojo-platform-channel-handle={n} /prefetch:1 || "{path}" --type=crashpad-handler --user-data-dir=C:\Users\{user}\AppData\Local\Microsoft\Edge\User /prefetch:4 --monitor-self-annotation=ptype=crashpad-handler --annotation=IsOfficialBuild=1 --annotation=channel= --annotation=chromium-version=142.0.{n}.66 || "{path}" --no-startup-window --win-session-start`},
		{"msedgewebview2.exe", pf86 + `Microsoft\EdgeWebView\Application\142.0.3595.65\`, "msedgewebview2.exe|ms-teams.exe|SearchHost.exe|OUTLOOK.EXE", usr, wks, `"{path}" --type=renderer --noerrdialogs --user-data-dir="C:\Users\{user}\AppData\Local\Packages\MSTeams_8wekyb3d8bbwe\LocalCache\Microsoft\MSTeams\EBWebView" --webview-exe-name=ms-teams.exe --embedded-browser-webview=1 --lang=en-GB --renderer-client-id={n} --mojo-platform-channel-handle={n} --field-trial-handle={n},i,{n}{n}{n},{n}{n}{n},262144 /prefetch:1`},
		{"git.exe", gitdir + `cmd\|` + gitdir + `mingw64\bin\`, "Code.exe|git.exe|cmd.exe|devenv.exe", usr, wks, `git.exe status -z -uall || "C:\Program Files\Git\cmd\git.exe" rev-parse --show-toplevel || git.exe config --get commit.template || git.exe for-each-ref --format=%(refname)%00%(upstream:short)%00%(objectname)%00 refs/heads/{doc}`},
		{"Teams.exe", local + `Microsoft\Teams\current\`, "Teams.exe|explorer.exe", usr, wks, `"{path}" --type=renderer --enable-wer --user-data-dir="C:\Users\{user}\AppData\Roaming\Microsoft\Teams" --ms-teams-less-cors=522133263 --lang=en-gb --renderer-client-id={d} --mojo-platform-channel-handle={n} /prefetch:1 || "{path}" --process-start-args "--system-initiated"`},
		{"ms-teams.exe", wapps + `MSTeams_25275.2601.4002.2815_x64__8wekyb3d8bbwe\`, "svchost.exe|explorer.exe", usr, wks, `"{path}" msteams:system-initiated`},
		{"OUTLOOK.EXE", office, "explorer.exe|svchost.exe", usr, wks, `"{path}" || "{path}" -Embedding || "{path}" /eml "C:\Users\{user}\Downloads\{doc}.eml"`},
		{"WINWORD.EXE", office, "explorer.exe|OUTLOOK.EXE", usr, wks, `"{path}" /n "C:\Users\{user}\Documents\{doc}.docx" /o "" || "{path}" /n "C:\Users\{user}\AppData\Local\Microsoft\Windows\INetCache\Content.Outlook\{hex}\{doc} ({d}).docx" /o ""`},
		{"EXCEL.EXE", office, "explorer.exe|OUTLOOK.EXE", usr, wks, `"{path}" "C:\Users\{user}\Documents\{doc}.xlsx" || "{path}" /dde || "{path}" "\\srv-file-01\finance$\{doc} {n}.xlsm"`},
		{"POWERPNT.EXE", office, "explorer.exe|OUTLOOK.EXE", usr, wks, `"{path}" "C:\Users\{user}\Documents\{doc}.pptx" /ou ""`},
		{"ONENOTEM.EXE", office, expl, usr, wks, `/tsr`},
		{"OneDrive.exe", local + `Microsoft\OneDrive\|` + pf + `Microsoft OneDrive\`, "explorer.exe|svchost.exe", usr, wks, `"{path}" /background`},
		{"OneDriveStandaloneUpdater.exe", local + `Microsoft\OneDrive\`, hosted, usr, wks, ``},
		{"FileCoAuth.exe", local + `Microsoft\OneDrive\25.199.1012.0002\`, hosted, usr, wks, `"{path}" -Embedding`},
		{"OfficeClickToRun.exe", pf + `Common Files\Microsoft Shared\ClickToRun\`, "services.exe|svchost.exe", sys, wks, `"{path}" /service`},
		{"OfficeC2RClient.exe", pf + `Common Files\Microsoft Shared\ClickToRun\`, "OfficeClickToRun.exe|svchost.exe", sys, wks, `"{path}" /update SCHEDULEDTASK displaylevel=False || "{path}" /frequentupdate SCHEDULEDTASK displaylevel=False`},
		{"sdxhelper.exe", office, hosted, usr, wks, `"{path}" -Embedding`},
		{"ai.exe", pf + `Microsoft Office\root\vfs\ProgramFilesCommonX64\Microsoft Shared\OFFICE16\`, "WINWORD.EXE|EXCEL.EXE|OUTLOOK.EXE", usr, wks, `"{path}" "{guid}" "{guid}" "{n}"`},
		{"MicrosoftEdgeUpdate.exe", pf86 + `Microsoft\EdgeUpdate\`, "svchost.exe|services.exe|MicrosoftEdgeUpdate.exe", sys, all, `"{path}" /ua /installsource scheduler || "{path}" /c || "{path}" /svc`},
		{"GoogleUpdate.exe", pf86 + `Google\Update\`, "svchost.exe|services.exe|GoogleUpdate.exe", sys, wks, `"{path}" /ua /installsource scheduler || "{path}" /c || "{path}" /svc`},
		{"updater.exe", pf86 + `Google\GoogleUpdater\144.0.7482.0\`, "svchost.exe|updater.exe", sys, wks, `"{path}" --wake --system || "{path}" --crash-handler --system "--database=C:\Program Files (x86)\Google\GoogleUpdater\144.0.7482.0\Crashpad" --annotation=prod=Update4 --annotation=ver=144.0.7482.0`},
		{"CcmExec.exe", ccm, svcs, sys, ws, `C:\Windows\CCM\CcmExec.exe`},
		{"SCNotification.exe", ccm, "CcmExec.exe", own, wks, ``},
		{"ccmeval.exe", ccm, hosted, sys, ws, ``},
		{"CmRcService.exe", ccm + `RemCtrl\`, svcs, sys, wks, ``},
		{"IntuneManagementExtension.exe", pf86 + `Microsoft Intune Management Extension\`, svcs, sys, wks, ``},
		{"AgentExecutor.exe", pf86 + `Microsoft Intune Management Extension\`, "IntuneManagementExtension.exe", sys, wks, `"{path}" -powershell "C:\Program Files (x86)\Microsoft Intune Management Extension\Content\DetectionScripts\{guid}_1.ps1" "C:\Program Files (x86)\Microsoft Intune Management Extension\Content\DetectionScripts\{guid}.output" 60000`},
		{"MsSense.exe", sense, svcs, sys, all, ``},
		{"SenseIR.exe", sense, "MsSense.exe", sys, all, `"{path}" "OnlineSenseIR" "{n}" "{guid}"`},
		{"SenseCncProxy.exe", sense, "MsSense.exe", sys, all, ``},
		{"SenseNdr.exe", sense + `SenseNdr\`, "MsSense.exe", sys, all, ``},
		{"SenseTVM.exe", sense, "MsSense.exe", sys, all, ``},
		{"HealthService.exe", mma, svcs, sys, sd, ``},
		{"MonitoringHost.exe", mma, "HealthService.exe", sys, sd, `"{path}" -Embedding`},
		{"MonAgentLauncher.exe", ama, svcs, sys, sd, `"{path}" -useenv`},
		{"MonAgentHost.exe", ama, "MonAgentLauncher.exe", sys, sd, `"{path}" -LocalPath "C:\WindowsAzure\Resources\AMADataStore" -ConfigFile "mcsconfig.latest.xml"`},
		{"MonAgentCore.exe", ama, "MonAgentHost.exe", sys, sd, ``},
		{"MonAgentManager.exe", ama, "MonAgentLauncher.exe", sys, sd, ``},
		{"AMAExtHealthMonitor.exe", ama, svcs, sys, sd, ``},
		{"gc_service.exe", pf + `AzureConnectedMachineAgent\GCArcService\GC\`, svcs, sys, sd, `"{path}" -k netsvcs`},
		{"gc_worker.exe", pf + `AzureConnectedMachineAgent\GCArcService\GC\`, "gc_service.exe", sys, sd, `"{path}" -a {doc} -o C:\ProgramData\GuestConfig\Configuration`},
		{"himds.exe", pf + `AzureConnectedMachineAgent\`, svcs, net, sd, ``},
		{"azcmagent.exe", pf + `AzureConnectedMachineAgent\`, "himds.exe|powershell.exe", sys, sd, `azcmagent show -j`},
		{"WindowsAzureGuestAgent.exe", `C:\WindowsAzure\GuestAgent_2.7.41491.1183\`, svcs, sys, srv, ``},
		{"WaAppAgent.exe", `C:\WindowsAzure\GuestAgent_2.7.41491.1183\`, svcs, sys, srv, ``},
		{"splunkd.exe", splunk, svcs, sys, all, `"{path}" service`},
		{"splunk-winevtlog.exe", splunk, "splunkd.exe", sys, all, ``},
		{"splunk-powershell.exe", splunk, "splunkd.exe", sys, all, `"{path}" --ps2`},
		{"splunk-admon.exe", splunk, "splunkd.exe", sys, dcs, ``},
		{"splunk-MonitorNoHandle.exe", splunk, "splunkd.exe", sys, all, ``},
	}
}

// softwareMakers is what developers and the company itself bring.
func softwareMakers() []entry {
	return []entry{
		{"Code.exe", local + `Programs\Microsoft VS Code\`, "Code.exe|explorer.exe", usr, wks, `"{path}" --type=utility --utility-sub-type=node.mojom.NodeService --lang=en-GB --service-sandbox-type=none --user-data-dir="C:\Users\{user}\AppData\Roaming\Code" --mojo-platform-channel-handle={n} /prefetch:8 || "{path}" "C:\src\{doc}"`},
		{"rg.exe", local + `Programs\Microsoft VS Code\resources\app\node_modules\@vscode\ripgrep\bin\`, "Code.exe", usr, wks, `"{path}" --files --hidden --case-sensitive --no-require-git -g **/{doc}.json --no-ignore --follow --no-config`},
		{"node.exe", pf + `nodejs\`, "cmd.exe|Code.exe|node.exe", usr, wks, `"C:\Program Files\nodejs\node.exe" "C:\src\{doc}\node_modules\typescript\lib\tsserver.js" --useInferredProjectPerProjectRoot || node  server.js --port {n}`},
		{"python.exe", local + `Programs\Python\Python312\|C:\Python311\`, "cmd.exe|Code.exe|svchost.exe", usr, ws, `python -m pytest -q tests/{doc} || "C:\Python311\python.exe" C:\Scripts\{doc}.py --day {n} || python.exe -m pip list --format=json`},
		{"pythonw.exe", local + `Programs\Python\Python312\`, expl, usr, wks, `pythonw.exe C:\src\{doc}\tray.py`},
		{"java.exe", pf + `Eclipse Adoptium\jdk-21.0.8.9-hotspot\bin\|` + pf + `Java\jre1.8.0_471\bin\`, "services.exe|cmd.exe|explorer.exe", svc, ws, `"{path}" -Xms256m -Xmx2g -Dfile.encoding=UTF-8 -jar C:\Apps\{doc}\{doc}.jar --spring.profiles.active=prod`},
		{"javaw.exe", pf + `Java\jre1.8.0_471\bin\`, expl, usr, wks, `"{path}" -jar "C:\Apps\{doc}\launcher.jar"`},
		{"dotnet.exe", pf + `dotnet\`, "devenv.exe|cmd.exe|Code.exe", usr, ws, `dotnet build C:\src\{doc}\{doc}.sln -c Release --nologo || "C:\Program Files\dotnet\dotnet.exe" exec "C:\Program Files\dotnet\sdk\8.0.415\Roslyn\bincore\VBCSCompiler.dll" "-pipename:{hex}{hex}" || dotnet test --no-build`},
		{"MSBuild.exe", vs + `MSBuild\Current\Bin\amd64\`, "devenv.exe|cmd.exe", usr, wks, `"{path}" /nologo /nodemode:1 /nodeReuse:true /low:false`},
		{"csc.exe", windr + `Microsoft.NET\Framework64\v4.0.30319\`, "powershell.exe|w3wp.exe", usr, ws, `"{path}" /noconfig /fullpaths @"C:\Windows\TEMP\{hex}\{hex}.cmdline"`},
		{"cvtres.exe", windr + `Microsoft.NET\Framework64\v4.0.30319\`, "csc.exe", usr, ws, `{path} /NOLOGO /READONLY /MACHINE:IX86 "/OUT:C:\Windows\TEMP\RES{n}.tmp" "c:\Windows\Temp\{hex}\CSC{hex}{hex}.TMP"`},
		{"ngen.exe", windr + `Microsoft.NET\Framework64\v4.0.30319\`, "svchost.exe|msiexec.exe", sys, ws, `"{path}" ExecuteQueuedItems /LegacyServiceBehavior`},
		{"mscorsvw.exe", windr + `Microsoft.NET\Framework64\v4.0.30319\`, "ngen.exe|services.exe", sys, ws, `{path} -StartupEvent {n} -InterruptEvent 0 -NGENProcess {n} -Pipe {n} -Comment "NGen Worker Process"`},
		{"NGenTask.exe", windr + `Microsoft.NET\Framework64\v4.0.30319\`, hosted, sys, ws, `"{path}" /RuntimeWide /StopEvent:{n}`},
		{"devenv.exe", vs + `Common7\IDE\`, expl, usr, wks, `"{path}" "C:\src\{doc}\{doc}.sln"`},
		{"ServiceHub.Host.dotnet.x64.exe", vs + `Common7\ServiceHub\Hosts\ServiceHub.Host.Dotnet.x64\`, "devenv.exe", usr, wks, `"{path}" dotnet$C94B8CFE-E3FD-4BAF-A941-2866DBB566FE$ net.pipe://{hex}{hex} "/TelemetrySession:{hex}"`},
		{"ServiceHub.IdentityHost.exe", vs + `Common7\ServiceHub\Hosts\ServiceHub.Host.Dotnet.x64\`, "devenv.exe", usr, wks, ``},
		{"VBCSCompiler.exe", vs + `MSBuild\Current\Bin\Roslyn\`, "MSBuild.exe", usr, wks, `"{path}" "-pipename:{hex}{hex}"`},
		{"bash.exe", gitdir + `bin\|` + gitdir + `usr\bin\`, "explorer.exe|Code.exe|git.exe", usr, wks, `"C:\Program Files\Git\bin\bash.exe" --login -i`},
		{"sh.exe", gitdir + `usr\bin\`, "git.exe|bash.exe", usr, wks, `/usr/bin/sh .git/hooks/pre-commit`},
		{"ssh.exe", sys32 + `OpenSSH\|` + gitdir + `usr\bin\`, "git.exe|Code.exe|cmd.exe", usr, wks, `ssh git@git.brackwater.example "git-upload-pack 'platform/{doc}.git'"`},
		{"git-remote-https.exe", gitdir + `mingw64\libexec\git-core\`, "git.exe", usr, wks, `git.exe remote-https origin https://git.brackwater.example/platform/{doc}.git`},
		{"git-credential-manager.exe", gitdir + `mingw64\bin\`, "git.exe|sh.exe", usr, wks, `git-credential-manager get`},
		{"gopls.exe", `C:\Users\{user}\go\bin\`, "Code.exe", usr, wks, `{path} -mode=stdio`},
		{"go.exe", pf + `Go\bin\`, "Code.exe|gopls.exe|cmd.exe", usr, wks, `go list -m -json all || "C:\Program Files\Go\bin\go.exe" test -run=. ./{doc}/...`},
		{"wsl.exe", sys32 + "|" + pf + `WSL\`, shell, usr, wks, `wsl.exe -d Ubuntu -e sh -c "uptime"`},
		{"docker.exe", docker + `bin\`, "cmd.exe|Code.exe", usr, wks, `docker ps -a || docker compose up -d {doc}`},
		{"com.docker.backend.exe", docker, "explorer.exe|com.docker.backend.exe", usr, wks, ``},
		{"kubectl.exe", docker + `bin\`, shell, usr, wks, `kubectl get pods -n {doc}`},
		{"terraform.exe", `C:\Tools\`, shell, usr, wks, `terraform plan -out={n}.tfplan`},
		{"AcroRd32.exe", pf86 + `Adobe\Acrobat Reader DC\Reader\`, "explorer.exe|OUTLOOK.EXE|AcroRd32.exe", usr, wks, `"{path}" "C:\Users\{user}\Downloads\{doc}.pdf" || "{path}" --type=renderer "C:\Users\{user}\Downloads\{doc}.pdf"`},
		{"Acrobat.exe", pf + `Adobe\Acrobat DC\Acrobat\`, "explorer.exe|Acrobat.exe", usr, wks, `"{path}" "C:\Users\{user}\Documents\{doc}.pdf"`},
		{"AcroCEF.exe", pf + `Adobe\Acrobat DC\Acrobat\acrocef_1\`, "Acrobat.exe|AcroCEF.exe", usr, wks, `"{path}" --type=renderer --log-severity=disable --lang=en-US --renderer-client-id={d} --mojo-platform-channel-handle={n} /prefetch:1`},
		{"RdrCEF.exe", pf86 + `Adobe\Acrobat Reader DC\Reader\AcroCEF\`, "AcroRd32.exe|RdrCEF.exe", usr, wks, `"{path}" --backgroundcolor=16514043`},
		{"AdobeARM.exe", pf86 + `Common Files\Adobe\ARM\1.0\`, "armsvc.exe|AcroRd32.exe", sys, wks, `"{path}" /PRODUCT:Reader /VERSION:25.0 /MODE:3`},
		{"armsvc.exe", pf86 + `Common Files\Adobe\ARM\1.0\`, svcs, sys, wks, ``},
		{"firefox.exe", pf + `Mozilla Firefox\`, "firefox.exe|explorer.exe", usr, wks, `"{path}" -contentproc -isForBrowser -prefsHandle {n} -prefsLen {n} -parentBuildID 20261103{n}12 -win32kLockedDown - {clsid} {n} tab`},
		{"AM_Delta_Patch_1.441.1866.0.exe", windr + `SoftwareDistribution\Download\Install\`, "wuauclt.exe", sys, all, `"{path}" WD /q`},
		{"MpSigStub.exe", sys32, "AM_Delta_Patch_1.441.1866.0.exe|wuauclt.exe", sys, all, `C:\Windows\System32\MpSigStub.exe /stub 1.1.24010.10 /payload 1.441.1866.0 /program C:\Windows\SoftwareDistribution\Download\Install\AM_Delta_Patch_1.441.1866.0.exe WD /q`},
		{"BwTimesheet-3.4.12.exe", local + `Programs\Timesheet\`, expl, usr, wks, `"{path}" --minimised`},
		{"BwPortal.exe", inhouse + `Portal\`, expl, usr, wks, `"{path}" /sso`},
		{"BwInventoryAgent.exe", inhouse + `Inventory\`, "services.exe|svchost.exe", sys, all, `"{path}" --collect {doc} --out C:\ProgramData\Brackwater\{n}.json`},
		{"BwOrderImport.exe", inhouse + `Orders\`, "svchost.exe|BwJobRunner.exe", svc, srv, `"{path}" -profile {doc} -batch {n}`},
		{"BwJobRunner.exe", inhouse + `Jobs\`, svcs, svc, srv, `"{path}" --queue {doc}`},
		{"BwLabelPrint.exe", inhouse + `Labels\`, "BwPortal.exe|explorer.exe", usr, wks, `"{path}" /job {n} /printer PRT-0{d}`},
		{"saplogon.exe", pf86 + `SAP\FrontEnd\SAPgui\`, expl, usr, wks, ``},
		{"saplgpad.exe", pf86 + `SAP\FrontEnd\SAPgui\`, expl, usr, wks, ``},
	}
}

// softwareOthers is the rest.
func softwareOthers() []entry {
	return []entry{
		{"sqlservr.exe", sqlbin, svcs, svc, srv, `"{path}" -sMSSQLSERVER`},
		{"SQLAGENT.EXE", sqlbin, svcs, svc, srv, `"{path}" -i MSSQLSERVER`},
		{"DTExec.exe", sqltool + `DTS\Binn\`, "SQLAGENT.EXE", svc, srv, `"{path}" /ISSERVER "\SSISDB\Warehouse\{doc}.dtsx" /SERVER "." /Par "$ServerOption::LOGGING_LEVEL(Int16)";1 /CALLERINFO SQLAGENT /REPORTING E`},
		{"SQLCMD.EXE", pf + `Microsoft SQL Server\Client SDK\ODBC\170\Tools\Binn\`, "SQLAGENT.EXE|cmd.exe|powershell.exe", svc, srv, `sqlcmd -S . -d {doc} -E -Q "EXEC dbo.NightlyCheck"`},
		{"Ssms.exe", pf86 + `Microsoft SQL Server Management Studio 20\Common7\IDE\`, expl, usr, ws, ``},
		{"ReportingServicesService.exe", pf + `Microsoft SQL Server Reporting Services\SSRS\`, svcs, svc, srv, ``},
		{"VeeamAgent.exe", pf86 + `Veeam\Backup Transport\x64\`, "VeeamTransportSvc.exe", sys, srv, `"{path}" -l "flush,C:\ProgramData\Veeam\Backup\Agent.{doc}.log" -s -p {n}`},
		{"VeeamTransportSvc.exe", pf86 + `Veeam\Backup Transport\`, svcs, sys, srv, ``},
		{"Veeam.Backup.Manager.exe", pf + `Veeam\Backup and Replication\Backup\`, svcs, svc, srv, `"{path}" startbackupjob owner=[vbsvc] normal {guid}`},
		{"vmtoolsd.exe", pf + `VMware\VMware Tools\`, "services.exe|explorer.exe", sys, sd, `"{path}" -n vmusr`},
		{"zabbix_agent2.exe", pf + `Zabbix Agent 2\`, svcs, sys, sd, `"{path}" -c "C:\Program Files\Zabbix Agent 2\zabbix_agent2.conf" -f=false`},
		{"nxlog.exe", pf + `nxlog\`, svcs, sys, sd, ``},
		{"Sysmon64.exe", windr, svcs, sys, all, ``},
		{"osqueryd.exe", pf + `osquery\osqueryd\`, "services.exe|osqueryd.exe", sys, all, `"{path}" --flagfile="C:\Program Files\osquery\osquery.flags"`},
		{"TaniumClient.exe", pf86 + `Tanium\Tanium Client\`, svcs, sys, all, `"{path}" --service`},
		{"TaniumCX.exe", pf86 + `Tanium\Tanium Client\`, "TaniumClient.exe", sys, all, `"{path}" --start {doc}`},
		{"QualysAgent.exe", pf + `Qualys\QualysAgent\`, svcs, sys, all, ``},
		{"vpnagent.exe", pf86 + `Cisco\Cisco Secure Client\`, svcs, sys, wks, ``},
		{"csc_ui.exe", pf86 + `Cisco\Cisco Secure Client\UI\`, expl, usr, wks, `"{path}" -minimized`},
		{"PanGPS.exe", pf + `Palo Alto Networks\GlobalProtect\`, svcs, sys, wks, ``},
		{"PanGPA.exe", pf + `Palo Alto Networks\GlobalProtect\`, expl, usr, wks, `"{path}" start`},
		{"Zoom.exe", roam + `Zoom\bin\|` + pf + `Zoom\bin\`, "explorer.exe|chrome.exe", usr, wks, `"{path}" --action=join --runaszvideo=TRUE`},
		{"slack.exe", local + `slack\app-4.46.101\`, "slack.exe|explorer.exe", usr, wks, `"{path}" --type=gpu-process --user-data-dir="C:\Users\{user}\AppData\Roaming\Slack" --mojo-platform-channel-handle={n} /prefetch:2`},
		{"CiscoCollabHost.exe", local + `Programs\Cisco Spark\`, expl, usr, wks, `"{path}" /minimized /autostartedWithWindows=true`},
		{"Spotify.exe", roam + `Spotify\`, "explorer.exe|Spotify.exe", usr, wks, `"{path}" --autostart --minimized`},
		{"notepad++.exe", pf + `Notepad++\`, expl, usr, ws, `"{path}" "C:\Users\{user}\Documents\{doc}.log"`},
		{"7zFM.exe", pf + `7-Zip\`, expl, usr, ws, `"{path}" "C:\Users\{user}\Downloads\{doc}.zip"`},
		{"7zG.exe", pf + `7-Zip\`, expl, usr, ws, `"{path}" x -o"C:\Users\{user}\Downloads\{doc}\" -spe -slp- -an -ai#7zMap{n}:94:7zEvent{n}`},
		{"putty.exe", pf + `PuTTY\`, expl, usr, wks, `"{path}" -load {doc}`},
		{"WinSCP.exe", pf86 + `WinSCP\`, expl, usr, wks, ``},
		{"KeePass.exe", pf + `KeePass Password Safe 2\`, expl, usr, wks, ``},
		{"Greenshot.exe", pf + `Greenshot\`, expl, usr, wks, ``},
		{"PowerToys.exe", pf + `PowerToys\`, "explorer.exe|svchost.exe", usr, wks, ``},
		{"PBIDesktop.exe", pf + `Microsoft Power BI Desktop\bin\`, expl, usr, wks, `"{path}" "C:\Users\{user}\Documents\{doc}.pbix"`},
		{"msmdsrv.exe", pf + `Microsoft Power BI Desktop\bin\`, "PBIDesktop.exe", usr, wks, `"{path}" -c -n AnalysisServicesWorkspace_{guid} -s "C:\Users\{user}\AppData\Local\Microsoft\Power BI Desktop\AnalysisServicesWorkspaces\{n}\Data"`},
		{"Microsoft.Mashup.Container.NetFX45.exe", pf + `Microsoft Power BI Desktop\bin\`, "PBIDesktop.exe|msmdsrv.exe", usr, wks, `"{path}" {n} {n} {guid} 1`},
		{"acad.exe", pf + `Autodesk\AutoCAD 2025\`, expl, usr, wks, `"{path}" /product ACAD "D:\CAD\{doc}.dwg"`},
		{"AdskLicensingService.exe", pf86 + `Common Files\Autodesk Shared\AdskLicensing\Current\AdskLicensingService\`, svcs, sys, wks, ``},
		{"MATLAB.exe", pf + `MATLAB\R2025a\bin\win64\`, expl, usr, wks, ``},
		{"igfxEM.exe", sys32 + `DriverStore\FileRepository\cui_dch.inf_amd64_{hex}\`, "igfxCUIService.exe", own, wks, ``},
		{"igfxCUIService.exe", sys32 + `DriverStore\FileRepository\cui_dch.inf_amd64_{hex}\`, svcs, sys, wks, ``},
		{"IntelCpHDCPSvc.exe", sys32 + `DriverStore\FileRepository\iigd_dch.inf_amd64_{hex}\`, svcs, sys, wks, ``},
		{"RtkAudUService64.exe", sys32 + `DriverStore\FileRepository\realtekservice.inf_amd64_{hex}\`, "services.exe|explorer.exe", sys, wks, `"{path}" -background`},
		{"NVDisplay.Container.exe", sys32 + `DriverStore\FileRepository\nv_dispi.inf_amd64_{hex}\Display.NvContainer\`, svcs, sys, wks, `{path} -s NVDisplay.ContainerLocalSystem -f %ProgramData%\NVIDIA\DisplaySessionContainer%d.log`},
		{"dcu-cli.exe", pf + `Dell\CommandUpdate\`, "svchost.exe|CcmExec.exe", sys, wks, `"{path}" /scan -silent`},
		{"DellCommandUpdate.exe", pf + `Dell\CommandUpdate\`, svcs, sys, wks, ``},
		{"SupportAssistAgent.exe", pf + `Dell\SupportAssistAgent\bin\`, svcs, sys, wks, ``},
		{"ImController.Service.exe", windr + `Lenovo\ImController\Service\`, svcs, sys, wks, ``},
		{"LenovoVantageService.exe", pf86 + `Lenovo\VantageService\4.3.155.0\`, svcs, sys, wks, ``},
		{"SelfService.exe", pf86 + `Citrix\ICA Client\SelfServicePlugin\`, expl, usr, wks, `"{path}" -rmPrograms`},
		{"wfica32.exe", pf86 + `Citrix\ICA Client\`, "SelfService.exe|explorer.exe", usr, wks, `"{path}" "C:\Users\{user}\Downloads\{doc}.ica"`},
		{"concentr.exe", pf86 + `Citrix\ICA Client\`, expl, usr, wks, `"{path}" /startup`},
		{"TeamViewer_Service.exe", pf + `TeamViewer\`, svcs, sys, wks, ``},
		{"GoogleCrashHandler.exe", pf86 + `Google\Update\1.3.36.372\`, "GoogleUpdate.exe", sys, wks, ``},
		{"vlc.exe", pf + `VideoLAN\VLC\`, expl, usr, wks, `"{path}" --started-from-file "C:\Users\{user}\Videos\{doc}.mp4"`},
		{"Everything.exe", pf + `Everything\`, "explorer.exe|services.exe", usr, wks, `"{path}" -startup`},
		{"SnagitCapture.exe", pf + `TechSmith\Snagit 2025\`, expl, usr, wks, ``},
		{"filebeat.exe", pf + `Filebeat\`, svcs, sys, srv, `"{path}" --environment=windows_service -c "C:\Program Files\Filebeat\filebeat.yml"`},
		{"winlogbeat.exe", pf + `Winlogbeat\`, svcs, sys, srv, `"{path}" --environment=windows_service`},
		{"Rscript.exe", pf + `R\R-4.5.1\bin\`, shell, usr, wks, `Rscript.exe --vanilla C:\src\{doc}\fit.R`},
		{"pwsh.exe", pf + `PowerShell\7\`, shell, usr, ws, `"{path}" -NoLogo -NoProfile -File C:\Scripts\{doc}.ps1 || "{path}"`},
		{"WindowsTerminal.exe", wapps + `Microsoft.WindowsTerminal_1.23.12811.0_x64__8wekyb3d8bbwe\`, expl, usr, wks, ``},
		{"OpenConsole.exe", wapps + `Microsoft.WindowsTerminal_1.23.12811.0_x64__8wekyb3d8bbwe\`, "WindowsTerminal.exe", usr, wks, `"{path}" --headless --win32input --resizeQuirk --width 120 --height 30 --signal 0x{n} --server 0x{n}`},
		{"sftp-server.exe", sys32 + `OpenSSH\`, "sshd.exe", svc, srv, ``},
		{"sshd.exe", sys32 + `OpenSSH\`, svcs, sys, srv, `"{path}" -R`},
		{"nscp.exe", pf + `NSClient++\`, svcs, sys, srv, `"{path}" service --run`},
		{"httpd.exe", `C:\Apache24\bin\`, "services.exe|httpd.exe", svc, srv, `"{path}" -k runservice`},
		{"tomcat9.exe", pf + `Apache Software Foundation\Tomcat 9.0\bin\`, svcs, svc, srv, `"{path}" //RS//Tomcat9`},
		{"mysqld.exe", pf + `MySQL\MySQL Server 8.0\bin\`, svcs, svc, srv, `"{path}" --defaults-file="C:\ProgramData\MySQL\MySQL Server 8.0\my.ini" MySQL80`},
	}
}
