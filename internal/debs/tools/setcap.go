package tools

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

// capabilities are the kernel's, by their numbers (linux/capability.h).
var capabilities = []string{
	"cap_chown", "cap_dac_override", "cap_dac_read_search", "cap_fowner", "cap_fsetid", "cap_kill", "cap_setgid", "cap_setuid",
	"cap_setpcap", "cap_linux_immutable", "cap_net_bind_service", "cap_net_broadcast", "cap_net_admin", "cap_net_raw", "cap_ipc_lock",
	"cap_ipc_owner", "cap_sys_module", "cap_sys_rawio", "cap_sys_chroot", "cap_sys_ptrace", "cap_sys_pacct", "cap_sys_admin",
	"cap_sys_boot", "cap_sys_nice", "cap_sys_resource", "cap_sys_time", "cap_sys_tty_config", "cap_mknod", "cap_lease",
	"cap_audit_write", "cap_audit_control", "cap_setfcap", "cap_mac_override", "cap_mac_admin", "cap_syslog", "cap_wake_alarm",
	"cap_block_suspend", "cap_audit_read", "cap_perfmon", "cap_bpf", "cap_checkpoint_restore",
}

// Setcap is setcap(8): pairs of capabilities and files, or -r and a file.
func Setcap(c *shell.Call) int {
	args := slices.DeleteFunc(slices.Clone(c.Args), func(a string) bool { return a == "-q" })
	if len(args) == 0 || len(args)%2 != 0 {
		return c.Fail("usage: setcap [-q] (-r|<capabilities>) <file> ...")
	}
	for i := 0; i < len(args); i += 2 {
		value := ""
		if args[i] != "-r" {
			var ok bool
			if value, ok = fileCapability(args[i]); !ok {
				return c.Fail("fatal error: Invalid argument %s", args[i])
			}
		}
		if err := c.Root.SetCapability(c.Path(args[i+1]), value); err != nil {
			c.Check(err)
			return c.Fail("Failed to set capabilities on file '%s': %v", args[i+1], err)
		}
	}
	return 0
}

// fileCapability is the attribute security.capability, version 2, for a text
// of cap_from_text(3). Its effective bit is one for all, so each capability
// of the others must be effective, or none.
func fileCapability(text string) (string, bool) {
	var sets [3]uint64 // e, i, p
	for clause := range strings.FieldsSeq(text) {
		at := strings.IndexAny(clause, "=+-")
		if at < 0 {
			return "", false
		}
		mask, ok := capabilityMask(clause[:at])
		if !ok || at == 0 && clause[0] != '=' || !applyClause(&sets, mask, clause[at:]) {
			return "", false
		}
	}
	if sets[0] != 0 && (sets[1]|sets[2])&^sets[0] != 0 {
		return "", false
	}
	const revision, effective = 0x02000000, 1
	magic := uint32(revision)
	if sets[0] != 0 {
		magic |= effective
	}
	le := binary.LittleEndian
	out := le.AppendUint32(nil, magic)
	out = le.AppendUint32(le.AppendUint32(out, uint32(sets[2])), uint32(sets[1]))         // the low halves: p, i
	out = le.AppendUint32(le.AppendUint32(out, uint32(sets[2]>>32)), uint32(sets[1]>>32)) // the high ones
	return string(out), true
}

// capabilityMask reads a list of names; none, and "all", stand for all.
func capabilityMask(list string) (uint64, bool) {
	all := uint64(1)<<len(capabilities) - 1
	if list == "" {
		return all, true
	}
	var mask uint64
	for name := range strings.SplitSeq(strings.ToLower(list), ",") {
		if name == "all" {
			mask |= all
			continue
		}
		n := slices.Index(capabilities, name)
		if number, err := strconv.Atoi(name); err == nil && number >= 0 && number < len(capabilities) {
			n = number
		}
		if n < 0 {
			return 0, false
		}
		mask |= 1 << n
	}
	return mask, true
}

// applyClause does what follows the names: operators with flags, "=ep", "+p-i".
func applyClause(sets *[3]uint64, mask uint64, actions string) bool {
	for actions != "" {
		op := actions[0]
		actions = actions[1:]
		n := strings.IndexAny(actions, "=+-")
		if n < 0 {
			n = len(actions)
		}
		flags := actions[:n]
		actions = actions[n:]
		if op == '=' {
			for i := range sets {
				sets[i] &^= mask
			}
		}
		for _, f := range flags {
			i := strings.IndexRune("eip", f)
			if i < 0 {
				return false
			}
			if op == '-' {
				sets[i] &^= mask
			} else {
				sets[i] |= mask
			}
		}
	}
	return true
}
