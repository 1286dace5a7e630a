package pep508

// Environment holds the marker variables of PEP 508 for one interpreter.
// tags.Target makes one for an image. Every field may be "" where the value
// isn't known, as the PEP has it.
type Environment struct {
	ImplementationName           string // "cpython"
	ImplementationVersion        string // "3.10.19"
	OSName                       string // "posix"
	PlatformMachine              string // "aarch64"
	PlatformPythonImplementation string // "CPython"
	PlatformRelease              string // the kernel's, unknown when an image is built
	PlatformSystem               string // "Linux"
	PlatformVersion              string // the kernel's, unknown when an image is built
	PythonFullVersion            string // "3.10.19"
	PythonVersion                string // "3.10"
	SysPlatform                  string // "linux"
}

// lookup returns the value of a variable that every environment has.
func (e Environment) lookup(variable string) (value string, ok bool) {
	switch variable {
	case "implementation_name":
		return e.ImplementationName, true
	case "implementation_version":
		return e.ImplementationVersion, true
	case "os_name":
		return e.OSName, true
	case "platform_machine":
		return e.PlatformMachine, true
	case "platform_python_implementation":
		return e.PlatformPythonImplementation, true
	case "platform_release":
		return e.PlatformRelease, true
	case "platform_system":
		return e.PlatformSystem, true
	case "platform_version":
		return e.PlatformVersion, true
	case "python_full_version":
		return e.PythonFullVersion, true
	case "python_version":
		return e.PythonVersion, true
	case "sys_platform":
		return e.SysPlatform, true
	}
	return "", false
}

// comparesVersions reports whether a variable holds a version, so that its
// comparisons follow PEP 440 where both sides allow it.
func comparesVersions(variable string) bool {
	switch variable {
	case "implementation_version", "platform_release", "python_full_version", "python_version":
		return true
	}
	return false
}
