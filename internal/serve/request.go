package serve

import (
	"io"
	"net/http"
	"time"
)

// Request is one that was answered.
type Request struct {
	Method, Path string
	// Status is the HTTP status of the answer, Sent the bytes of its body.
	Status int
	Sent   int64
	// Elapsed is the time from the request's header to the answer's end.
	Elapsed time.Duration
	// Failure is the beginning of the answer where the registry itself has
	// failed (a status of 500 or more): what is wrong with the disk, say.
	Failure string
}

// maxFailure bounds what is kept of a failure's answer, in bytes.
const maxFailure = 400

// watch tells f of each request that next has answered; f may be nil.
func watch(next http.Handler, f func(Request)) http.Handler {
	if f == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		seen := &answer{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		f(Request{
			Method: r.Method, Path: r.URL.Path, Status: seen.status, Sent: seen.sent,
			Elapsed: time.Since(begun), Failure: string(seen.failure),
		})
	})
}

// answer notes what goes through it.
type answer struct {
	http.ResponseWriter
	status  int
	sent    int64
	failure []byte
}

func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(p []byte) (int, error) {
	if a.status >= http.StatusInternalServerError {
		a.failure = append(a.failure, p[:min(len(p), maxFailure-len(a.failure))]...)
	}
	n, err := a.ResponseWriter.Write(p)
	a.sent += int64(n)
	return n, err
}

// ReadFrom keeps the way open by which a file's content doesn't pass through
// this process.
func (a *answer) ReadFrom(r io.Reader) (int64, error) {
	n, err := io.Copy(a.ResponseWriter, r)
	a.sent += n
	return n, err
}

// Flush implements http.Flusher, which the registry asks for.
func (a *answer) Flush() { _ = http.NewResponseController(a.ResponseWriter).Flush() }

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
