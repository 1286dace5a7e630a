//go:build !linux

package smoke

import (
	"context"
	"errors"
	"net"
)

// A netns exists on Linux only.
type netns struct{}

var errNoNetns = errors.New("network namespaces are Linux's")

func enterable(int, string) (*netns, error) { return nil, errNoNetns }

func (*netns) dial(context.Context, string, string) (net.Conn, error) { return nil, errNoNetns }

func (*netns) Close() error { return nil }
