package credential

import "bytes"

// minRun is the length of the shortest token: an access key of AWS.
const minRun = 20

// findToken returns the first token. All are runs of at least minRun letters,
// digits, hyphens and underscores, or hold one; so it looks at every minRun-th
// byte, and from there back, and at each byte of long runs only.
func findToken(b []byte, where Where) (Kind, int) {
	set := inRun
	for i := 0; i+minRun <= len(b); {
		next := b[i : i+minRun]
		j := minRun - 1
		for j >= 0 && set[next[j]] {
			j--
		}
		if j >= 0 {
			i += j + 1
			continue
		}
		end := i + minRun
		for end < len(b) && set[b[end]] {
			end++
		}
		if kind, at := matchRun(b, i, end, where); kind != 0 {
			return kind, at
		}
		i = end + 1
	}
	if where == Data {
		return findAssigned(b)
	}
	return 0, 0
}

// matchRun looks for a token in a run, which begins at its start, behind what an
// escape has left of itself, or behind a hyphen.
func matchRun(b []byte, start, end int, where Where) (Kind, int) {
	if start > 0 {
		if kind := lookBack(b, start, end, where); kind != 0 {
			return kind, start
		}
		if at := start + escaped(b[start-1], b[start]); at > start && at < end {
			if kind := matchAt(b, at, where); kind != 0 {
				return kind, at
			}
		}
	}
	if kind := assignedSecret(b, start, end, where); kind != 0 {
		return kind, start
	}
	for at := start; at < end; {
		if kind := matchAt(b, at, where); kind != 0 {
			return kind, at
		}
		next := bytes.IndexByte(b[at:end], '-')
		if next < 0 {
			break
		}
		at += next + 1
	}
	return 0, 0
}

// escaped is how many characters of an escape follow its first, which is before:
// \n, \u0022, %3D.
func escaped(before, first byte) int {
	switch {
	case before == '%':
		return 2
	case before == '\\' && first == 'u':
		return 5
	case before == '\\':
		return 1
	}
	return 0
}

// matchAt returns the kind of the token that begins at b[at].
func matchAt(b []byte, at int, where Where) Kind {
	for _, i := range byFirst[b[at]] {
		if s := &shapes[i]; s.match(b[at:], where) {
			return s.kind
		}
	}
	return 0
}

// match reports whether b begins with a token of the shape.
func (s *shape) match(b []byte, where Where) bool {
	if !bytes.HasPrefix(b, []byte(s.prefix)) {
		return false
	}
	rest := b[len(s.prefix):]
	n := 0
	for n < len(rest) && s.set[rest[n]] {
		n++
	}
	if n < s.min || s.max > 0 && n > s.max || n < len(rest) && alnum[rest[n]] {
		return false
	}
	if s.digit && !bytes.ContainsAny(rest[:n], "0123456789") {
		return false
	}
	if s.also != nil && !s.also(b) {
		return false
	}
	return !placeholder(rest[:n], where)
}

// placeholder reports whether what stands for a token is none: xxxxxxxx. In
// code, an example is none either.
func placeholder(b []byte, where Where) bool {
	var seen [256]bool
	distinct := 0
	for _, c := range b {
		if !seen[c] {
			seen[c] = true
			distinct++
		}
	}
	if where == Data {
		return distinct == 1 && bytes.IndexByte([]byte("xX0_-"), b[0]) >= 0
	}
	return distinct < 8 || bytes.Contains(bytes.ToLower(b), []byte("example")) || bytes.Contains(b, []byte("xxxx"))
}
