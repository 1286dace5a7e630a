package config

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

var (
	typePath     = reflect.TypeFor[Path]()
	typeLink     = reflect.TypeFor[Link]()
	typeGlob     = reflect.TypeFor[Glob]()
	typeSize     = reflect.TypeFor[Size]()
	typeDuration = reflect.TypeFor[time.Duration]()
	typePort     = reflect.TypeFor[Port]()
	typeMode     = reflect.TypeFor[Mode]()

	decimal = lazyregexp.New(`^-?(0|[1-9][0-9]*)$`)
)

// isScalar reports whether values of the type are written as one scalar.
func isScalar(t reflect.Type) bool {
	switch t {
	case typePath, typeLink, typeGlob, typePort, typeSource:
		return true
	}
	return t.Kind() != reflect.Struct && t.Kind() != reflect.Slice && t.Kind() != reflect.Map
}

// scalar decodes a single value.
func (d *decoder) scalar(path string, n ast.Node, v reflect.Value) {
	if isNull(n) {
		d.add(tokenOf(n), path, "has no value")
		return
	}
	if _, ok := n.(ast.ScalarNode); !ok {
		d.add(tokenOf(n), path, "is %s; it should be %s", describe(n), expected(v.Type()))
		return
	}
	if d.unset[n] {
		d.bad[path] = true
		return
	}
	text, isText := textOf(n)
	if !isText {
		text = n.GetToken().Value
	}
	if err := d.c.scalarType(v.Type(), n, isText, text); err != "" && !d.expanded[n] {
		d.add(tokenOf(n), path, "%s", err)
		return
	}
	if err := parseScalar(d.c.Dir, text, v); err != nil {
		d.add(tokenOf(n), path, "%s", err)
	}
}

// scalarType refuses a value of the wrong YAML type, even where its text would
// do: 3.10 is the number 3.1, and yes may be true.
func (*Config) scalarType(t reflect.Type, n ast.Node, isText bool, text string) string {
	_, isInt := n.(*ast.IntegerNode)
	_, isBool := n.(*ast.BoolNode)
	switch {
	case t == typeDuration, t == typeSize, t == typePort, t == typeMode:
		if isText || isInt {
			return ""
		}
	case t == typePath, t == typeLink, t == typeGlob, t == typeSource, t.Kind() == reflect.String:
		if isText || isInt && decimal.MatchString(text) {
			return ""
		}
		return fmt.Sprintf("%s is %s; put it in quotes to make it a string", text, describe(n))
	case t.Kind() == reflect.Bool:
		if isBool {
			return ""
		}
	case isInt:
		if decimal.MatchString(text) {
			return ""
		}
		return fmt.Sprintf("%s is not a plain decimal number", text)
	}
	return fmt.Sprintf("is %s; it should be %s", describe(n), expected(t))
}

// expected says what a value of type t looks like.
func expected(t reflect.Type) string {
	switch kind := t.Kind(); {
	case t == typeDuration:
		return "a duration such as 120s"
	case t == typeSize:
		return "a size such as 512MiB"
	case t == typePort:
		return "a port such as 8000 or 53/udp"
	case t == typeMode:
		return "a mode such as 0755"
	case t == typePath:
		return "a path"
	case t == typeLink, t == typeSource:
		return "a path or a URL"
	case t == typeGlob:
		return "a path, perhaps with *"
	case kind == reflect.String:
		return "a string"
	case kind == reflect.Bool:
		return "true or false"
	}
	return "a whole number"
}

// parseScalar sets v from its text. Paths are taken relative to dir.
func parseScalar(dir, text string, v reflect.Value) error {
	switch v.Type() {
	case typePath:
		v.Set(reflect.ValueOf(NewPath(dir, text)))
		return nil
	case typeSource:
		v.Set(reflect.ValueOf(NewSource(dir, text)))
		return nil
	case typeLink:
		v.Set(reflect.ValueOf(NewLink(dir, text)))
		return nil
	case typeGlob:
		v.Set(reflect.ValueOf(NewGlob(dir, text)))
		return nil
	case typePort:
		p, err := ParsePort(text)
		if err != nil {
			return err
		}
		v.Set(reflect.ValueOf(p))
		return nil
	case typeMode:
		m, err := ParseMode(text)
		if err != nil {
			return err
		}
		v.SetUint(uint64(m))
		return nil
	case typeDuration:
		t, err := parseDuration(text)
		if err != nil {
			return fmt.Errorf("%q is not a duration such as 120s or 2m30s", text)
		}
		v.SetInt(int64(t))
		return nil
	case typeSize:
		s, err := ParseSize(text)
		if err != nil {
			return err
		}
		v.SetInt(int64(s))
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		v.SetBool(b)
	default:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || v.Type().Bits() < 64 && (n > math.MaxInt32 || n < math.MinInt32) {
			return fmt.Errorf("%q is not a whole number that fits", text)
		}
		v.SetInt(n)
	}
	return nil
}

// parseDuration is [time.ParseDuration] that knows whole days, "90d".
func parseDuration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 && n < 36500 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	return time.ParseDuration(text)
}
