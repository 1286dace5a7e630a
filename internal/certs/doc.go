// Package certs reads certificates of authorities and knows how trust stores name
// them.
//
// Start with [Parse], which reads PEM files as users have them, and
// [SubjectHash], by which OpenSSL finds a certificate in a directory.
package certs
