// Package osfile reads and writes files of this machine, the same way for all:
//
//   - opening: [OpenRegular], [OpenInput] and [ReadBounded] never wait for a
//     pipe, and never take more than they were asked for;
//   - writing: [Replace] and [WriteNew] make a file appear whole or not at all,
//     and [Sweep] removes what killed writers left;
//   - temporary files: [NewTempDir] and [NewTempFile], in a place that works;
//   - locks: [Lock], [TryLock] and [WaitLock] on an open file, [OpenLocked] on a
//     path that others may rename or remove meanwhile;
//   - [VersionOf] tells cheaply whether a file is still the one it was.
//
// Start reading at [Replace]. What opens or locks a file returns errors as
// [os.Open] does. Those of [ReadBounded], [Replace] and [WriteNew] name no
// path: the message around them names the file as the user does.
package osfile
