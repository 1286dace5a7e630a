package main

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

// completionCommand prints a script which asks the binary itself, through
// the flag --generate-bash-completion, what may follow.
func completionCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print a shell's completion script",
		ArgsUsage: "bash|zsh|fish",
		Description: "bash: source <(assemble completion bash)\n" +
			"zsh:  source <(assemble completion zsh)\n" +
			"fish: assemble completion fish | source",
		BashComplete: func(c *cli.Context) {
			fmt.Fprintln(c.App.Writer, "bash\nzsh\nfish")
		},
		Action: func(c *cli.Context) error {
			shell, err := oneArgument(c, "a shell: bash, zsh or fish")
			if err != nil {
				return err
			}
			switch shell {
			case "bash":
				_, err = fmt.Fprint(env.stdout, bashCompletion)
			case "zsh":
				_, err = fmt.Fprint(env.stdout, zshCompletion)
			case "fish":
				var script string
				if script, err = c.App.ToFishCompletion(); err == nil {
					_, err = fmt.Fprint(env.stdout, script)
				}
			default:
				return usagef("no completion for %q: it is one of bash, zsh and fish", shell)
			}
			if err != nil {
				return fmt.Errorf("writing the completion script: %w", err)
			}
			return nil
		},
	}
}

const bashCompletion = `_assemble() {
  local cur=${COMP_WORDS[COMP_CWORD]} words
  words=("${COMP_WORDS[@]:0:COMP_CWORD}")
  [[ $cur == -* ]] && words+=("$cur")
  local IFS=$'\n'
  COMPREPLY=($(compgen -W "$("${words[@]}" --generate-bash-completion 2>/dev/null)" -- "$cur"))
}
complete -o bashdefault -o default -F _assemble assemble
`

const zshCompletion = `#compdef assemble
_assemble() {
  local -a found
  local cur=${words[CURRENT]}
  if [[ $cur == -* ]]; then
    found=("${(@f)$(${words[1,CURRENT-1]} $cur --generate-bash-completion 2>/dev/null)}")
  else
    found=("${(@f)$(${words[1,CURRENT-1]} --generate-bash-completion 2>/dev/null)}")
  fi
  if [[ -n ${found[1]} ]]; then compadd -a found; else _files; fi
}
compdef _assemble assemble
`
