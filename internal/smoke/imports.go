package smoke

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

var modulePattern = lazyregexp.New(`^[\pL_][\pL\pN_]*(\.[\pL_][\pL\pN_]*)*$`)

func isModule(name string) bool { return modulePattern.MatchString(name) }

// interpreter imports modules, and probes where nothing else can; it is looked
// up in the image's PATH.
const interpreter = "python3"

// importScript imports its arguments one by one and writes a line of JSON before
// and after each, so that a module that crashes the interpreter can be named. The
// lines go to a copy of stdout; whatever modules print goes to stderr.
const importScript = `
import importlib, json, os, sys, traceback
out = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)
for module in sys.argv[1:]:
    out.write(json.dumps({"module": module}) + "\n")
    try:
        importlib.import_module(module)
        error = ""
    except BaseException as e:
        traceback.print_exc()
        error = "%s: %s" % (type(e).__name__, e)
    out.write(json.dumps({"module": module, "done": True, "error": error}) + "\n")
sys.stdout.flush()
sys.stderr.flush()
os._exit(0)
`

// An importRunner runs the import script with these arguments, its lines going
// to w, and returns its exit status.
type importRunner func(ctx context.Context, args []string, w io.Writer) (code uint32, err error)

// checkImports imports the modules beside the entrypoint, or in containers of
// their own once it has ended.
func (c *running) checkImports(ctx context.Context) error {
	r, n, alone := c.run, 0, false
	return r.importAll(ctx, func(ctx context.Context, args []string, w io.Writer) (code uint32, err error) {
		if !alone {
			code, err := c.execBeside(ctx, args, w)
			if alone = errors.Is(err, errEnded); !alone {
				return code, err
			}
			return 0, errEnded
		}
		n++
		// The script runs by exec, so that its lines are kept apart from the log; the
		// container itself only needs to stay up.
		own, err := r.start(ctx, fmt.Sprintf("imports%d", n), []string{interpreter, "-I", "-c", "import signal; signal.pause()"})
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, own.close(ctx)) }()
		return own.exec(ctx, args, w, r.log)
	})
}

// importAll imports every module, restarting after one that crashes the
// interpreter or once start returns errEnded, and returns an *ImportError that
// lists all failures.
func (r *run) importAll(ctx context.Context, start importRunner) error {
	todo := r.opt.Imports
	for len(todo) > 0 {
		lines := &importLines{begin: time.Now(), progress: r.opt.Progress, before: len(r.result.Imports), total: len(r.opt.Imports)}
		args := append([]string{interpreter, "-c", importScript}, todo...)
		code, err := start(ctx, args, lines)
		results, current := lines.results()
		if current != "" && err == nil {
			// It crashed while importing this one.
			results = append(results, ImportResult{Module: current, Error: exitText(code), Wall: time.Since(lines.last)})
		}
		r.result.Imports = append(r.result.Imports, results...)
		todo = todo[min(len(results), len(todo)):]
		switch {
		case isOver(ctx, err):
			what := "importing modules"
			if current != "" {
				what = fmt.Sprintf("importing %q", current)
			}
			return r.interrupted(ctx, what)
		case errors.Is(err, errEnded):
			// What was being imported is imported again.
		case err != nil:
			return fmt.Errorf("importing modules in %q: %w", r.opt.Name, err)
		case len(results) == 0:
			return fmt.Errorf("importing modules in %q: %s exited with status %d before importing anything", r.opt.Name, interpreter, code)
		}
	}
	var failed []ImportResult
	for _, res := range r.result.Imports {
		if res.Error != "" {
			failed = append(failed, res)
		}
	}
	if len(failed) > 0 {
		return &ImportError{Name: r.opt.Name, Failed: failed, Log: r.log.String()}
	}
	return nil
}

func exitText(code uint32) string {
	if code > 128 && code < 128+65 {
		return "the interpreter was killed by " + signalName(int(code)-128)
	}
	return fmt.Sprintf("the interpreter exited with status %d", code)
}

// importLines parses the script's lines as they arrive.
type importLines struct {
	mu            sync.Mutex
	buf           bytes.Buffer
	begin, last   time.Time
	done          []ImportResult
	current       string
	before, total int
	progress      func(Event)
}

// maxImportLine bounds one line: an exception's text can be long.
const maxImportLine = 1 << 20

// Write never fails; lines that are not the script's are ignored.
func (l *importLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf.Write(p)
	for {
		line, rest, ok := bytes.Cut(l.buf.Bytes(), []byte("\n"))
		if !ok {
			break
		}
		l.line(line)
		l.buf.Next(l.buf.Len() - len(rest))
	}
	if l.buf.Len() > maxImportLine {
		l.buf.Reset()
	}
	return len(p), nil
}

func (l *importLines) line(line []byte) {
	var msg struct {
		Module string `json:"module"`
		Done   bool   `json:"done"`
		Error  string `json:"error"`
	}
	if json.Unmarshal(line, &msg) != nil || msg.Module == "" {
		return
	}
	now := time.Now()
	if !msg.Done {
		l.current, l.last = msg.Module, now
		l.progress(Event{Stage: StageImport, Item: msg.Module, Done: int64(l.before + len(l.done)), Total: int64(l.total)})
		return
	}
	l.done = append(l.done, ImportResult{Module: msg.Module, Error: firstLine(msg.Error), Wall: now.Sub(l.last)})
	l.current = ""
}

// results returns the finished imports, and the one in progress, if any.
func (l *importLines) results() (done []ImportResult, current string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.done, l.current
}

// firstLine keeps errors to a line; numpy's are pages long.
func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	if s != "" && line == "" {
		return "unknown"
	}
	return line
}
