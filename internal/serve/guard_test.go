package serve

import (
	"net/http"
	"strings"
	"testing"
)

// TestWebPagesAreRefused is issue 10, item 1.10: DNS rebinding and requests
// across origins.
func TestWebPagesAreRefused(t *testing.T) {
	for _, public := range []bool{false, true} {
		s := start(t, Options{Dir: t.TempDir(), Public: public})
		defer s.Close()
		_, port, _ := strings.Cut(s.Addr, ":")
		local := !public
		for _, tt := range []struct {
			host    string
			header  []string
			refused bool // on loopback
			public  bool // refused with --public, too
		}{
			{host: s.Addr},
			{host: "localhost:" + port},
			{host: "LOCALHOST"},
			{host: "registry.localhost:" + port},
			{host: "localhost.:" + port},
			{host: "127.9.9.9"},
			{host: "[::1]:" + port},
			{host: "[::ffff:127.0.0.1]"},
			{host: "evil.example:" + port, refused: true},
			{host: "evil.example", refused: true},
			{host: "127.0.0.1.evil.example", refused: true},
			{host: "localhost.evil.example:" + port, refused: true},
			{host: "notlocalhost", refused: true},
			{host: "0.0.0.0:" + port, refused: true},
			{host: "192.168.1.1:" + port, refused: true},
			{host: "2130706433", refused: true},
			{host: s.Addr, header: []string{"Origin", "http://" + s.Addr}},
			{host: s.Addr, header: []string{"Origin", "http://evil.example"}, refused: true, public: true},
			{host: s.Addr, header: []string{"Origin", "http://127.0.0.1:1"}, refused: true, public: true},
			{host: s.Addr, header: []string{"Origin", "http://localhost:" + port}, refused: true, public: true},
			{host: s.Addr, header: []string{"Origin", "null"}, refused: true, public: true},
			{host: s.Addr, header: []string{"Origin", "http://" + s.Addr, "Origin", "http://evil.example"}, refused: true, public: true},
			{host: "evil.example", header: []string{"Origin", "http://evil.example"}, refused: true},
		} {
			want := tt.refused && local || tt.public
			for _, r := range []struct {
				method, path string
				allowed      int
			}{
				{"GET", "/v2/_catalog", 200},
				{"GET", "/v2/", 200},
				{"POST", "/v2/app/blobs/uploads/", 202},
				{"DELETE", "/v2/app/manifests/sha256:" + strings.Repeat("0", 64), 404},
			} {
				req, err := http.NewRequestWithContext(t.Context(), r.method, "http://"+s.Addr+r.path, nil)
				if err != nil {
					t.Fatal(err)
				}
				req.Host = tt.host
				for i := 0; i < len(tt.header); i += 2 {
					req.Header.Add(tt.header[i], tt.header[i+1])
				}
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				if refused := resp.StatusCode == http.StatusForbidden; refused != want || (!refused && resp.StatusCode != r.allowed) {
					t.Errorf("public=%t, %s %s, Host %s, %v: HTTP %d", public, r.method, r.path, tt.host, tt.header, resp.StatusCode)
				}
			}
		}
		// A browser that leaves out the origin says at least that it is another's.
		req, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+s.Addr+"/v2/app/blobs/uploads/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("cross-site: HTTP %d", resp.StatusCode)
		}
	}
}
