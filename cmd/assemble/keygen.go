package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/sign"
)

func keygenCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:      "keygen",
		Usage:     "generate a key pair for signing, in cosign's format",
		Category:  verbsTrust,
		ArgsUsage: " ",
		Description: "Writes PREFIX.key, encrypted with the password, and PREFIX.pub. The password comes\n" +
			"from COSIGN_PASSWORD, or from a prompt at a terminal. Existing files are never overwritten.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "prefix", Value: "cosign", Usage: "`PREFIX` of the names of both files"},
			jsonFlag(),
		},
		Action: func(c *cli.Context) error {
			if err := noArgument(c); err != nil {
				return err
			}
			prefix := c.String("prefix")
			if prefix == "" || strings.HasSuffix(prefix, "/") {
				return usagef("--prefix %q: the files need a name, for example --prefix keys/cosign", prefix)
			}
			for _, name := range []string{prefix + ".key", prefix + ".pub"} {
				if _, err := os.Lstat(name); err == nil {
					return keyExistsError{name}
				}
			}
			password, err := env.newPassword()
			if err != nil {
				return err
			}
			private, public, err := sign.GenerateKey(password)
			if err != nil {
				return err
			}
			if err := writeNew(prefix+".key", private, 0o600); err != nil {
				return err
			}
			if err := writeNew(prefix+".pub", public, 0o644); err != nil {
				return err
			}
			if c.Bool("json") {
				return printJSON(env.stdout, map[string]string{"private": prefix + ".key", "public": prefix + ".pub"})
			}
			_, err = fmt.Fprintf(env.stdout, "%s\n%s\n", prefix+".key", prefix+".pub")
			return err
		},
	}
}

// keyExistsError says that a key's file is there already.
type keyExistsError struct{ name string }

func (e keyExistsError) Error() string {
	return fmt.Sprintf("writing %q: the file already exists", e.name)
}

// writeNew writes a file that must not be there yet, whole or not at all.
func writeNew(name string, data []byte, mode os.FileMode) error {
	if err := osfile.WriteNew(name, data, mode); err != nil {
		return fmt.Errorf("writing %q: %w", name, err)
	}
	return nil
}
