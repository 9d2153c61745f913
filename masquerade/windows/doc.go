// Package windows holds facts about Windows that tell a program from another that
// hides behind its name (MITRE ATT&CK T1036.005): which programs ship with Windows,
// in which folders they lie, and which processes create those that only few create.
// It also brings the paths of events into one form.
//
// The facts are in the files of the folder data, which people can read and
// correct. Every file names the public documentation that tells of its programs.
// They are facts alone, of Windows 7 to 11 and Windows Server 2008 to 2025, and
// worded here; no rule text was taken over. What is known to be misused (LOLBAS,
// ATT&CK) served to tell utilities from other programs. Names and folders were
// compared with those of real installations, and names and folders that the
// comparison showed to be missing were added where they are known to be Windows'
// own.
package windows
