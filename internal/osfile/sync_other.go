//go:build !unix

package osfile

// SyncDir does nothing: directories can't be synced on this platform.
func SyncDir(string) error { return nil }
