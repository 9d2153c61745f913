package local

import (
	"os"

	"golang.org/x/sys/unix"
)

// renameNew renames a file within a folder, or fails with EEXIST. (renameat2(2))
func renameNew(folder *os.File, from, to string) error {
	fd := int(folder.Fd())
	return os.NewSyscallError("renameat2", unix.Renameat2(fd, from, fd, to, unix.RENAME_NOREPLACE))
}
