package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/pipeline"
)

// environment is what a run reads from and writes to beside its files.
type environment struct {
	stdin  io.Reader
	stdout io.Writer // text, made printable
	stderr io.Writer // likewise
	// binary is standard output for what is no text.
	binary io.Writer
}

// newEnvironment makes what is written to stdout and stderr printable, whoever
// writes it.
func newEnvironment(stdin *os.File, stdout, stderr io.Writer) *environment {
	return &environment{stdin: stdin, stdout: &textWriter{w: stdout}, stderr: &textWriter{w: stderr}, binary: stdout}
}

// run maps args to one verb and runs it.
func run(ctx context.Context, env *environment, args []string) error {
	app := newApp(env)
	if len(args) > 1 && args[1] == completeVerb {
		return printCandidates(env.stdout, app, args[2:])
	}
	if req, ok := asksForHelp(app, args[min(1, len(args)):]); ok {
		return showHelp(env, app, req)
	}
	return app.RunContext(ctx, interleave(app, args))
}

func newApp(env *environment) *cli.App {
	// The library's own -v is wanted for --verbose.
	cli.VersionFlag = &cli.BoolFlag{DisableDefaultText: true, Name: "version", Usage: "print the version"}
	app := &cli.App{
		Name:      "assemble",
		Usage:     "Python wheels and app code into a signed image, without Docker",
		UsageText: "assemble COMMAND [flags] [arguments]",
		Version:   version,
		Writer:    env.stdout,
		ErrWriter: env.stderr,
		// Values may hold commas: arguments, labels, environment.
		DisableSliceFlagSeparator: true,
		HideHelp:                  true, // asksForHelp sees to it
		Suggest:                   true,
		CommandNotFound:           nil,
		OnUsageError:              onUsageError,
		ExitErrHandler:            func(*cli.Context, error) {}, // Main reports
		Action:                    noVerb,
		Commands: []*cli.Command{
			pushCommand(env), buildCommand(env), planCommand(env), packCommand(env),
			initCommand(env),
			lockCommand(env), fetchCommand(env), checkCommand(env), wheelCommand(env),
			keygenCommand(env), signCommand(env), verifyCommand(env),
			smokeCommand(env), copyCommand(env), imageCommand(env), tagCommand(env), baseCommand(env), rebaseCommand(env), registryCommand(env), cacheCommand(env),
			completionCommand(env), manCommand(env), versionCommand(env),
		},
	}
	reportUsage(app.Commands)
	return app
}

// whatIsLeft says whether an interrupted push has moved the tag: the request
// for it may have been on its way.
func whatIsLeft(err error) string {
	var untagged *pipeline.UntaggedError
	if errors.As(err, &untagged) {
		return "; nothing was tagged"
	}
	return ""
}

// report prints err, if any, and returns the process's exit code.
func (env *environment) report(ctx context.Context, err error) int {
	if err == nil {
		return exitOK
	}
	var sig interruptedError
	if errors.As(context.Cause(ctx), &sig) {
		fmt.Fprintf(env.stderr, "assemble: %v%s\n", sig, whatIsLeft(err))
		return sig.exitCode()
	}
	printError(env.stderr, err)
	return exitCode(err)
}
