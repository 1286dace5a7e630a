package object

import (
	"debug/elf"
	"errors"
	"io"
)

// Version changes when what is told of a file does, so that what was kept of
// files before isn't used.
const Version = 1

// File is what must be known of an executable or a shared library. Its zero
// value is a file without a dynamic section.
type File struct {
	// Machine and Class are e_machine and EI_CLASS, in the words of debug/elf.
	Machine elf.Machine `json:"m"`
	Class   elf.Class   `json:"c"`
	// Interpreter is the dynamic loader that an executable names.
	Interpreter string `json:"i,omitempty"`
	// Soname is the name that others know a library by.
	Soname string `json:"s,omitempty"`
	// Needed are the libraries that the loader loads with it, in order.
	Needed []string `json:"n,omitempty"`
	// Rpath and Runpath are where it has them looked for, as they stand there:
	// DT_RPATH and DT_RUNPATH, whose directories are separated by colons.
	Rpath   string `json:"r,omitempty"`
	Runpath string `json:"u,omitempty"`
	// NoDefault says that they are not looked for in the default directories
	// (DF_1_NODEFLIB).
	NoDefault bool `json:"d,omitempty"`
	// Requires are the versions of symbols that must be in the libraries.
	Requires []Requirement `json:"v,omitempty"`
	// Provides are those that it has itself.
	Provides []string `json:"p,omitempty"`
	// ExecutableStack and TextRelocations are what hardened systems refuse.
	ExecutableStack bool `json:"x,omitempty"`
	TextRelocations bool `json:"t,omitempty"`
}

// Requirement is the versions of symbols that a file needs of a library.
type Requirement struct {
	Library string   `json:"l"`
	Names   []string `json:"n"`
}

// ErrNotObject says that a file is no executable or shared library in the ELF
// format. It may be an object file for the linker.
var ErrNotObject = errors.New("it is no ELF executable or shared library")

// maxPasses is how often a file is read from its start. The second finds what the
// first didn't keep, a third the names that the second told of.
const maxPasses = 4

// Magic is what ELF files begin with.
const Magic = elf.ELFMAG

// Read reads a file of size bytes. It is opened again where its parts lie so that
// one pass doesn't do; an open that returns nil the second time ends that, with
// what was learnt so far in the error. The error is [ErrNotObject] for what is
// none, and another for one that contradicts itself.
func Read(size int64, open func() (io.ReadCloser, error)) (*File, error) {
	if size < headerSize {
		return nil, ErrNotObject
	}
	c := NewCollector(size)
	defer c.windows.release()
	for range maxPasses {
		if err := c.pass(open); err != nil {
			return nil, err
		}
		f, err := c.parse()
		var outside *outsideError
		if !errors.As(err, &outside) {
			return f, err
		}
		c.windows.add(outside.at, outside.length)
	}
	return nil, errors.New("its parts refer to each other too often")
}
