// Package wheeltest builds wheels for tests: right ones with [Wheel], and zip
// archives with a lie in any field with [Zip].
package wheeltest
