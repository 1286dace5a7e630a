package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/internal/trust"
)

func signCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:      "sign",
		Usage:     "sign an image in a registry",
		Category:  verbsTrust,
		ArgsUsage: "REF",
		Flags: join([]cli.Flag{
			&cli.StringFlag{Name: "key", Usage: "private key `FILE`, created by keygen or cosign"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "legacy-signature", Usage: "sign in the format of cosign 1 and 2, too"},
		}, cacheFlags(), registryFlags(), outputFlags()),
		Action: withKey(env, "a private key's file", func(c *cli.Context, s *session, files []string, ref string) error {
			key, err := trust.ReadKey(files[0], files[0], env.password)
			if err != nil {
				return err
			}
			attacher := trust.Attacher{Registry: s.registry}
			image, attached, err := attacher.AttachTo(c.Context, key, ref, trust.Signatures(c.Bool("legacy-signature")))
			if err != nil {
				return err
			}
			return s.print(map[string]string{"reference": image.Name(), "signature": attached[0].Manifest}, image.Name())
		}),
	}
}

func verifyCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "check that an image in a registry is signed with a key",
		Category:  verbsTrust,
		ArgsUsage: "REF",
		Description: "Accepts signatures by assemble and by cosign with a key file: bundles and .sig tags. Prints\n" +
			"the image's reference by digest; use that from then on, since a tag can move.\n" +
			"Models that the image names as external must be in its repository, whole.",
		Flags: join([]cli.Flag{
			&cli.StringSliceFlag{Name: "key", Usage: "public key `FILE`; of several, any will do"},
		}, cacheFlags(), registryFlags(), outputFlags()),
		Action: withKey(env, "a public key's file", func(c *cli.Context, s *session, files []string, ref string) error {
			var keys []trust.PublicKey
			for _, file := range files {
				key, err := trust.ReadPublicKey(file)
				if err != nil {
					return err
				}
				keys = append(keys, key)
			}
			v, err := trust.Verify(c.Context, s.registry, ref, keys...)
			if err != nil {
				return err
			}
			at, err := name.NewDigest(v.Reference, name.Insecure)
			if err != nil {
				return err
			}
			if v.Models, err = trust.Models(c.Context, s.registry, at); err != nil {
				return err
			}
			for _, text := range matches(v, keys) {
				s.note(text)
			}
			for _, m := range v.Models {
				s.note(fmt.Sprintf("model %q is there: %s", m.Name, m.Digest))
			}
			return s.print(v, v.Reference)
		}),
	}
}

// matches says how many signatures match, for each of several keys.
func matches(v *trust.Verified, keys []trust.PublicKey) []string {
	if len(keys) == 1 {
		return []string{fmt.Sprintf("signatures that match the key: %d", len(v.Signatures))}
	}
	var lines []string
	for _, k := range keys {
		n := 0
		for _, s := range v.Signatures {
			if s.Key == k.Name {
				n++
			}
		}
		if n > 0 {
			lines = append(lines, fmt.Sprintf("signatures that match the key %q: %d", k.Name, n))
		}
	}
	return lines
}

// withKey is the action of a verb that takes a reference and, by --key, the
// files that what describes.
func withKey(env *environment, what string, f func(c *cli.Context, s *session, files []string, ref string) error) cli.ActionFunc {
	return func(c *cli.Context) (err error) {
		ref, err := remoteArgument(c, "a reference")
		if err != nil {
			return err
		}
		files := c.StringSlice("key")
		if files == nil { // a flag that is given once
			files = []string{c.String("key")}
		}
		if !c.IsSet("key") || slices.Contains(files, "") {
			return usagef("%s requires --key, %s", verbName(c), what)
		}
		s, err := newSession(c, env)
		if err != nil {
			return err
		}
		defer s.close(&err)
		return f(c, s, files, ref)
	}
}

// remoteArgument is oneArgument for the verbs that work in registries alone.
func remoteArgument(c *cli.Context, what string) (string, error) {
	ref, err := oneArgument(c, what)
	for _, transport := range []string{"oci:", "oci-archive:", "docker-archive:"} {
		if strings.HasPrefix(ref, transport) {
			return "", usagef("%s works on images in a registry, but %q is on disk", verbName(c), ref)
		}
	}
	if err == nil {
		err = refuseCredentials(ref)
	}
	return ref, err
}

// refuseCredentials refuses references with a password, before any message
// repeats them.
func refuseCredentials(refs ...string) error {
	for _, ref := range refs {
		transport, _, _ := strings.Cut(ref, ":")
		switch transport {
		case "oci", "oci-archive", "docker-archive", "embedded", "containerd":
			continue
		}
		if err := registry.CheckForm(ref); err != nil {
			return usageError{err}
		}
	}
	return nil
}
