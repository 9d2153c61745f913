package local

import (
	"os"

	"golang.org/x/sys/unix"
)

// renameNew renames a file within a folder, or fails with EEXIST. (renameatx_np(2))
func renameNew(folder *os.File, from, to string) error {
	fd := int(folder.Fd())
	return os.NewSyscallError("renameatx_np", unix.RenameatxNp(fd, from, fd, to, unix.RENAME_EXCL))
}
