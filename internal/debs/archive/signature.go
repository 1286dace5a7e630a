package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

const (
	clearsignHeader = "-----BEGIN PGP SIGNED MESSAGE-----\n"
	signatureFooter = "-----END PGP SIGNATURE-----"
	// maxSignatures bounds the signatures of a file; Debian's have three.
	maxSignatures = 32
)

// ErrSignature says that a file isn't signed by a key that is trusted for it.
var ErrSignature = errors.New("no trusted key has signed it")

// VerifyInline returns the text of a file that is signed within itself, as
// InRelease is (RFC 9580, 7). Nothing may come before the signed text, or after
// the signature.
func VerifyInline(data []byte, keys openpgp.EntityList, now time.Time) ([]byte, error) {
	block, err := message(data)
	if err != nil {
		return nil, err
	}
	if block.ArmoredSignature.Type != openpgp.SignatureType {
		return nil, fmt.Errorf("its signature is a %q", block.ArmoredSignature.Type)
	}
	if err := verify(block.Bytes, block.ArmoredSignature.Body, keys, now); err != nil {
		return nil, err
	}
	return block.Plaintext, nil
}

// message takes a signed message apart that is all that there is.
func message(data []byte) (*clearsign.Block, error) {
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	if !bytes.HasPrefix(data, []byte(clearsignHeader)) {
		return nil, errors.New("it doesn't begin with a signed message")
	}
	if n := bytes.Count(data, []byte("\n"+clearsignHeader)); n > 0 {
		return nil, errors.New("it has several signed messages")
	}
	block, rest := clearsign.Decode(data)
	if block == nil {
		return nil, errors.New("it is no whole signed message")
	}
	if len(bytes.TrimSpace(rest)) > 0 || !bytes.HasSuffix(bytes.TrimSpace(data), []byte(signatureFooter)) {
		return nil, errors.New("something follows its signature")
	}
	return block, nil
}

// unsigned takes the text out of a signed message without looking at who signed
// it, for sources that are trusted as they are.
func unsigned(data []byte) ([]byte, error) {
	block, err := message(data)
	if err != nil {
		return nil, err
	}
	return block.Plaintext, nil
}

// VerifyDetached holds a file against the signature in another one, armored or
// not, as Release.gpg is.
func VerifyDetached(data, signature []byte, keys openpgp.EntityList, now time.Time) error {
	var in io.Reader = bytes.NewReader(signature)
	if bytes.HasPrefix(bytes.TrimSpace(signature), []byte("-----BEGIN")) {
		block, err := armor.Decode(in)
		if err != nil {
			return fmt.Errorf("reading the signature: %w", err)
		}
		if block.Type != openpgp.SignatureType {
			return fmt.Errorf("the signature is a %q", block.Type)
		}
		in = block.Body
	}
	return verify(data, in, keys, now)
}

// verify looks for one signature that a key has made. The others may be by keys
// that nobody knows yet, or any longer.
func verify(data []byte, signatures io.Reader, keys openpgp.EntityList, now time.Time) error {
	var reasons []string
	future := false
	// Who signs may have a clock that is ahead of ours.
	now = now.Add(maxSkew)
	config := &packet.Config{Time: func() time.Time { return now }}
	packets := packet.NewReader(signatures)
	for n := 0; ; n++ {
		p, err := packets.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("reading the signature: %w", err)
		}
		sig, ok := p.(*packet.Signature)
		if !ok || n >= maxSignatures {
			return errors.New("reading the signature: it has more in it than signatures, or too many")
		}
		var one bytes.Buffer
		if err := sig.Serialize(&one); err != nil {
			return fmt.Errorf("reading the signature: %w", err)
		}
		if _, _, err = openpgp.VerifyDetachedSignature(keys, bytes.NewReader(data), &one, config); err == nil {
			return nil
		}
		if sig.CreationTime.After(now) {
			future, err = true, errors.New("it was made at "+sig.CreationTime.UTC().Format(time.RFC3339))
		}
		reasons = append(reasons, reason(sig, err))
	}
	if future {
		return fmt.Errorf("%w (%w): %s", ErrSignature, ErrFuture, strings.Join(reasons, "; "))
	}
	if len(reasons) == 0 {
		return fmt.Errorf("%w: there is no signature", ErrSignature)
	}
	return fmt.Errorf("%w: %s", ErrSignature, strings.Join(reasons, "; "))
}

// reason says what is wrong with one signature.
func reason(sig *packet.Signature, err error) string {
	who := "an unnamed key"
	switch {
	case len(sig.IssuerFingerprint) > 0:
		who = fmt.Sprintf("the key %X", sig.IssuerFingerprint)
	case sig.IssuerKeyId != nil:
		who = fmt.Sprintf("the key %016X", *sig.IssuerKeyId)
	}
	if errors.Is(err, pgperrors.ErrUnknownIssuer) {
		return fmt.Sprintf("%s isn't one of the source's", who)
	}
	return fmt.Sprintf("that of %s: %v", who, err)
}
