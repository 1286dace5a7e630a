// Package ghash has the order in which GLib's hash tables hand out their keys.
// Programs write what they compile in that order, so that their files can be made
// byte for byte.
//
// Start with [New].
package ghash
