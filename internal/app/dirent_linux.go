package app

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"syscall"
)

// The fields of struct linux_dirent64, which getdents64(2) writes one after the
// other: inode and offset (8 bytes each), the record's length (2), the type (1),
// and the name with a zero byte at its end.
const (
	direntLength = 16
	direntType   = 18
	direntName   = 19
)

// readNames reads the names in a directory. Of a directory that was opened below
// an [os.Root], os.File.ReadDir asks for the status of each file, which is done
// on several cores here.
func readNames(dir *os.File, n *names) error {
	conn, err := dir.SyscallConn()
	if err != nil {
		return err
	}
	buf := make([]byte, 32<<10)
	for {
		var got int
		var rerr error
		if err := conn.Control(func(fd uintptr) {
			for {
				if got, rerr = syscall.ReadDirent(int(fd), buf); !errors.Is(rerr, syscall.EINTR) {
					return
				}
			}
		}); err != nil {
			return err
		}
		if rerr != nil {
			return fmt.Errorf("reading the directory: %w", rerr)
		}
		if got <= 0 {
			return nil
		}
		if err := n.parse(buf[:got]); err != nil {
			return err
		}
	}
}

// parse adds the names of some records.
func (n *names) parse(b []byte) error {
	for len(b) > 0 {
		if len(b) < direntName {
			return errDirent
		}
		length := int(binary.NativeEndian.Uint16(b[direntLength:]))
		if length < direntName || length > len(b) {
			return errDirent
		}
		name, _, ok := bytes.Cut(b[direntName:length], []byte{0})
		if !ok {
			return errDirent
		}
		typ := nameUnknown
		switch b[direntType] {
		case syscall.DT_DIR:
			typ = nameDir
		case syscall.DT_LNK:
			typ = nameLink
		case syscall.DT_REG, syscall.DT_FIFO, syscall.DT_SOCK, syscall.DT_BLK, syscall.DT_CHR:
			typ = nameFile
		}
		if s := string(name); s != "." && s != ".." {
			n.add(s, typ)
		}
		b = b[length:]
	}
	return nil
}

var errDirent = errors.New("the system's list of its files is malformed")
