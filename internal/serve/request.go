package serve

import (
	"io"
	"net/http"
	"time"
)

// Request is a request that has been answered.
type Request struct {
	Method, Path string
	// Status is the HTTP status of the response, Sent the size of its body.
	Status int
	Sent   int64
	// Elapsed is the time from the request's header to the end of the response.
	Elapsed time.Duration
	// Failure is the start of the response body where the registry itself failed
	// (a status of 500 or more), because of a full disk for example.
	Failure string
}

// maxFailure is how much is kept of a failure's response body, in bytes.
const maxFailure = 400

// observe calls f for each request that next has answered; f may be nil.
func observe(next http.Handler, f func(Request)) http.Handler {
	if f == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(rec, r)
		f(Request{
			Method: r.Method, Path: r.URL.Path, Status: rec.status, Sent: rec.sent,
			Elapsed: time.Since(start), Failure: string(rec.failure),
		})
	})
}

// recorder records the status and size of a response.
type recorder struct {
	http.ResponseWriter
	status  int
	sent    int64
	failure []byte
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status >= http.StatusInternalServerError {
		r.failure = append(r.failure, p[:min(len(p), maxFailure-len(r.failure))]...)
	}
	n, err := r.ResponseWriter.Write(p)
	r.sent += int64(n)
	return n, err
}

// ReadFrom lets the server send files without copying them through this process.
func (r *recorder) ReadFrom(src io.Reader) (int64, error) {
	n, err := io.Copy(r.ResponseWriter, src)
	r.sent += n
	return n, err
}

// Flush implements http.Flusher, which the registry requires.
func (r *recorder) Flush() { _ = http.NewResponseController(r.ResponseWriter).Flush() }

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
