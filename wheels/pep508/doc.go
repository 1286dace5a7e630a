// Package pep508 reads dependency specifiers: project names (PEP 503),
// requirements such as "uvicorn[standard]>=0.23; python_version < '3.11'", and
// the environment markers in them.
//
// Start with [ParseRequirement]. [Marker.Eval] answers whether a requirement
// counts for an [Environment]; get one for an image from tags.Target. Compare
// names only by [NormalizeName].
//
// Answers are those of the PyPA project "packaging" at 26.3;
// docs/pep-deviations.md lists where this package answers otherwise.
package pep508
