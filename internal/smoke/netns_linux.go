package smoke

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// A netns is the open network namespace of a container.
type netns struct{ f *os.File }

// openNetns opens the network namespace of a created but not yet started
// container, and brings its loopback up. It fails where this process may not
// enter it, or where the PID doesn't belong to the container as seen from here.
func openNetns(pid int, id string) (*netns, error) {
	dir := fmt.Sprintf("/proc/%d", pid)
	comm, err := os.ReadFile(dir + "/comm")
	if err != nil {
		return nil, err
	}
	cgroup, err := os.ReadFile(dir + "/cgroup")
	if err != nil {
		return nil, err
	}
	// In another PID namespace than containerd's, the PID belongs to another process.
	if !strings.HasPrefix(string(comm), "runc:[") && !strings.Contains(string(cgroup), id) {
		return nil, fmt.Errorf("process %d is not the container's: containerd runs in another PID namespace", pid)
	}
	own, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		return nil, err
	}
	its, err := os.Readlink(dir + "/ns/net")
	if err != nil {
		return nil, err
	}
	if its == own {
		return nil, fmt.Errorf("process %d shares this network namespace", pid)
	}
	f, err := os.Open(dir + "/ns/net")
	if err != nil {
		return nil, err
	}
	ns := &netns{f}
	if err := ns.do(loopbackUp); err != nil {
		_ = ns.Close()
		return nil, err
	}
	return ns, nil
}

// do runs f on a thread inside the namespace. The thread then returns to its own
// namespace, or is discarded if it can't.
func (n *netns) do(f func() error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		own, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
		if err != nil {
			runtime.UnlockOSThread()
			result <- err
			return
		}
		defer func() { _ = own.Close() }()
		if err := unix.Setns(int(n.f.Fd()), unix.CLONE_NEWNET); err != nil {
			runtime.UnlockOSThread()
			result <- os.NewSyscallError("setns", err)
			return
		}
		err = f()
		if back := unix.Setns(int(own.Fd()), unix.CLONE_NEWNET); back == nil {
			runtime.UnlockOSThread()
		}
		// A goroutine that ends while locked takes its thread with it.
		result <- err
	}()
	return <-result
}

// dial connects to an address inside the namespace. A socket belongs to the
// namespace of the thread that makes it; afterwards any thread may use it. The
// address must be numeric, so that the dialer stays on its thread.
func (n *netns) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var conn net.Conn
	err := n.do(func() error {
		var err error
		conn, err = new(net.Dialer).DialContext(ctx, network, address)
		return err
	})
	return conn, err
}

func (n *netns) Close() error { return n.f.Close() }

// loopbackUp does what `ip link set lo up` does (netdevice(7)).
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer func() { _ = unix.Close(fd) }()
	ifr, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, ifr); err != nil {
		return os.NewSyscallError("reading flags of lo", err)
	}
	ifr.SetUint16(ifr.Uint16() | unix.IFF_UP)
	return os.NewSyscallError("bringing lo up", unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr))
}
