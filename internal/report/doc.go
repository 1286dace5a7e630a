// Package report carries what goes on from the rooms that work to whoever
// shows it: stages with their beginning, progress and end, and notes.
//
// Start with [New] and [Reporter.Stage]. Work on several things at once, such
// as the platforms of an index, reports under scopes ([Reporter.Scope]), and
// parts of one stage that are done at once add up in a [Meter]. [Count], [List]
// and [Bytes] write numbers, names and sizes as all messages do.
package report
