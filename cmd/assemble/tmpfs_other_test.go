//go:build !linux

package main

import "errors"

func mountSmall(string, string) (func() error, error) { return nil, errors.ErrUnsupported }
