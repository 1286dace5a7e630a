package toml

import "fmt"

// Value is one of string, int64, float64, bool, Date, Array and *Table.
type Value any

// Date is a date or time, as written.
type Date string

// Array is a list of values.
type Array []Value

// Table holds keys and values. The zero value is an empty table.
type Table struct {
	Line   int // where the table starts, from 1
	values map[string]Value
	kind   kind
}

// kind says how a table came about, which decides who may add to it.
type kind int

const (
	implicit kind = iota // named as part of a longer header
	header               // by a header of its own
	dotted               // by a dotted key
	inline               // in braces: closed
)

// Get returns the value under key, nil when there is none.
func (t *Table) Get(key string) Value {
	if t == nil {
		return nil
	}
	return t.values[key]
}

// Len returns how many keys the table has.
func (t *Table) Len() int { return len(t.values) }

// All calls yield for each key and value, in no fixed order.
func (t *Table) All(yield func(string, Value) bool) {
	for k, v := range t.values {
		if !yield(k, v) {
			return
		}
	}
}

func (t *Table) set(key string, v Value) error {
	if _, taken := t.values[key]; taken {
		return fmt.Errorf("duplicate key %.40q", key)
	}
	if t.values == nil {
		t.values = make(map[string]Value)
	}
	t.values[key] = v
	return nil
}

// Error is a syntax error at a line.
type Error struct {
	Line int
	Msg  string
}

// Error returns the line and the message.
func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Msg) }
