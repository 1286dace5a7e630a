package main

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"
)

// completionCommand prints a script which asks the binary itself, through
// [completeVerb], what may follow.
func completionCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:        "completion",
		Usage:       "print a completion script for a shell",
		Category:    verbsOther,
		ArgsUsage:   "bash|zsh|fish",
		Description: "The script asks assemble itself what may follow, so that it fits the version that is installed.",
		Action: func(c *cli.Context) error {
			shell, err := oneArgument(c, "a shell: bash, zsh or fish")
			if err != nil {
				return err
			}
			switch shell {
			case "bash":
				_, err = io.WriteString(env.stdout, bashCompletion)
			case "zsh":
				_, err = io.WriteString(env.stdout, zshCompletion)
			case "fish":
				_, err = io.WriteString(env.stdout, fishCompletion)
			default:
				return usagef("no completion for %q: must be bash, zsh or fish", shell)
			}
			if err != nil {
				return fmt.Errorf("writing the completion script: %w", err)
			}
			return nil
		},
	}
}

const bashCompletion = `_assemble() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("${line%%$'\t'*}")
  done < <("${COMP_WORDS[0]/#\~/$HOME}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o bashdefault -o default -F _assemble assemble
`

const zshCompletion = `#compdef assemble
_assemble() {
  local line
  local -a found
  for line in "${(@f)$(${(Q)words[1]} __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] && found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done
  if (( $#found )); then
    _describe assemble found
  else
    compset -P '-*='
    _files
  fi
}
if [[ $funcstack[1] == _assemble ]]; then
  _assemble "$@"
else
  compdef _assemble assemble
fi
`

const fishCompletion = `function __assemble_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l program $words[1]
  set -e words[1]
  set -l found ($program __complete $words "$current" 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\n' $found
    return
  end
  set -l flag (string match -r -- '^-[^=]*=' $current)
  for path in (__fish_complete_path (string replace -r -- '^-[^=]*=' '' $current))
    printf '%s\n' "$flag$path"
  end
end
complete -c assemble -f -a '(__assemble_complete)'
`
