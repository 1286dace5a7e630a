package doctor

// The ids of findings. They never change: configs name them.
const (
	IDMissingLibrary   = "missing-library"
	IDOptionalLibrary  = "optional-library"
	IDKnownNeed        = "known-need"
	IDSymbolVersion    = "symbol-version"
	IDOtherMachine     = "other-machine"
	IDBrokenObject     = "broken-object"
	IDExecutableStack  = "executable-stack"
	IDTextRelocations  = "text-relocations"
	IDLowTag           = "low-tag"
	IDDuplicateLibrary = "duplicate-library"
	IDNoProgram        = "no-program"
	IDNotExecutable    = "not-executable"
	IDNoInterpreter    = "no-interpreter"
	IDNoModule         = "no-module"
	IDNoImport         = "no-import"
	IDEntryPoint       = "entry-point"
	IDHealthPort       = "health-port"
	IDRoot             = "root-user"
	IDNotWritable      = "not-writable"
	IDWorkerTemp       = "worker-temp"
	IDImageSize        = "image-size"
	IDImageGrowth      = "image-growth"
	IDLayerSize        = "layer-size"
	IDCopies           = "duplicate-files"
	IDTests            = "tests-in-wheels"
	IDScript           = "script"
)

// Rule is a kind of finding.
type Rule struct {
	ID string `json:"id"`
	// Severity is the worst that the kind has.
	Severity Severity `json:"severity"`
	// Title says what it is, in one line, and Why what goes wrong and how to mend
	// it.
	Title string `json:"title"`
	Why   string `json:"why"`
}

// RuleOf returns a kind of finding by its id.
func RuleOf(id string) (Rule, bool) {
	for _, r := range Rules() {
		if r.ID == id {
			return r, true
		}
	}
	return Rule{}, false
}

// Rules lists all kinds of findings, those about wheels first.
func Rules() []Rule {
	return []Rule{
		{"requires-python", Error, "a wheel isn't for the target's Python", "Its Requires-Python excludes the version that the base has. Take another version of the project, or another base."},
		{"missing", Error, "a required project isn't in the image", "A wheel's Requires-Dist holds under the target's markers, and nothing brings that project. Add it to the lock, or leave it out on purpose with exclude."},
		{"version", Error, "a required project is there in another version", "A wheel requires another version than the lock has. Lock again, or say with override that it will do."},
		{"extra", Error, "an extra is asked for that the project doesn't have", "The lock asks for an extra that the wheel's metadata doesn't list."},
		{"metadata", Error, "a wheel's metadata can't be read", "Its requirements are not as the specifications have them, so that nothing can be said about them."},
		{"conflict", Warning, "two wheels install the same path with different content", "The later one in the lock wins, as with pip. Leave one of the projects out, or set on_conflict."},
		{IDMissingLibrary, Error, "a shared library is missing", "A file needs a library (DT_NEEDED) that the dynamic loader wouldn't find: not by the file's RPATH or RUNPATH, not by LD_LIBRARY_PATH, ld.so.cache or the default directories, and nothing that would be loaded before has it. Importing the module fails with \"cannot open shared object file\". Add the package that has it to packages, or take a wheel that doesn't need it. Libraries of the host's driver (libcuda.so.1) are not missed. It is a warning where nothing would import the wheel: not the app, not smoke.imports, not the command, nor a project that one of them imports."},
		{IDOptionalLibrary, Warning, "a library is missing that may not be needed", "As missing-library, but the file is a plugin, a test, or for use with a project that isn't in the image: only what loads that very file fails."},
		{IDKnownNeed, Error, "a project needs a program or a library that the image lacks", "No file shows it: the project opens a library by its name or starts a program. It is known from the project's documentation, or from the config's needs. It is an error where importing the project fails without it and the app's code imports it."},
		{IDSymbolVersion, Error, "a library is there in too old a version", "A file needs a version of symbols (GLIBC_2.38, GLIBCXX_3.4.31) that the library in the image doesn't define. Take a newer base, or a wheel that was built for an older one. It is a warning where nothing would import the wheel."},
		{IDOtherMachine, Error, "files are for another machine", "ELF files for another architecture. It is an error in a wheel that has none for this one and would be imported, and for compiled modules in the app, which were likely built on the machine of who wrote it."},
		{IDBrokenObject, Warning, "an ELF file can't be read", "It is cut off or contradicts itself. Loading it fails."},
		{IDExecutableStack, Warning, "a library asks for an executable stack", "PT_GNU_STACK with the flag X. glibc 2.41 and hardened kernels refuse to load it."},
		{IDTextRelocations, Warning, "a library has text relocations", "DT_TEXTREL: its code is changed while it is loaded, which SELinux and hardened kernels refuse."},
		{IDLowTag, Warning, "a wheel's tags promise less than its files need", "The manylinux tag says on which glibc it runs (PEP 600), but its files need a newer one. It may be chosen for bases on which it can't work."},
		{IDDuplicateLibrary, Note, "a library comes several times, in different versions", "OpenMP, CUDA or OpenSSL of several wheels. In one process they keep threads and state apart, which costs memory and, with OpenMP, may deadlock after a fork."},
		{IDNoProgram, Error, "the program that the image starts isn't in it", "It is neither on PATH nor at the path that the entrypoint names."},
		{IDNotExecutable, Error, "the program that the image starts can't be executed or read", "It lacks the right for the image's user. Set the mode of the file in the app."},
		{IDNoInterpreter, Error, "the program that the image starts can't be started", "Its #! line or its ELF header names what isn't in the image, it has line ends of Windows, it is for another machine, or it is no program at all."},
		{IDNoModule, Error, "the module that the image starts isn't found", "The module of python -m, gunicorn, uvicorn and others, or the script, is not where Python would look: in the working directory, PYTHONPATH and site-packages."},
		{IDNoImport, Error, "the app imports a module that isn't in the image", "Neither a wheel nor the app nor Python itself has it. It is an error where the image can't start without it, a warning in other files, and a note where a function or a condition imports it. What try with ImportError or TYPE_CHECKING guards is left alone."},
		{IDEntryPoint, Warning, "a wheel installs a command that can't run", "The module of its entry point isn't in the image."},
		{IDHealthPort, Warning, "the health check asks a port that isn't exposed", "smoke.http.port is not among ports."},
		{IDRoot, Note, "the image runs as root", "Name a user that can do less."},
		{IDNotWritable, Warning, "the user can't write a directory", "One of dirs, which are there to be written, or workdir (a note), belongs to somebody else in the base."},
		{IDImageSize, Error, "the image is larger than its budget", "budget.image bounds all layers, the base's included, as they are pushed."},
		{IDImageGrowth, Error, "the image grows by more than its budget", "budget.growth bounds what is added over the image that the tag names now. The finding names the layers that are new or have grown."},
		{IDLayerSize, Error, "a layer is larger than its budget", "budget.layer bounds each layer on top of the base."},
		{IDCopies, Note, "files of wheels are in the image more than once", "Files of 256 KiB and more with the same content under several paths."},
		{IDTests, Note, "wheels bring tests and bytecode", "Nobody imports a wheel's tests in an image, and its bytecode is of no use where it was compiled for other paths."},
		{"outdated", Error, "packages.lock isn't what the config asks for", "The config's packages have changed since it was made. Lock again."},
		{"base", Error, "packages.lock was made for another base", "It names versions that go with the packages of the base that it was made for. Lock again."},
		{IDScript, Warning, "configuring a Debian package leaves something undone", "Maintainer scripts are interpreted, not run: a command in one of them is unknown, or does what can't be done to files alone. The message names the package and the command."},
		{IDWorkerTemp, Note, "gunicorn's heartbeat is on a disk", "A worker that waits for the disk is taken for dead. /dev/shm is in memory."},
	}
}
