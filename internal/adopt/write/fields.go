package write

// style is how the items of a field are laid out.
type style int

const (
	one     style = iota // name: value
	list                 // an item a line, behind a dash
	mapping              // an entry a line
)

// layout is a field, in the order of the file, with what it is for.
type layout struct {
	path  string
	style style
	about string
}

var layouts = []layout{
	{"base", one, "The image to build upon."},
	{"platform", one, "What the image runs on: linux/arm64, linux/amd64. Wheels are chosen for it, whatever machine builds."},
	{"packages", list, "Debian packages on top of the base's. `assemble lock` pins them in packages.lock."},
	{"lock", one, "The lock: every wheel with version and hash. Nothing is compiled; only wheels are installed."},
	{"extras", one, "Extras of the locked project."},
	{"groups", one, "Dependency groups of the lock."},
	{"project", one, "The project in this directory, as the wheel that was built of it lies in dist/."},
	{"wheels", list, "Wheels of your own, in place of what the lock has of their projects."},
	{"wheelhouse", one, "Where wheels lie; missing ones are fetched into it."},
	{"index", one, "Package indexes, in this order."},
	{"find_links", one, "Places that list wheels, looked into before the indexes."},
	{"app", list, "The application's files; each entry is a layer. .dockerignore applies."},
	{"models", list, "Models, in layers of their own below those of app."},
	{"links", mapping, "Symbolic links: where, and what each leads to."},
	{"empty_files", list, "Empty files, owned by the user."},
	{"dirs", list, "Empty directories, owned by the user."},
	{"volumes", list, "Directories whose content is to outlive the container."},
	{"ca_certificates", list, "Certificates that programs in the image are to trust."},
	{"user", one, "Whom the image runs as; added to the base's accounts where they lack it."},
	{"accounts", mapping, "Users and groups beside that one."},
	{"timezone", one, "The time zone."},
	{"workdir", one, "Where the process starts."},
	{"env", mapping, "Environment variables; anyone who has the image can read them. ${NAME} is the base's value, $$ a dollar."},
	{"init", one, "Whether an init runs as the first process."},
	{"entrypoint", one, "The program and its first arguments. No shell is involved."},
	{"cmd", one, "What follows the entrypoint, and can be replaced where the image is run."},
	{"stop_signal", one, "The signal that ends the process."},
	{"ports", one, "Ports that it listens on."},
	{"healthcheck", mapping, "The check that Docker makes in the running container."},
	{"labels", mapping, "Labels of the image's config."},
	{"smoke", mapping, "The test that `assemble push` makes in containerd, before it tags: the image must pass it."},
}
