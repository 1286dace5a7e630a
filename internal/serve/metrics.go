package serve

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// metrics counts requests, and writes them in Prometheus' text format, which
// needs no library and nothing at the start of the program.
type metrics struct {
	mu       sync.Mutex
	requests map[[3]string]int64 // by method, kind of resource, and status
	sent     int64
	received int64
	seconds  float64
	active   int64
}

// count is the handler that counts.
func (m *metrics) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		m.mu.Lock()
		m.active++
		m.mu.Unlock()
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.active--
			m.requests[[3]string{methodOf(r), kindOf(r), fmt.Sprint(rec.status)}]++
			m.sent += rec.sent
			m.received += max(r.ContentLength, 0)
			m.seconds += time.Since(begun).Seconds()
		}()
		next.ServeHTTP(rec, r)
	})
}

// methodOf bounds what clients can make up.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return r.Method
	}
	return "other"
}

func kindOf(r *http.Request) string {
	if c, ok := parseCall(r.URL.Path); ok {
		return c.kind
	}
	return "other"
}

// ServeHTTP writes the counters.
func (m *metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	fmt.Fprintln(w, "# HELP assemble_registry_requests_total Requests that were answered.")
	fmt.Fprintln(w, "# TYPE assemble_registry_requests_total counter")
	for _, k := range slices.SortedFunc(maps.Keys(m.requests), func(a, b [3]string) int { return slices.Compare(a[:], b[:]) }) {
		fmt.Fprintf(w, "assemble_registry_requests_total{method=%q,resource=%q,status=%q} %d\n", k[0], k[1], k[2], m.requests[k])
	}
	for _, c := range []struct {
		name, kind, help string
		value            float64
	}{
		{"response_bytes_total", "counter", "Bytes of response bodies.", float64(m.sent)},
		{"request_bytes_total", "counter", "Bytes of request bodies, as announced.", float64(m.received)},
		{"request_seconds_total", "counter", "Time spent on requests, in seconds.", m.seconds},
		{"requests_active", "gauge", "Requests in progress.", float64(m.active)},
	} {
		fmt.Fprintf(w, "# HELP assemble_registry_%s %s\n# TYPE assemble_registry_%s %s\nassemble_registry_%s %g\n", c.name, c.help, c.name, c.kind, c.name, c.value)
	}
}
