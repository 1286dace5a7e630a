// Package pep440 reads, orders and matches Python versions.
//
// [Parse] takes every spelling that PEP 440 accepts and yields a [Version],
// whose [Version.String] is the normal form and whose [Version.Compare] is the
// total order of the PEP. [ParseSpecifiers] reads a comma-separated set such as
// ">=1.24,<2" and [Specifiers.Contains] answers whether a version is in it.
//
// Do not compare versions as strings, and do not use [Version.Equal] where the
// spelling matters: 1.0 and 1.0.0 are equal versions with different normal
// forms.
//
// Numbers in versions have no upper bound in the PEP, so they are kept as
// decimal text ([Number]) and never overflow.
//
// Rules and corner cases follow the PyPA project "packaging" at 26.3;
// docs/pep-deviations.md lists where this package answers otherwise.
package pep440
