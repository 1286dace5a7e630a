package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"golang.org/x/term"
)

// passwordVar is where cosign looks for a key's password too.
const passwordVar = "COSIGN_PASSWORD"

// password answers for a key's password: from the environment, or from the
// person at the terminal. It never appears in an error.
func (env *environment) password() ([]byte, error) {
	if p, ok := os.LookupEnv(passwordVar); ok {
		return []byte(p), nil
	}
	return env.ask("password of the signing key: ")
}

// newPassword is password for a key that is being made: a person types it
// twice.
func (env *environment) newPassword() ([]byte, error) {
	if p, ok := os.LookupEnv(passwordVar); ok {
		return []byte(p), nil
	}
	first, err := env.ask("password for the new key: ")
	if err != nil {
		return nil, err
	}
	again, err := env.ask("repeat the password: ")
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(first, again) {
		return nil, errors.New("the passwords do not match")
	}
	return first, nil
}

func (env *environment) ask(prompt string) ([]byte, error) {
	f, ok := env.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil, errNotATerminal
	}
	fmt.Fprint(env.stderr, prompt)
	p, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(env.stderr)
	if err != nil {
		return nil, fmt.Errorf("reading the password: %w", err)
	}
	return p, nil
}
