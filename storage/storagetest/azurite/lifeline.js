// Loaded before Azurite. Go holds the other end of standard input; when the Go
// process dies, even by SIGKILL, the pipe closes and Azurite must not outlive it.
"use strict";
process.stdin.on("end", () => process.exit(0)).on("error", () => process.exit(0)).resume();
