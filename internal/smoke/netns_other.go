//go:build !linux

package smoke

import (
	"context"
	"errors"
	"net"
)

// A netns exists on Linux only.
type netns struct{}

var errNoNetns = errors.New("network namespaces exist on Linux only")

func openNetns(int, string) (*netns, error) { return nil, errNoNetns }

func (*netns) dial(context.Context, string, string) (net.Conn, error) { return nil, errNoNetns }

func (*netns) Close() error { return nil }
