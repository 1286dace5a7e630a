package smoke

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// TestDeadlineOfContainerd: containerd's clock of a request may run out before
// ours. The error names smoke.timeout all the same; one that comes long before
// is containerd's own.
func TestDeadlineOfContainerd(t *testing.T) {
	r := &run{opt: Options{Name: "x", Timeout: time.Second}, log: newTail(100)}
	for _, early := range []error{
		context.DeadlineExceeded,
		fmt.Errorf("creating: %w", context.DeadlineExceeded), errors.New("rpc error: code = DeadlineExceeded desc = stream closed"),
	} {
		for left, want := range map[time.Duration]bool{50 * time.Millisecond: true, time.Hour: false} {
			ctx, cancel := context.WithTimeoutCause(t.Context(), left, errTimeUp)
			err := r.interruptedBy(ctx, early, "doing")
			cancel()
			if _, up := errors.AsType[*TimeoutError](err); up != want {
				t.Errorf("%v with %v left: %v", early, left, err)
			}
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	other := errors.New("no such image")
	if err := r.interruptedBy(ctx, other, "doing"); !errors.Is(err, other) {
		t.Errorf("%v", err)
	}
}
