package index

// field is a key of a page in JSON that means something here.
type field int

const (
	otherField field = iota
	fieldMeta
	fieldVersion
	fieldFiles
	fieldFilename
	fieldURL
	fieldHashes
	fieldRequiresPython
	fieldYanked
	fieldSize
	fieldUploadTime
	fieldCoreMetadata
	fieldDistInfo
	fieldSHA256
	fieldSHA384
	fieldSHA512
)

// fieldOf returns what a key means (PEP 691, with the additions of PEP 700 and
// 714). Unlike encoding/json, it knows keys in this very spelling only.
func fieldOf(key []byte) field {
	switch string(key) {
	case "meta":
		return fieldMeta
	case "api-version":
		return fieldVersion
	case "files":
		return fieldFiles
	case "filename":
		return fieldFilename
	case "url":
		return fieldURL
	case "hashes":
		return fieldHashes
	case "requires-python":
		return fieldRequiresPython
	case "yanked":
		return fieldYanked
	case "size":
		return fieldSize
	case "upload-time":
		return fieldUploadTime
	case "core-metadata":
		return fieldCoreMetadata
	case "dist-info-metadata":
		return fieldDistInfo
	case "sha256":
		return fieldSHA256
	case "sha384":
		return fieldSHA384
	case "sha512":
		return fieldSHA512
	}
	return otherField
}
