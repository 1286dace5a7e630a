package requirements

import (
	"io"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/toml"
	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
)

// maxForks bounds the versions of one project in a lock; forks by platform and
// Python version make a handful.
const maxForks = 100

// uvLock walks the graph of a uv.lock from the project to what it needs.
type uvLock struct {
	*document
	packages []*toml.Table
	byName   map[string][]int
	seen     map[uvNode]bool
	queue    []uvNode
	via      map[int][]string // who needs a package
	extras   map[int][]string
}

// uvNode is a package, or one of its extras.
type uvNode struct {
	index int
	extra string
}

// ParseUVLock reads the pins of a uv.lock that the project needs in env, in
// file order, with who needs each as its comment. The project itself and what
// only other targets need is left out. All that is wrong is in one error.
func ParseUVLock(path string, r io.Reader, env pep508.Environment, opt LockOptions) ([]Pin, error) {
	l, err := parseUVLock(path, r, env, Supplied{}, opt)
	if err != nil {
		return nil, err
	}
	return l.Pins, nil
}

func parseUVLock(path string, r io.Reader, env pep508.Environment, supplied Supplied, opt LockOptions) (*Lock, error) {
	u := &uvLock{
		document: &document{path: path, env: env, supplied: supplied}, byName: map[string][]int{},
		seen: map[uvNode]bool{}, via: map[int][]string{}, extras: map[int][]string{},
	}
	root, err := u.parse(r)
	if err != nil {
		return nil, err
	}
	if version, _ := root.Get("version").(int64); version != 1 {
		return nil, &Problem{File: path, Kind: KindSyntax, Msg: "unsupported version, only 1 is supported"}
	}
	u.requiresPython(root, "")
	u.environments(root, "supported-markers")
	u.packages = list[*toml.Table](u.document, root, "package")
	for i, t := range u.packages {
		name := pep508.NormalizeName(u.text(t, "name"))
		u.byName[name] = append(u.byName[name], i)
		if len(u.byName[name]) > maxForks {
			return nil, &Problem{File: path, Line: t.Line, Text: name, Kind: KindLimit, Msg: "limit exceeded: too many versions of one project"}
		}
	}
	project := u.project(opt.Project)
	if project >= 0 {
		u.start(project, opt)
	}
	l := &Lock{Pins: u.pins(project), Steering: u.uvSteering(root)}
	if err := u.err(); err != nil {
		return nil, err
	}
	return l, nil
}

// project finds the package that the lock was made for.
func (u *uvLock) project(name string) int {
	var own, local []int
	for i, t := range u.packages {
		source := u.table(t, "source")
		for _, key := range [...]string{"editable", "virtual", "directory"} {
			dir, isLocal := source.Get(key).(string)
			if !isLocal {
				continue
			}
			local = append(local, i)
			if dir == "." {
				own = append(own, i)
			}
		}
	}
	switch {
	case name != "":
		name = pep508.NormalizeName(name)
		own = slices.DeleteFunc(local, func(i int) bool { return pep508.NormalizeName(u.text(u.packages[i], "name")) != name })
	case len(own) == 0:
		own = local
	}
	if len(own) != 1 {
		u.fail(nil, KindTarget, name, "%d projects to choose from, expected one", len(own))
		return -1
	}
	return own[0]
}

// start walks from the project, its wanted extras and its wanted groups.
func (u *uvLock) start(project int, opt LockOptions) {
	u.visit(uvNode{index: project})
	t := u.packages[project]
	for _, extra := range opt.Extras {
		extra = pep508.NormalizeName(extra)
		// uv lists extras that need nothing in the metadata alone.
		provided := list[string](u.document, u.table(t, "metadata"), "provides-extras")
		if u.table(t, "optional-dependencies").Get(extra) == nil && !slices.Contains(provided, extra) {
			u.fail(t, KindTarget, u.text(t, "name"), "has no extra %.40q", extra)
		}
		u.visit(uvNode{index: project, extra: extra})
	}
	groups := u.table(t, "dev-dependencies")
	for _, group := range opt.Groups {
		if groups.Get(group) == nil {
			u.fail(t, KindTarget, u.text(t, "name"), "has no dependency group %.40q", group)
		}
		u.follow(list[*toml.Table](u.document, groups, group), "group "+group)
	}
	for len(u.queue) > 0 {
		node := u.queue[0]
		u.queue = u.queue[1:]
		u.expand(node)
	}
}

func (u *uvLock) visit(node uvNode) {
	if !u.seen[node] {
		u.seen[node] = true
		u.queue = append(u.queue, node)
	}
}

func (u *uvLock) expand(node uvNode) {
	t := u.packages[node.index]
	name := u.text(t, "name")
	if node.extra == "" {
		u.follow(list[*toml.Table](u.document, t, "dependencies"), name)
		return
	}
	extras := u.table(t, "optional-dependencies")
	if extras.Get(node.extra) == nil {
		return // uv leaves out extras that need nothing
	}
	u.follow(list[*toml.Table](u.document, extras, node.extra), name+"["+node.extra+"]")
}

// follow visits the dependencies whose markers hold.
func (u *uvLock) follow(dependencies []*toml.Table, via string) {
	for _, dep := range dependencies {
		name := u.text(dep, "name")
		if !u.holds(dep, name) {
			continue
		}
		index, ok := u.find(dep, name)
		if !ok {
			continue
		}
		u.via[index] = append(u.via[index], via)
		u.visit(uvNode{index: index})
		for _, extra := range list[string](u.document, dep, "extra") {
			u.extras[index] = append(u.extras[index], extra)
			u.visit(uvNode{index: index, extra: pep508.NormalizeName(extra)})
		}
	}
}

func (u *uvLock) holds(dep *toml.Table, name string) bool {
	text := u.text(dep, "marker")
	if text == "" {
		return true
	}
	m, err := pep508.ParseMarker(text)
	if err == nil {
		var holds bool
		// Markers that ask for extras encode conflicts between extras; without a
		// value for "extra" they are an error.
		if holds, err = m.EvalLock(u.env, nil, nil); err == nil {
			return holds
		}
	}
	u.fail(dep, KindMarker, name, "%v", err)
	return false
}

// find returns the package that a dependency means; version and source tell
// packages of one name apart.
func (u *uvLock) find(dep *toml.Table, name string) (int, bool) {
	version, source := u.text(dep, "version"), u.table(dep, "source")
	var fits []int
	for _, i := range u.byName[pep508.NormalizeName(name)] {
		t := u.packages[i]
		if version != "" && u.text(t, "version") != version || source != nil && !sameSource(source, u.table(t, "source")) {
			continue
		}
		fits = append(fits, i)
	}
	if len(fits) != 1 {
		u.fail(dep, KindSyntax, name, "%d packages match this name, expected one", len(fits))
		return 0, false
	}
	return fits[0], true
}

func sameSource(a, b *toml.Table) bool {
	if b == nil || a.Len() != b.Len() {
		return false
	}
	for key, value := range a.All {
		if text, ok := value.(string); !ok || b.Get(key) != text {
			return false
		}
	}
	return true
}

// pins turns what was visited into pins.
func (u *uvLock) pins(project int) []Pin {
	var pins []Pin
	for i, t := range u.packages {
		if i == project || !u.seen[uvNode{index: i}] {
			continue
		}
		if p, ok := u.pin(t); ok {
			p.Extras = sorted(u.extras[i])
			p.Comment = Via(u.via[i]...)
			pins = append(pins, p)
		}
	}
	u.unique(pins)
	return pins
}

func (u *uvLock) pin(t *toml.Table) (Pin, bool) {
	p, ok := u.newPin(t)
	if !ok {
		return Pin{}, false
	}
	source := u.table(t, "source")
	tables := list[*toml.Table](u.document, t, "wheels")
	switch {
	case u.supplied.has(p.Name) && len(tables) == 0:
		p.Supplied = true
		if source.Get("registry") == nil && source.Get("url") == nil && source.Get("git") == nil {
			p.Version, p.VersionText = pep440.Version{}, "" // as its directory says now
		}
		return p, true
	case source.Get("git") != nil:
		u.fail(t, KindRepository, p.Name, "a git repository is not a wheel")
		return Pin{}, false
	case source.Get("editable") != nil:
		u.fail(t, KindEditable, p.Name, "an editable project is not a wheel")
		return Pin{}, false
	case source.Get("directory") != nil, source.Get("virtual") != nil:
		u.fail(t, KindDirectory, p.Name, "a project's directory is not a wheel")
		return Pin{}, false
	}
	p.URL, p.Path = u.text(source, "url"), u.text(source, "path")
	if len(tables) == 0 {
		u.fail(t, KindSource, p.Name, "has no wheels, only source")
		return Pin{}, false
	}
	wheels := make([]lockedWheel, 0, len(tables))
	for _, w := range tables {
		wheels = append(wheels, u.wheel(w, p))
	}
	return p, u.addWheels(&p, wheels)
}

func (u *uvLock) wheel(t *toml.Table, p Pin) lockedWheel {
	w := lockedWheel{table: t, Wheel: Wheel{
		Name: u.text(t, "filename"), URL: u.text(t, "url"), Path: u.text(t, "path"), Size: u.size(t),
	}}
	if w.URL == "" && w.Path == "" {
		w.URL, w.Path = p.URL, p.Path
	}
	if text := u.text(t, "hash"); text != "" {
		hash, err := parseHash(strings.ToLower(text))
		if err != nil {
			u.fail(t, KindHash, p.Name, "%v", err)
			return w
		}
		w.Hashes = []string{hash}
	}
	return w
}
