package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Set overrides the field at path, one of those that [Fields] lists, by the
// values of its flag: one for a scalar, any number for a list or a mapping, as
// text in the form that Field.Form says. A list's values replace the config's; a
// mapping's are added to it. Relative paths are taken from the directory dir, as
// a rule the current one. The error names the flag.
func (c *Config) Set(path, dir string, values ...string) error {
	f, ok := fieldAt(path)
	if !ok {
		return fmt.Errorf("setting %q: no such field", path)
	}
	abs, err := absDir(dir)
	if err != nil {
		return err
	}
	if c.origins == nil {
		c.origins = map[string]origin{}
	}
	if err := c.set(f, abs, values); err != nil {
		return &Problem{Field: "--" + f.Flag, What: err.Error()}
	}
	return nil
}

func (c *Config) set(f Field, dir string, values []string) error {
	v := c.target(f.Path)
	if f.Path == "user" {
		return c.setUser(f, dir, values)
	}
	switch {
	case v.Kind() == reflect.Slice:
		list, err := listValues(values)
		switch {
		case err == nil:
			values = list
		case f.Path != "packages.sources": // which begin with a bracket where they have options
			return err
		}
		out := reflect.MakeSlice(v.Type(), len(values), len(values))
		for i, s := range values {
			if err := parseElement(dir, s, out.Index(i)); err != nil {
				return err
			}
		}
		v.Set(out)
		c.forget(f.Path)
	case v.Kind() == reflect.Map:
		return c.setMap(f, v, values)
	default:
		if len(values) != 1 {
			return fmt.Errorf("takes one value, not %d", len(values))
		}
		if err := parseScalar(dir, values[0], v); err != nil {
			return err
		}
	}
	c.origins[f.Path] = origin{flag: f.Flag}
	return nil
}

// target returns the field's value to be set; pointers on the way are made.
func (c *Config) target(path string) reflect.Value {
	v := reflect.ValueOf(c).Elem()
	for name := range strings.SplitSeq(path, ".") {
		v = v.Field(fieldsOf(v.Type())[name])
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
	}
	return v
}

// listValues returns the elements: the values themselves, or those of a single
// JSON list, which is handy for commands. One empty value empties the list.
func listValues(values []string) ([]string, error) {
	if len(values) != 1 {
		return values, nil
	}
	if values[0] == "" {
		return nil, nil
	}
	if !strings.HasPrefix(values[0], "[") {
		return values, nil
	}
	var list []string
	if err := json.Unmarshal([]byte(values[0]), &list); err != nil {
		return nil, fmt.Errorf("%q is not a JSON list of strings", values[0])
	}
	return list, nil
}

// parseElement sets an element of a list: a scalar, a path of dirs, or an App as
// FROM:TO.
func parseElement(dir, s string, v reflect.Value) error {
	switch v.Type() {
	case reflect.TypeFor[Place]():
		v.Set(reflect.ValueOf(Place{Path: s}))
		return nil
	case reflect.TypeFor[App]():
		return parseApp(dir, s, v)
	}
	return parseScalar(dir, s, v)
}

// parseApp sets an App from FROM:TO.
func parseApp(dir, s string, v reflect.Value) error {
	i := strings.LastIndex(s, ":")
	if i < 1 || i == len(s)-1 {
		return fmt.Errorf("%q is not FROM:TO, as in src:/app/src", s)
	}
	v.Set(reflect.ValueOf(App{From: NewSource(dir, s[:i]), To: s[i+1:]}))
	return nil
}

func (c *Config) setMap(f Field, v reflect.Value, values []string) error {
	// The map may be shared with whoever made the config.
	out := reflect.MakeMap(v.Type())
	for it := v.MapRange(); it.Next(); {
		out.SetMapIndex(it.Key(), it.Value())
	}
	for _, s := range values {
		key, val, ok := strings.Cut(s, "=")
		if !ok {
			return fmt.Errorf("%q is not NAME=VALUE", s)
		}
		if v.Type().Elem().Kind() == reflect.Slice { // one more of a list
			before := out.MapIndex(reflect.ValueOf(key))
			list := []string{val}
			if before.IsValid() {
				old, _ := before.Interface().([]string)
				list = append(slices.Clone(old), val)
			}
			out.SetMapIndex(reflect.ValueOf(key), reflect.ValueOf(list))
		} else {
			out.SetMapIndex(reflect.ValueOf(key), reflect.ValueOf(val))
		}
		c.origins[f.Path+"."+key] = origin{flag: f.Flag}
	}
	v.Set(out)
	return nil
}

// setUser reads one of the forms of [parseUser], and gives what is left out anew.
func (c *Config) setUser(f Field, _ string, values []string) error {
	if len(values) != 1 {
		return fmt.Errorf("takes one value, not %d", len(values))
	}
	c.forget(f.Path)
	c.User = User{}
	if values[0] == "" {
		return nil
	}
	return c.parseUser(values[0], origin{flag: f.Flag})
}

// forget drops where the field and everything in it came from.
func (c *Config) forget(path string) {
	for p := range c.origins {
		if p == path || strings.HasPrefix(p, path+".") || strings.HasPrefix(p, path+"[") {
			delete(c.origins, p)
		}
	}
}
