package resolve

import "github.com/assemble-image/assemble/wheels"

// ReadMetadata is [ParseMetadata] for metadata that was parsed before.
func ReadMetadata(fileName string, m wheels.Metadata) (Metadata, error) {
	return readMetadata(fileName, m)
}
