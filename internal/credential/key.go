package credential

import (
	"bytes"
	"encoding/base64"
)

// findKey returns where a private key begins: in PEM (RFC 7468) or what looks
// like it (OpenPGP, SSH), wherever in a line and with whatever line ends,
// escaped ones included; or in PuTTY's format. It returns -1 if there is none.
func findKey(b []byte, where Where) int {
	if at := putty(b); at >= 0 && where == Data {
		return at
	}
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte("PRIVATE KEY"))
		if i < 0 {
			return -1
		}
		i += from
		from = i + len("PRIVATE KEY")
		if begin := label(b, i, from); begin >= 0 && body(b, begin, from, where) {
			return begin
		}
	}
}

// putty finds a key file of PuTTY's, which begins with its format.
func putty(b []byte) int {
	head := bytes.TrimPrefix(b, []byte("\ufeff"))
	if bytes.HasPrefix(head, []byte("PuTTY-User-Key-File-")) {
		return len(b) - len(head)
	}
	return -1
}

// maxLabel bounds what stands before PRIVATE KEY: "ENCRYPTED SIGSTORE".
const maxLabel = 64

// label returns where the line begins that says a private key follows, of whose
// label the last words are b[at:end].
func label(b []byte, at, end int) int {
	rest := bytes.TrimPrefix(b[end:], []byte(" BLOCK"))
	if !bytes.HasPrefix(rest, []byte("-----")) && !bytes.HasPrefix(rest, []byte(" ----")) {
		return -1
	}
	head := b[max(0, at-maxLabel):at]
	i := bytes.LastIndex(head, []byte("-- BEGIN "))
	dashes := len("-- BEGIN ")
	if i < 0 {
		i, dashes = bytes.LastIndex(head, []byte("--BEGIN ")), len("--BEGIN ")
	}
	if i < 0 {
		return -1
	}
	for _, c := range head[i+dashes:] {
		if c != ' ' && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return -1
		}
	}
	for i > 0 && head[i-1] == '-' {
		i--
	}
	return at - len(head) + i
}

const (
	minBody     = 4  // characters of a key after a line's end
	minJoined   = 16 // on the same line
	minCodeBody = 40 // in code
	maxGap      = 64 // between the label and the key
	maxCodeGap  = 256
)

// body reports whether a key follows after the label, rather than a sentence
// that tells about keys. A line of its own is sign enough in data.
func body(b []byte, begin, end int, where Where) bool {
	rest := b[end:min(len(b), end+maxCodeGap+minCodeBody)]
	rest = bytes.TrimPrefix(rest, []byte(" BLOCK"))
	rest = bytes.TrimLeft(rest, " -")
	if where == Code {
		return longest(rest) >= minCodeBody
	}
	if startsLine(b, begin) {
		return true
	}
	gap, ends := separators(rest)
	n := base64Run(rest[gap:])
	if ends {
		return n >= minBody
	}
	return n >= minJoined || n >= minBody && bytes.HasPrefix(rest[gap:], []byte("MI"))
}

// startsLine reports whether there is but space before b[at] on its line.
func startsLine(b []byte, at int) bool {
	for at > 0 && (b[at-1] == ' ' || b[at-1] == '\t') {
		at--
	}
	return at == 0 || b[at-1] == '\n' || b[at-1] == '\r' || bytes.HasSuffix(b[:at], []byte("\ufeff"))
}

// separators returns how much of b is space, line ends (escaped ones too) and
// what joins the parts of a text, and whether a line ends there.
func separators(b []byte) (n int, lineEnds bool) {
	for n < len(b) && n < maxGap {
		switch b[n] {
		case '\n', '\r':
			lineEnds = true
		case '\\':
			next := n + 1
			for next < len(b) && b[next] == '\\' {
				next++
			}
			if next < len(b) && (b[next] == 'n' || b[next] == 'r') {
				lineEnds = true
				n = next
			}
		case ' ', '\t', '"', '\'', '+', '#', '>', '|', ',':
		default:
			return n, lineEnds
		}
		n++
	}
	return n, lineEnds
}

func isBase64(c byte) bool { return alnum[c] || c == '+' || c == '/' || c == '=' }

// base64Run is how many characters of base64 b begins with.
func base64Run(b []byte) int {
	n := 0
	for n < len(b) && isBase64(b[n]) {
		n++
	}
	return n
}

// longest is the length of the longest run of base64 in b that holds a digit.
func longest(b []byte) int {
	most := 0
	for len(b) > 0 {
		n := base64Run(b)
		if n > most && bytes.ContainsAny(b[:n], "0123456789") {
			most = n
		}
		b = b[min(len(b), n+1):]
	}
	return most
}

// holdsKey reports whether base64 text hides a private key in PEM, of which 96
// characters show the label.
func holdsKey(b []byte) bool {
	n := min(base64Run(b), 96) &^ 3
	text, err := base64.StdEncoding.DecodeString(string(b[:n]))
	return err == nil && bytes.Contains(text, []byte("PRIVATE KEY-----"))
}
