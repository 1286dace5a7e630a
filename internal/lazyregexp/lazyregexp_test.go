package lazyregexp

import "testing"

func TestNew(t *testing.T) {
	re := New(`^a(b+)$`)
	if !re.MatchString("abb") || re.MatchString("ac") || re.FindStringSubmatch("abb")[1] != "bb" || re.String() != `^a(b+)$` {
		t.Error("not what regexp does")
	}
	defer func() {
		if recover() == nil {
			t.Error("a broken expression goes unseen in tests")
		}
	}()
	New("(")
}
