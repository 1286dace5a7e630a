// Package mirrors says where the images of registries are looked for before the
// registries themselves are asked: by the config, and by a directory of
// hosts.toml files as containerd has it.
//
// Start with [Table], whose Lookup is for registry.Options.
package mirrors
