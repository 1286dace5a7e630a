// Package base opens the image that others are built upon and learns what
// must be known of it.
//
// Start with [Open], which takes the first of several candidates that
// answers, and [ReadFacts], which reads the base's layers once and keeps what
// it found: the interpreter and its directories, the C library, accounts,
// packages. [Accounts] adds a user to the base's passwd and group.
package base
