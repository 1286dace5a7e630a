// Package requirements reads what names the wheels of an image: requirements
// files as pip takes them, locks in the formats pylock.toml (PEP 751) and
// uv.lock, and writes hashed requirements.
//
// Start with [Parse] and [Pins] for requirements files, [ParsePylock] and
// [ParseUVLock] for the others; all end in a list of [Pin]. [Write] prints pins
// as a lock that pip and uv take too.
//
// Where pip silently drops something (a marker behind --hash, options on
// a requirement's line, the second of two -r), Parse refuses the line. What can
// never become a wheel (-e, source archives, repositories, directories) is an
// error as well; every such line is listed, not just the first. Errors hold
// [*Problem] values, see [ListProblems].
//
// URLs in a [File] or [Pin] may hold credentials. They are hidden in errors;
// hide them with pep508.Redact before you print them yourself.
package requirements
