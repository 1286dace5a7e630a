package resolve

// assignment narrows what a package can be: by decision, or because an incompatibility
// leaves nothing else.
type assignment struct {
	pkg   pkgID
	in    set              // what this assignment allows
	acc   set              // what it and all before it allow
	level int              // how many decisions came before, this one included
	cause *incompatibility // nil for a decision
	index int              // its place in the partial solution
}

// partialSolution holds the assignments so far, in order.
type partialSolution struct {
	all     []*assignment
	byPkg   [][]*assignment
	level   int
	decided []bool
	full    []set // what a package can be before any assignment
}

func (t *partialSolution) addPkg(size int) {
	t.byPkg = append(t.byPkg, nil)
	t.decided = append(t.decided, false)
	t.full = append(t.full, fullSet(size))
}

// allowed is what p can still be.
func (t *partialSolution) allowed(p pkgID) set {
	if list := t.byPkg[p]; len(list) > 0 {
		return list[len(list)-1].acc
	}
	return t.full[p]
}

func (t *partialSolution) decide(p pkgID, in set) {
	t.level++
	t.decided[p] = true
	t.push(&assignment{pkg: p, in: in})
}

func (t *partialSolution) derive(p pkgID, in set, cause *incompatibility) {
	t.push(&assignment{pkg: p, in: in, cause: cause})
}

func (t *partialSolution) push(a *assignment) {
	a.acc = t.allowed(a.pkg).and(a.in)
	a.level = t.level
	a.index = len(t.all)
	t.all = append(t.all, a)
	t.byPkg[a.pkg] = append(t.byPkg[a.pkg], a)
}

// backtrack takes back all assignments above a level.
func (t *partialSolution) backtrack(level int) {
	for len(t.all) > 0 {
		last := t.all[len(t.all)-1]
		if last.level <= level {
			break
		}
		t.all = t.all[:len(t.all)-1]
		list := t.byPkg[last.pkg]
		t.byPkg[last.pkg] = list[:len(list)-1]
		if last.cause == nil {
			t.decided[last.pkg] = false
		}
	}
	t.level = level
}

// satisfier returns the first assignment from which on p is within in; nil when
// it was so before any assignment.
func (t *partialSolution) satisfier(p pkgID, in set) *assignment {
	if t.full[p].within(in) {
		return nil
	}
	// The sets only ever shrink, so the first is found by halving.
	list := t.byPkg[p]
	low, high := 0, len(list)
	for low < high {
		mid := (low + high) / 2
		if list[mid].acc.within(in) {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return list[low]
}
