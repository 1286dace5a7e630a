package sign_test

import (
	"fmt"
	"io"
	"log"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/sign"
)

// An image's digest is signed with a key file, and verified with the other.
// The artifact in between is pushed beside the image.
func ExampleSign() {
	password := []byte("correct horse")
	private, public, err := sign.GenerateKey(password)
	if err != nil {
		log.Fatal(err)
	}
	signer, err := sign.LoadSigner(private, password)
	if err != nil {
		log.Fatal(err)
	}
	image := v1.Descriptor{
		MediaType: types.OCIManifestSchema1,
		Size:      424,
		Digest:    v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("ab", 32)},
	}
	artifact, err := sign.Sign(signer, image, sign.Options{Annotations: map[string]string{"build": "42"}})
	if err != nil {
		log.Fatal(err)
	}

	verifier, err := sign.LoadVerifier(public)
	if err != nil {
		log.Fatal(err)
	}
	statement, err := sign.Verify(verifier, image.Digest, sign.PredicateSignature, bundle(artifact))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(statement.PredicateType)
	fmt.Println(statement.Subject[0].Annotations["build"])
	// Output:
	// https://sigstore.dev/cosign/sign/v1
	// 42
}

// bundle reads the only blob of an artifact.
func bundle(artifact v1.Image) []byte {
	layers, err := artifact.Layers()
	if err != nil {
		log.Fatal(err)
	}
	rc, err := layers[0].Compressed()
	if err != nil {
		log.Fatal(err)
	}
	defer rc.Close()
	raw, err := io.ReadAll(rc)
	if err != nil {
		log.Fatal(err)
	}
	return raw
}
