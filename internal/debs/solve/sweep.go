package solve

// sweep notes which packages are there for nothing: marked on a way that was
// given up.
func (s *solver) sweep() {
	marked := map[*node]bool{}
	var todo []*node
	visit := func(n *node) {
		if n.install != nil && !marked[n] {
			marked[n] = true
			todo = append(todo, n)
		}
	}
	for _, n := range s.touched {
		if !n.auto || n.current != nil {
			visit(n)
		}
	}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, d := range s.needs(n.install) {
			if d.kind.negative() {
				continue
			}
			for _, a := range d.any {
				s.targets(d, a, after, func(r *release) bool {
					visit(r.node)
					return true
				})
			}
		}
	}
	for _, n := range s.touched {
		n.problem.garbage = n.install != nil && !marked[n]
	}
}

// dropGarbage unmarks the packages that are there for nothing, but for those
// without which others would be broken.
func (s *solver) dropGarbage() {
	s.sweep()
	var dropped []*node
	for _, n := range s.touched {
		if n.problem.garbage && n.mode == install && n.current == nil && s.markRemove(n, 0, Why{}) {
			dropped = append(dropped, n)
		}
	}
	for again := len(dropped) > 0; again; {
		again = false
		for _, n := range dropped {
			if n.install == nil && n.candidate != nil && s.missed(n) {
				again = s.markInstall(n, false, 0, false, n.why) || again
			}
		}
	}
}

// missed reports whether some package is broken for want of this one.
func (s *solver) missed(n *node) bool {
	for _, p := range s.touched {
		if p.install == nil {
			continue
		}
		for _, d := range s.needs(p.install) {
			if !d.kind.critical() || d.kind.negative() || s.met(d, after) {
				continue
			}
			for _, r := range s.solutions(d, chosen) {
				if r.node == n {
					return true
				}
			}
		}
	}
	return false
}
