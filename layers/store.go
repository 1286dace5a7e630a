package layers

import "os"

const (
	// KindRecipe is what recipes are stored as, under the layer's key.
	KindRecipe = "recipe"
	// KindSpool is what compressed plain content is stored as, under its
	// SHA-256.
	KindSpool = "spool"
)

// Store keeps what was learnt about layers, from one run to the next. Its
// methods may be called at once from several goroutines. What it says is
// checked; its errors cost time, but never fail a build.
type Store interface {
	// Get returns what was put under kind and key.
	Get(kind, key string) ([]byte, bool)
	// Put keeps data under kind and key, whole or not at all.
	Put(kind, key string, data []byte) error
	// File returns the path of the file that was added under kind and key.
	File(kind, key string) (path string, ok bool)
	// TempFile creates a file that AddFile can take in without a copy.
	TempFile() (*os.File, error)
	// AddFile takes the file at path in under kind and key, whole or not at
	// all, and returns its new path. On an error the file stays at path.
	AddFile(kind, key, path string) (string, error)
}

// failureTaker is a [Store] that is told when a file by TempFile can't be
// written. It returns the error as it wants to have it reported.
type failureTaker interface{ WriteFailed(err error) error }
